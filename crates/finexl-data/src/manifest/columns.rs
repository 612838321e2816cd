//! Which columns of a table are read.

/// Names of the column with one name for both images, the first that is there counting.
pub(super) const FILE: [&str; 11] = [
    "file",
    "file_name",
    "filename",
    "image",
    "image_file",
    "image_name",
    "image_path",
    "img",
    "path",
    "file_path",
    "filepath",
];
/// Names of the column with prompts.
pub(super) const PROMPT: [&str; 3] = ["prompt", "text", "caption"];
const BASE: [&str; 3] = ["base", "base_image", "base_file"];
const PERSONALIZED: [&str; 5] = [
    "personalized",
    "personalised",
    "personalized_image",
    "personalised_image",
    "personalized_file",
];
/// Columns that an error names.
const NAMED: usize = 8;

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
    Pair(&'static str, &'static str),
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
        let images = match (first(&BASE), first(&PERSONALIZED), first(&FILE)) {
            (Some(base), Some(personalized), _) => ImageColumns::Pair(base, personalized),
            (None, None, Some(name)) => ImageColumns::Same(name),
            (None, None, None) if prompt.is_some() => ImageColumns::None,
            _ => {
                let more = match columns.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                return Err(format!(
                    "the columns are {}{more}, but base and personalized (or file) are needed; begin the file with \
                     the line prompt,base,personalized",
                    columns[..columns.len().min(NAMED)].join(", ")
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
