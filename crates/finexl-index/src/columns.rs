//! What is kept of a model.

/// Texts and pictures of a model, kept as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// What the model is called where that tells it from all others in the index; see [`crate::titles`].
    Title,
    /// What its record calls it.
    Model,
    /// Path of the record, by which the index knows it again.
    Record,
    /// SHA-256 of all that its entry was made from.
    Content,
    /// What its record calls the base.
    Base,
    /// Generator or family of models that it belongs to; empty where nothing says it.
    Family,
    /// Tags, one per line.
    Tags,
    /// The sentence of the report.
    Summary,
    /// What the change comes to.
    Kind,
    /// Path of its page; empty where there is none.
    Page,
    /// What `finexl inspect` says, as short JSON; empty where there is none.
    Inspection,
    /// A telling picture of the base (JPEG); empty where there is none.
    PictureBase,
    /// The same picture of the model.
    PicturePersonalized,
    /// What they show.
    PictureNote,
}

impl Text {
    /// All of them, in the order in which they are kept.
    pub const ALL: [Self; 14] = [
        Self::Title,
        Self::Model,
        Self::Record,
        Self::Content,
        Self::Base,
        Self::Family,
        Self::Tags,
        Self::Summary,
        Self::Kind,
        Self::Page,
        Self::Inspection,
        Self::PictureBase,
        Self::PicturePersonalized,
        Self::PictureNote,
    ];

    /// Name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Model => "model",
            Self::Record => "record",
            Self::Content => "content",
            Self::Base => "base",
            Self::Family => "family",
            Self::Tags => "tags",
            Self::Summary => "summary",
            Self::Kind => "kind",
            Self::Page => "page",
            Self::Inspection => "inspection",
            Self::PictureBase => "picture_base",
            Self::PicturePersonalized => "picture_personalized",
            Self::PictureNote => "picture_note",
        }
    }
}

/// Numbers of a model as a whole; NaN where one is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Image pairs.
    Pairs,
    /// Share of the change without words.
    Unexplained,
    /// Length of the mean divergence.
    Divergence,
    /// p of the change as a whole.
    ChangeP,
    /// Size of the change.
    Size,
    /// Share that all pairs have in common.
    Steadiness,
    /// Diversity relative to the base's.
    Diversity,
    /// 1 where single findings can be significant, else 0.
    Testable,
    /// What profiles by pair were divided by to fit half precision, a power of two.
    ProfileScale,
}

impl Fact {
    /// All of them, in the order in which they are kept.
    pub const ALL: [Self; 9] = [
        Self::Pairs,
        Self::Unexplained,
        Self::Divergence,
        Self::ChangeP,
        Self::Size,
        Self::Steadiness,
        Self::Diversity,
        Self::Testable,
        Self::ProfileScale,
    ];

    /// Name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Unexplained => "unexplained",
            Self::Divergence => "divergence",
            Self::ChangeP => "change_p",
            Self::Size => "size",
            Self::Steadiness => "steadiness",
            Self::Diversity => "diversity",
            Self::Testable => "testable",
            Self::ProfileScale => "profile_scale",
        }
    }
}

/// Numbers of a model for every concept of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Level, or raw weight where nothing is calibrated.
    Score,
    /// Lower end of its 95% interval; minus infinity where nothing bounds it.
    Low,
    /// Upper end; infinity where nothing bounds it.
    High,
    /// Lower end of the interval of the level; NaN where the method gives none.
    LevelLow,
    /// Its upper end.
    LevelHigh,
    /// Adjusted p.
    P,
    /// 1 where it is significant, else 0.
    Significant,
    /// Mean over pairs of the profile, of either sign.
    Mean,
}

impl Number {
    /// All of them, in the order in which they are kept.
    pub const ALL: [Self; 8] = [
        Self::Score,
        Self::Low,
        Self::High,
        Self::LevelLow,
        Self::LevelHigh,
        Self::P,
        Self::Significant,
        Self::Mean,
    ];

    /// Whether all models of one concept stand together, as words look for them, and not all concepts of one model.
    pub fn is_by_concept(self) -> bool {
        self != Self::Mean
    }

    /// Name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Low => "low",
            Self::High => "high",
            Self::LevelLow => "level_low",
            Self::LevelHigh => "level_high",
            Self::P => "p_adjusted",
            Self::Significant => "significant",
            Self::Mean => "mean_profile",
        }
    }
}
