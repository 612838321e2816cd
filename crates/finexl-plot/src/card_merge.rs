//! A model card that is there already: our section of it is replaced, the front matter is filled, and all else
//! stays byte for byte.

use crate::PlotError;
use crate::card::{CardOptions, model_card, section};
use crate::front_matter::{filled, has_base_model};
use finexl_core::explanation::Explanation;
use std::ops::Range;

/// First line of our section, and how it is recognised.
pub(crate) const BEGIN: &str =
    "<!-- finexl: begin; what stands here is written anew by `finexl explain --card` -->";
const BEGIN_MARK: &str = "<!-- finexl: begin";
/// Last line of our section.
pub(crate) const END: &str = "<!-- finexl: end -->";

/// A card with an explanation in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedCard {
    /// The whole card.
    pub text: String,
    /// What was left as it is, and why.
    pub notes: Vec<String>,
}

/// The parts of a card.
struct Parts<'a> {
    text: &'a str,
    line_end: &'static str,
    /// Between the two lines of hyphens.
    front: Option<Range<usize>>,
    /// Our section with its marks, without the end of its last line.
    section: Option<Range<usize>>,
}

/// Puts an explanation into a card: into our section, or behind the text where there is none yet. Front matter
/// gets our tags and, where it names no base model and `options` do, that one; a card without front matter
/// gets one. An empty card becomes a new one.
///
/// # Errors
/// [`PlotError::Card`] where the card is no text, or has only one of the two marks of our section.
pub fn merged_card(
    card: &[u8],
    explanation: &Explanation,
    options: &CardOptions,
) -> Result<MergedCard, PlotError> {
    let parts = Parts::of(card)?;
    let line_end = parts.line_end;
    let mut notes = Vec::new();
    if parts
        .text
        .trim_matches(['\u{feff}', ' ', '\n', '\r', '\t'])
        .is_empty()
    {
        return Ok(MergedCard {
            text: model_card(explanation, options),
            notes,
        });
    }
    let ours = format!("{BEGIN}\n\n{}\n{END}", section(explanation, options));
    let ours = ours.replace('\n', line_end);
    let mut text = parts.text.to_string();
    match &parts.section {
        Some(bytes) => text.replace_range(bytes.clone(), &ours),
        None => {
            if !text.ends_with('\n') {
                text.push_str(line_end);
            }
            text.push_str(line_end);
            text.push_str(&ours);
            text.push_str(line_end);
        }
    }
    // Before our section, so its places are still right.
    match &parts.front {
        Some(bytes) => {
            let old = &parts.text[bytes.clone()];
            match filled(old, options.base_model.as_deref(), line_end) {
                Ok(new) => text.replace_range(bytes.clone(), &new),
                Err(why) => notes.push(format!(
                    "the front matter of the card is left as it is: {why}; add the tags finexl, \
                     personalization, explainability to it yourself"
                )),
            }
        }
        None => {
            let new = filled("", options.base_model.as_deref(), line_end).unwrap_or_default();
            let at = if text.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            };
            text.insert_str(at, &format!("---{line_end}{new}---{line_end}{line_end}"));
        }
    }
    Ok(MergedCard { text, notes })
}

/// Refuses a card that nothing can be put into; true where it says what its base model is.
///
/// # Errors
/// As [`merged_card`].
pub fn check_card(card: &[u8]) -> Result<bool, PlotError> {
    let parts = Parts::of(card)?;
    Ok(parts
        .front
        .is_some_and(|front| has_base_model(&parts.text[front])))
}

impl<'a> Parts<'a> {
    fn of(card: &'a [u8]) -> Result<Self, PlotError> {
        let refused = |problem: String| PlotError::Card { problem };
        let text = std::str::from_utf8(card)
            .map_err(|e| refused(format!("it is not UTF-8 from byte {} on", e.valid_up_to())))?;
        if text.contains('\0') {
            return Err(refused("it holds bytes that are no text".to_string()));
        }
        let line_end = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let front = front(text);
        let body = front.as_ref().map_or(0, |front| front.end);
        Ok(Self {
            text,
            line_end,
            section: our_section(text, body).map_err(refused)?,
            front,
        })
    }
}

/// The lines of a text from a byte on, each with its place, without their ends.
fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    text[from..].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// What stands between `---` in the first line and the next such line (or `...`).
fn front(text: &str) -> Option<Range<usize>> {
    let from = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut lines = lines(text, from);
    let (_, first) = lines.next()?;
    (first.trim_end() == "---").then_some(())?;
    let mut start = None;
    for (at, line) in lines {
        let start = *start.get_or_insert(at);
        if matches!(line.trim_end(), "---" | "...") {
            return Some(start..at);
        }
    }
    None
}

fn our_section(text: &str, from: usize) -> Result<Option<Range<usize>>, String> {
    let mut begin: Option<usize> = None;
    let mut found: Option<Range<usize>> = None;
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    for (at, line) in lines(text, from) {
        let mark = line.trim();
        let is_begin = mark.starts_with(BEGIN_MARK) && mark.ends_with("-->");
        match (is_begin, mark == END, begin) {
            (false, false, _) => {}
            (true, _, None) if found.is_none() => begin = Some(at),
            (_, true, Some(start)) => {
                found = Some(start..at + line.len());
                begin = None;
            }
            _ => {
                return Err(format!(
                    "line {} is a mark of finexl's section that does not fit the others; leave one line that \
                     begins with {BEGIN_MARK} and one line {END} behind it, or none",
                    line_of(at)
                ));
            }
        }
    }
    match begin {
        Some(at) => Err(format!(
            "finexl's section begins in line {} and does not end; put the line {END} behind it, or remove that \
             line",
            line_of(at)
        )),
        None => Ok(found),
    }
}
