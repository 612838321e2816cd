//! The closed classes of words that scenes are made of.

/// A named background colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Background {
    /// The colour word.
    pub name: &'static str,
    /// sRGB-encoded, in [0, 1]; scenes vary it a little.
    pub colour: [f32; 3],
}

const fn background(name: &'static str, [red, green, blue]: [u8; 3]) -> Background {
    Background {
        name,
        colour: [
            red as f32 / 255.0,
            green as f32 / 255.0,
            blue as f32 / 255.0,
        ],
    }
}

/// The backgrounds, chosen to be told apart and named by anyone.
pub const BACKGROUNDS: [Background; 16] = [
    background("white", [244, 244, 244]),
    background("grey", [140, 140, 140]),
    background("black", [20, 20, 20]),
    background("red", [209, 38, 43]),
    background("orange", [240, 138, 29]),
    background("yellow", [246, 220, 55]),
    background("lime", [164, 220, 46]),
    background("green", [42, 140, 60]),
    background("teal", [18, 130, 132]),
    background("cyan", [82, 210, 230]),
    background("blue", [44, 98, 220]),
    background("navy", [22, 36, 94]),
    background("purple", [124, 54, 170]),
    background("pink", [244, 144, 184]),
    background("brown", [116, 72, 42]),
    background("beige", [228, 210, 174]),
];

/// Where the subjects stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At the left; two subjects stand one above the other.
    Left,
    /// At the right; two subjects stand one above the other.
    Right,
    /// At the top; two subjects stand side by side.
    Top,
    /// At the bottom; two subjects stand side by side.
    Bottom,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Top, Self::Bottom];

    /// The wording in prompts.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Left => "at the left",
            Self::Right => "at the right",
            Self::Top => "at the top",
            Self::Bottom => "at the bottom",
        }
    }
}

/// How large the subjects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SceneSize {
    /// About 0.4 of the canvas for one subject.
    Small,
    /// About 0.56 of the canvas for one subject.
    Medium,
    /// About three quarters of the canvas for one subject.
    Large,
}

impl SceneSize {
    /// All sizes.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// The wording in prompts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}
