//! What is looked for: words as concepts that are wanted, wanted a little, or not wanted.

use crate::error::IndexError;
use crate::lexicon::{Found, Lexicon};
use crate::word_forms::spelt;

/// How much of a concept is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// As much as there is.
    More,
    /// The same, counting twice.
    Much,
    /// A little.
    Slightly,
    /// None.
    Not,
    /// At most a little.
    NotMuch,
    /// Less than the base has: its opposite (a place of the group's concepts), and none of it.
    Less(usize),
}

/// A concept that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its place among the group's concepts.
    pub concept: usize,
    /// How much of it.
    pub want: Want,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The concepts, in the order of the words.
    pub terms: Vec<Term>,
    /// What was guessed.
    pub notes: Vec<String>,
}

/// Concepts that stand for a word that the vocabulary does not have.
pub type Nearest<'a> = dyn Fn(&str) -> Result<Vec<usize>, IndexError> + 'a;

const NOT: [&str; 10] = [
    "not", "no", "without", "never", "non", "nor", "neither", "isn", "aren", "avoid",
];
const LESS: [&str; 3] = ["less", "fewer", "least"];
const SLIGHTLY: [&str; 9] = [
    "slightly", "somewhat", "little", "bit", "mildly", "subtly", "faintly", "subtle", "slight",
];
const MUCH: [&str; 11] = [
    "very",
    "much",
    "strongly",
    "extremely",
    "heavily",
    "highly",
    "really",
    "strong",
    "too",
    "most",
    "intensely",
];
/// Words that say nothing of a look.
const SILENT: [&str; 60] = [
    "a", "an", "the", "of", "in", "on", "to", "as", "at", "by", "for", "its", "it", "is", "are",
    "be", "was", "has", "have", "having", "that", "which", "who", "this", "these", "them", "they",
    "what", "than", "base", "style", "styles", "styled", "look", "looks", "looking", "like",
    "picture", "pictures", "image", "images", "model", "models", "make", "makes", "making", "made",
    "more", "also", "any", "some", "lora", "loras", "all", "quite", "clearly", "show", "shows",
    "t", "s",
];
/// Words after which a negation has ended.
const ENDS: [&str; 5] = [",", "but", "with", "yet", "however"];

/// A word, or a comma.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    for c in text.to_lowercase().chars().chain(std::iter::once(' ')) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            found.push(spelt(&std::mem::take(&mut word)));
        }
        match c {
            ',' | ';' | '.' | '+' | '|' | '/' | '\n' => found.push(",".to_string()),
            '&' => found.push("and".to_string()),
            _ => {}
        }
    }
    found
}

/// What the words before a concept say of it.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    not: bool,
    less: bool,
    slightly: bool,
    much: bool,
}

impl Query {
    /// Reads words by a lexicon. Words that it does not have are given to `nearest`, where there is one.
    ///
    /// # Errors
    /// [`IndexError::Query`] for words that are not in the vocabulary, or stand for several concepts, for "or" (but behind
    /// a negation), two negations of one concept, a concept that is asked for twice, and where nothing is asked for.
    pub fn read(
        text: &str,
        lexicon: &Lexicon,
        nearest: Option<&Nearest<'_>>,
    ) -> Result<Self, IndexError> {
        let tokens = tokens(text);
        let all: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let mut query = Self {
            terms: Vec::new(),
            notes: Vec::new(),
        };
        let mut said = Said::default();
        let mut at = 0;
        while at < all.len() {
            let word = all[at];
            // "black and white" is one phrase, "low key" another, and "no" might begin one.
            let used = match lexicon.find(&all[at..]) {
                Found::Concept(concept, used) => {
                    query.add(concept, said, lexicon)?;
                    used
                }
                Found::Ambiguous(concepts, used) => {
                    let names = quoted(concepts.iter().map(|c| lexicon.name(*c)));
                    return Err(IndexError::Query(format!(
                        "\"{}\" may mean {names}; name one of them",
                        all[at..at + used].join(" ")
                    )));
                }
                Found::Nothing if said.read(word)? => {
                    at += 1;
                    continue;
                }
                Found::Nothing => {
                    query.unknown(word, said, lexicon, nearest)?;
                    1
                }
            };
            at += used;
            said.slightly = false;
            said.much = false;
            said.less = false;
        }
        match query.terms.is_empty() {
            true => Err(IndexError::Query(
                "nothing is asked for; name what the pictures should be like, for example \"flat colours, not darker\""
                    .to_string(),
            )),
            false => Ok(query),
        }
    }

    /// A word that is not in the vocabulary.
    fn unknown(
        &mut self,
        word: &str,
        said: Said,
        lexicon: &Lexicon,
        nearest: Option<&Nearest<'_>>,
    ) -> Result<(), IndexError> {
        if let Some(nearest) = nearest {
            let concepts = nearest(word)?;
            let names = quoted(concepts.iter().map(|c| lexicon.name(*c)));
            self.notes.push(format!(
                "\"{word}\" is not in the vocabulary; the encoder finds {names} nearest to it, and this was looked for"
            ));
            for concept in concepts {
                if !self.terms.iter().any(|term| term.concept == concept) {
                    self.add(concept, said, lexicon)?;
                }
            }
            return Ok(());
        }
        let alike = lexicon.with_word(word);
        let remedy = match alike.is_empty() {
            true => "choose words of the vocabulary (--words lists them), or let an encoder find what is nearest \
                     (--encoder)"
                .to_string(),
            false => format!("it has {}", quoted(alike.into_iter())),
        };
        Err(IndexError::Query(format!(
            "\"{word}\" is not in the vocabulary of these models; {remedy}"
        )))
    }

    fn add(&mut self, concept: usize, said: Said, lexicon: &Lexicon) -> Result<(), IndexError> {
        let name = lexicon.name(concept);
        if self.terms.iter().any(|term| term.concept == concept) {
            return Err(IndexError::Query(format!(
                "\"{name}\" is asked for twice; say it once"
            )));
        }
        let want = match (said.not, said.less, said.slightly, said.much) {
            (true, true, ..) => {
                return Err(IndexError::Query(format!(
                    "\"{name}\" is negated twice; say what the pictures should be like"
                )));
            }
            (_, true, ..) => match lexicon.antonym(concept) {
                Some(opposite) => Want::Less(opposite),
                None => {
                    self.notes.push(format!(
                        "the vocabulary has no opposite of \"{name}\", so models are looked for that have none of it"
                    ));
                    Want::Not
                }
            },
            (true, _, _, true) => Want::NotMuch,
            (true, ..) => Want::Not,
            (_, _, true, _) => Want::Slightly,
            (_, _, _, true) => Want::Much,
            _ => Want::More,
        };
        self.terms.push(Term { concept, want });
        Ok(())
    }

    /// What was understood, in words.
    pub fn said(&self, lexicon: &Lexicon) -> String {
        let term = |term: &Term| {
            let name = lexicon.name(term.concept);
            match term.want {
                Want::More => name.to_string(),
                Want::Much => format!("very {name} (counts twice)"),
                Want::Slightly => format!("slightly {name}"),
                Want::Not => format!("not {name}"),
                Want::NotMuch => format!("not very {name}"),
                Want::Less(opposite) => format!("less {name} (more {})", lexicon.name(opposite)),
            }
        };
        let terms: Vec<String> = self.terms.iter().map(term).collect();
        terms.join("; ")
    }
}

impl Said {
    /// Takes a word that is no concept; false for one that says something, and not how much.
    fn read(&mut self, word: &str) -> Result<bool, IndexError> {
        let one_of = |words: &[&str]| words.contains(&word);
        if one_of(&NOT) {
            // "Neither dark nor grainy", "not dark, not grainy".
            self.not = true;
        } else if one_of(&LESS) {
            self.less = true;
        } else if one_of(&SLIGHTLY) {
            self.slightly = true;
        } else if one_of(&MUCH) {
            self.much = true;
        } else if one_of(&ENDS) {
            *self = Self::default();
        } else if word == "or" && !self.not {
            return Err(IndexError::Query(
                "\"or\" is not understood, since a ranking is by all that is asked for; search once for each".to_string(),
            ));
        } else if !one_of(&SILENT) && word != "and" && word != "or" {
            return Ok(false);
        }
        Ok(true)
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
