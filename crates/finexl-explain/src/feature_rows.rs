//! Rows of two files of features that belong together.

use crate::error::ExplainError;
use crate::features_file::FeaturesFile;
use finexl_data::pairs::{Pairing, match_names};
use finexl_zoo::encoders::Features;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// How many names an error or a note shows.
const EXAMPLES: usize = 3;
/// Metadata key of the encoder's fingerprint, as `finexl embed` writes it.
const FINGERPRINT: &str = "fingerprint";
/// Metadata entry that names the encoder.
const ENCODER: &str = "encoder";

/// Features of the base and the personalized model, row by row of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedRows {
    /// The base's, `[n, d]`.
    pub base: Features,
    /// The personalized model's, `[n, d]`.
    pub personalized: Features,
    /// Names of the pairs.
    pub names: Vec<String>,
    /// Remarks: rows left out, rows taken as they stand.
    pub notes: Vec<String>,
}

/// A file of features with where it lies.
pub type Side<'a> = (&'a Path, &'a FeaturesFile);

/// Pairs the rows of two files by their names, as images of two folders are: equal in one Unicode form, but for the
/// extension of an image, but for case. Rows without names, and those that are to be paired by order, are taken as
/// they stand, with a note.
///
/// # Errors
/// [`ExplainError::Features`] for files of other encoders, names that mean several rows, none in common, and rows
/// without names of which the files have different numbers.
pub fn pair_rows(
    base: Side<'_>,
    personalized: Side<'_>,
    pairing: Option<Pairing>,
) -> Result<PairedRows, ExplainError> {
    check_encoders(&[
        (base.0, fingerprint(&base.1.metadata)),
        (personalized.0, fingerprint(&personalized.1.metadata)),
    ])?;
    check_names_of_encoders(base, personalized)?;
    let mut rows = paired(base, personalized, pairing)?;
    rows.notes.extend(lengths_note(&rows));
    Ok(rows)
}

/// Files without fingerprints that name other encoders.
fn check_names_of_encoders(base: Side<'_>, personalized: Side<'_>) -> Result<(), ExplainError> {
    let [one, other] = [base, personalized].map(|(_, file)| file.metadata.get(ENCODER));
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(fault(
            personalized.0,
            format!(
                "it says that it was made with {other}, and {} with {one}; make both with one encoder",
                base.0.display()
            ),
        )),
        _ => Ok(()),
    }
}

/// A remark where the rows of one file are longer than those of the other, as those are that were not normalised.
fn lengths_note(rows: &PairedRows) -> Option<String> {
    /// Mean lengths of two sets of pictures by one encoder lie much nearer.
    const ALIKE: f64 = 2.0;
    let [base, personalized] = [&rows.base, &rows.personalized].map(|features| {
        let length = |row: usize| {
            let squares = features
                .row(row)
                .iter()
                .map(|v| f64::from(*v) * f64::from(*v));
            squares.sum::<f64>().sqrt()
        };
        (0..features.len()).map(length).sum::<f64>() / features.len().max(1) as f64
    });
    let ratio = base.max(personalized) / base.min(personalized);
    (ratio > ALIKE).then(|| {
        format!(
            "the rows of the personalized model are {personalized:.2} long on average, those of the base {base:.2}: if \
             only one side was normalised, the difference is not one of the images"
        )
    })
}

fn paired(
    base: Side<'_>,
    personalized: Side<'_>,
    pairing: Option<Pairing>,
) -> Result<PairedRows, ExplainError> {
    let named = [base.1, personalized.1].map(|file| !file.names.is_empty());
    match (pairing, named) {
        (Some(Pairing::PromptSeed), _) => Err(fault(
            personalized.0,
            "features do not say prompt and seed; leave --pair out, or take the rows as they stand with --pair order"
                .to_string(),
        )),
        (Some(Pairing::Order), _) => as_they_stand(base, personalized, "as --pair order asks"),
        (None | Some(Pairing::Name), [true, true]) => by_names(base, personalized),
        (Some(Pairing::Name), _) => Err(fault(
            if named[0] { personalized.0 } else { base.0 },
            "its rows have no names; add the metadata entry \"names\", a JSON array, or leave --pair out".to_string(),
        )),
        (None, [false, false]) => as_they_stand(base, personalized, "since they have no names"),
        (None, [base_named, _]) => {
            let nameless = if base_named { personalized.0 } else { base.0 };
            let reason = format!("since those of {} have no names", nameless.display());
            as_they_stand(base, personalized, &reason)
        }
    }
}

/// Refuses files that say that they come from different encoders.
///
/// # Errors
/// [`ExplainError::Features`] naming two of them.
pub fn check_encoders(files: &[(&Path, Option<&str>)]) -> Result<(), ExplainError> {
    let known: Vec<(&Path, &str)> = (files.iter())
        .filter_map(|(path, fingerprint)| Some((*path, (*fingerprint)?)))
        .collect();
    match known.as_slice() {
        [(first, one), rest @ ..] => match rest.iter().find(|(_, other)| other != one) {
            Some((path, _)) => Err(fault(
                path,
                format!(
                    "it was made with another encoder than {}; make both with one encoder",
                    first.display()
                ),
            )),
            None => Ok(()),
        },
        [] => Ok(()),
    }
}

/// The encoder's fingerprint among the metadata of a file.
pub fn fingerprint(metadata: &HashMap<String, String>) -> Option<&str> {
    metadata.get(FINGERPRINT).map(String::as_str)
}

fn by_names(base: Side<'_>, personalized: Side<'_>) -> Result<PairedRows, ExplainError> {
    let sides = [base, personalized];
    let [first, second] = sides.map(|(_, file)| &file.names);
    let found = match_names(first, second);
    if let Some(group) = found.ambiguous.first() {
        let side = usize::from(group[0].len() < 2);
        let rows: Vec<String> = group[side]
            .iter()
            .map(|row| (row + 1).to_string())
            .collect();
        let name = &sides[side].1.names[group[side][0]];
        let problem = format!(
            "the name {name} stands for the rows {}; a name may stand for one",
            rows.join(", ")
        );
        return Err(fault(sides[side].0, problem));
    }
    if found.pairs.is_empty() {
        let problem = format!(
            "it has no row name in common with {}: {} against {}; embed images of the same names, or take the rows \
             as they stand with --pair order",
            base.0.display(),
            examples(second.iter()),
            examples(first.iter()),
        );
        return Err(fault(personalized.0, problem));
    }
    let mut notes = Vec::new();
    for (side, (path, file)) in sides.into_iter().enumerate() {
        let paired: BTreeSet<usize> = found
            .pairs
            .iter()
            .map(|pair| [pair.0, pair.1][side])
            .collect();
        let alone = (file.names.iter().enumerate()).filter(|(row, _)| !paired.contains(row));
        let alone: Vec<&String> = alone.map(|(_, name)| name).collect();
        if !alone.is_empty() {
            notes.push(format!(
                "{} of {} rows of {} have no partner of their name and were left out ({})",
                alone.len(),
                file.names.len(),
                path.display(),
                examples(alone.iter().copied())
            ));
        }
    }
    if let Some((a, b)) = found.by_case.first() {
        let (count, a, b) = (found.by_case.len(), &first[*a], &second[*b]);
        notes.push(format!(
            "in {count} of {} pairs the names differ in case ({a} and {b})",
            found.pairs.len()
        ));
    }
    let rows = |file: &FeaturesFile, rows: &mut dyn Iterator<Item = usize>| Features {
        dimension: file.features.dimension,
        values: rows
            .flat_map(|row| file.features.row(row).iter().copied())
            .collect(),
    };
    Ok(PairedRows {
        base: rows(base.1, &mut found.pairs.iter().map(|pair| pair.0)),
        personalized: rows(personalized.1, &mut found.pairs.iter().map(|pair| pair.1)),
        names: found
            .pairs
            .iter()
            .map(|pair| first[pair.0].clone())
            .collect(),
        notes,
    })
}

fn as_they_stand(
    base: Side<'_>,
    personalized: Side<'_>,
    reason: &str,
) -> Result<PairedRows, ExplainError> {
    let [first, second] = [base, personalized].map(|(_, file)| file.features.len());
    if first != second {
        let problem = format!(
            "it has {second} rows and {} has {first}; give one row per pair, in the same order, or rows with names",
            base.0.display()
        );
        return Err(fault(personalized.0, problem));
    }
    let names = [base.1, personalized.1].map(|file| &file.names);
    let names = match names.into_iter().find(|names| !names.is_empty()) {
        Some(names) => names.clone(),
        None => (1..=first).map(|row| format!("row {row}")).collect(),
    };
    Ok(PairedRows {
        base: base.1.features.clone(),
        personalized: personalized.1.features.clone(),
        names,
        notes: vec![format!(
            "the rows of the two files were paired as they stand, {reason}"
        )],
    })
}

fn examples<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = names.len();
    let shown: Vec<&str> = names.take(EXAMPLES).map(String::as_str).collect();
    match count.saturating_sub(EXAMPLES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn fault(path: &Path, problem: String) -> ExplainError {
    ExplainError::Features {
        path: path.to_path_buf(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(names: &[&str], rows: &[f32], encoder: &str) -> FeaturesFile {
        FeaturesFile {
            features: Features {
                dimension: 2,
                values: rows.iter().flat_map(|v| [*v, 0.5]).collect(),
            },
            names: names.iter().map(|name| name.to_string()).collect(),
            metadata: HashMap::from([(FINGERPRINT.to_string(), encoder.to_string())]),
        }
    }

    fn paired(
        a: &FeaturesFile,
        b: &FeaturesFile,
        rule: Option<Pairing>,
    ) -> Result<PairedRows, String> {
        let (first, second) = (Path::new("a.safetensors"), Path::new("b.safetensors"));
        pair_rows((first, a), (second, b), rule).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_paired_by_their_names() {
        let a = file(&["x", "y", "z"], &[1.0, 2.0, 3.0], "e");
        let b = file(&["w", "z.png", "x"], &[1.5, 3.5, 1.25], "e");
        let found = paired(&a, &b, None).unwrap();
        assert_eq!(found.names, ["x", "z"]);
        assert_eq!(found.base.values, [1.0, 0.5, 3.0, 0.5]);
        assert_eq!(found.personalized.values, [1.25, 0.5, 3.5, 0.5]);
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        assert!(
            found.notes[0].contains("1 of 3 rows of a.safetensors")
                && found.notes[0].contains("(y)")
        );
        let forced = paired(&a, &b, Some(Pairing::Order)).unwrap();
        assert_eq!(forced.personalized, b.features);
        assert!(
            forced.notes[0].contains("as they stand"),
            "{:?}",
            forced.notes
        );
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let a = file(&["x", "y"], &[1.0, 2.0], "e");
        let message = |b: &FeaturesFile, rule| paired(&a, b, rule).unwrap_err();
        let other = file(&["x", "y"], &[1.0, 2.0], "f");
        assert!(message(&other, None).contains("another encoder than a.safetensors"));
        let twice = file(&["x", "x"], &[1.0, 2.0], "e");
        assert!(message(&twice, None).contains("x stands for the rows 1, 2"));
        let foreign = file(&["u", "v"], &[1.0, 2.0], "e");
        assert!(message(&foreign, None).contains("u, v against x, y"));
        let nameless = file(&[], &[1.0, 2.0, 3.0], "e");
        assert!(message(&nameless, None).contains("3 rows"));
        assert!(message(&nameless, Some(Pairing::Name)).contains("no names"));
        assert!(message(&a, Some(Pairing::PromptSeed)).contains("prompt and seed"));
        let nameless = file(&[], &[1.0, 2.0], "e");
        let found = paired(&a, &nameless, None).unwrap();
        assert_eq!(found.names, ["x", "y"]);
        assert!(
            found.notes[0].contains("b.safetensors have no names"),
            "{:?}",
            found.notes
        );
    }
}
