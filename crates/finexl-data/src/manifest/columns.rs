//! Which columns of a table are read.

/// Names of the column with one name for both images, the first that is there counting.
pub(super) const FILE: [&str; 4] = ["file", "file_name", "filename", "image"];
/// Names of the column with prompts.
pub(super) const PROMPT: [&str; 3] = ["prompt", "text", "caption"];
const BASE: &str = "base";
const PERSONALIZED: &str = "personalized";

/// The columns that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Of the prompts.
    pub prompt: Option<&'static str>,
    /// Of the images.
    pub images: ImageColumns,
}

/// The columns that name images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageColumns {
    /// One for each side: `base` and `personalized`.
    Pair,
    /// One for both.
    Same(&'static str),
    /// None: prompts in the order of the pairs.
    None,
}

impl Columns {
    /// Finds the columns among those of a table.
    ///
    /// # Errors
    /// A sentence that says what is needed.
    pub(super) fn find(columns: &[String]) -> Result<Self, String> {
        let has = |name: &str| columns.iter().any(|column| column == name);
        let first = |names: &[&'static str]| names.iter().find(|name| has(name)).copied();
        let prompt = first(&PROMPT);
        let images = match (has(BASE), has(PERSONALIZED), first(&FILE)) {
            (true, true, _) => ImageColumns::Pair,
            (false, false, Some(name)) => ImageColumns::Same(name),
            (false, false, None) if prompt.is_some() => ImageColumns::None,
            _ => {
                return Err(format!(
                    "the columns are {}, but base and personalized (or file) are needed; begin the file with the \
                     line prompt,base,personalized",
                    columns.join(", ")
                ));
            }
        };
        Ok(Self { prompt, images })
    }

    /// A column that could have been meant as well as the one that is read.
    pub(super) fn passed_over<'a>(&self, columns: &'a [String]) -> Option<&'a str> {
        let of_prompts = columns.iter().filter(|c| PROMPT.contains(&c.as_str()));
        let mut others = of_prompts.filter(|c| Some(c.as_str()) != self.prompt);
        others.next().map(String::as_str)
    }
}
