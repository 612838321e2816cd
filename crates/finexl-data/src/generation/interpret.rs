//! Which of a file's texts speak of its generation, and which of them to believe.

use super::read::{Text, Texts};
use super::settings::loras_in_prompt;
use super::types::{Generation, Recorded, Tool};
use super::{a1111, comfyui, json, midjourney, tools};

/// What was made of one text.
pub(super) enum Reading {
    /// Not a text of this kind.
    Foreign,
    /// Understood.
    Read(Generation),
    /// Of this kind, and not understood for this reason.
    Unclear(Tool, String),
}

impl From<Option<Generation>> for Reading {
    fn from(generation: Option<Generation>) -> Self {
        match generation {
            Some(generation) if !generation.says_nothing() => Self::Read(generation),
            _ => Self::Foreign,
        }
    }
}

/// The generation that the texts of a file tell. `stem` is the name of the file without its
/// extension: it can tell which of several pictures of a graph the file is.
///
/// Texts that say prompt and seed in so many words come first, and a graph, from which they have to
/// be concluded, after them; what the first lacks is taken from the next.
pub(super) fn interpret(texts: &Texts, stem: &str) -> Recorded {
    let readers: [&dyn Fn(&Texts) -> Reading; 7] = [
        &|texts| first(texts, parameters),
        &|texts| first(texts, tools::invokeai),
        &tools::novelai,
        &|texts| first(texts, any_json),
        &|texts| first(texts, midjourney::read),
        &|texts| first(texts, |text| comfyui::read(text, stem)),
        &|texts| tools::plain(texts).into(),
    ];
    let mut found: Option<Generation> = None;
    let mut unclear = None;
    for reader in readers {
        match reader(texts) {
            Reading::Foreign => (),
            Reading::Read(next) => match &mut found {
                None => found = Some(next),
                Some(known) => complete(known, next),
            },
            Reading::Unclear(tool, reason) => {
                unclear.get_or_insert((tool, reason));
            }
        }
    }
    match (found, unclear) {
        (Some(mut generation), _) => {
            let named = generation.prompt.as_deref().map(loras_in_prompt);
            generation.loras.extend(named.into_iter().flatten());
            Recorded::Generation(generation)
        }
        (None, Some((tool, reason))) => Recorded::NotUnderstood { tool, reason },
        (None, None) if texts.incomplete => Recorded::NotUnderstood {
            tool: Tool::Plain,
            reason: "it is damaged or longer than 4 MiB".to_string(),
        },
        (None, None) => Recorded::Nothing,
    }
}

/// Adds what a generation lacks.
fn complete(known: &mut Generation, next: Generation) {
    if known.prompt.is_none() {
        known.prompt = next.prompt;
        known.negative = known.negative.take().or(next.negative);
    }
    known.seed = known.seed.or(next.seed);
    known.loras.extend(next.loras);
    for (setting, value) in next.settings {
        known.settings.entry(setting).or_insert(value);
    }
}

/// The first text that is understood, else why the first of this kind was not.
fn first(texts: &Texts, read: impl Fn(&Text) -> Reading) -> Reading {
    let mut unclear = Reading::Foreign;
    for text in &texts.all {
        match read(text) {
            Reading::Read(generation) => return Reading::Read(generation),
            Reading::Unclear(tool, reason) if matches!(unclear, Reading::Foreign) => {
                unclear = Reading::Unclear(tool, reason);
            }
            _ => (),
        }
    }
    unclear
}

/// The text `parameters`, and fields of EXIF that hold the same.
fn parameters(text: &Text) -> Reading {
    let certain = text.key.eq_ignore_ascii_case("parameters");
    if let Some(value) = json::parse(&text.value) {
        return match certain {
            true => tools::object(&value).into(),
            false => Reading::Foreign,
        };
    }
    if certain && text.value.trim_start().starts_with('{') && text.value.contains("\":") {
        return Reading::Unclear(Tool::Fooocus, "its JSON is damaged".to_string());
    }
    let may_hold = matches!(
        text.key.as_str(),
        "UserComment"
            | "ImageDescription"
            | "XPComment"
            | "Comment"
            | "XMP UserComment"
            | "XMP description"
            | "Description"
    ) || text.key.starts_with("EXIF ");
    match certain || may_hold {
        true => a1111::parse(&text.value, certain).into(),
        false => Reading::Foreign,
    }
}

/// A field of EXIF or XMP that holds the JSON of some program.
fn any_json(text: &Text) -> Reading {
    let may_hold = ["UserComment", "ImageDescription", "XPComment", "Comment"]
        .iter()
        .any(|key| text.key.ends_with(key));
    match may_hold {
        true => json::parse(&text.value)
            .and_then(|value| tools::object(&value))
            .into(),
        false => Reading::Foreign,
    }
}
