//! What models are called where several have one name.

use std::collections::BTreeMap;
use std::path::Path;

/// A title for every model, of its name and the path of its record: the name where no other has it, else the name of the
/// record's file, else that with its folder, else the whole path.
pub fn titles(models: &[(&str, &str)]) -> Vec<String> {
    let mut titles: Vec<String> = models.iter().map(|(name, _)| (*name).to_string()).collect();
    let forms: [fn(&Path) -> Option<String>; 3] = [
        |record| Some(record.file_stem()?.to_string_lossy().into_owned()),
        |record| {
            let folder = record.parent()?.file_name()?.to_string_lossy();
            Some(format!(
                "{folder}/{}",
                record.file_stem()?.to_string_lossy()
            ))
        },
        |record| Some(record.to_string_lossy().into_owned()),
    ];
    for form in forms {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for title in &titles {
            *count.entry(title.as_str()).or_default() += 1;
        }
        let again: Vec<bool> = (titles.iter())
            .map(|title| {
                title.is_empty() || count.get(title.as_str()).is_some_and(|many| *many > 1)
            })
            .collect();
        for (at, (_, record)) in models.iter().enumerate() {
            if again[at]
                && let Some(title) = form(Path::new(record))
            {
                titles[at] = title;
            }
        }
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::titles;

    #[test]
    fn names_that_repeat_are_told_by_their_records() {
        let models = [
            ("cosy", "/a/one.json"),
            ("personalized", "/a/two.json"),
            ("personalized", "/a/three.json"),
            ("personalized", "/b/three.json"),
        ];
        assert_eq!(titles(&models), ["cosy", "two", "a/three", "b/three"]);
    }
}
