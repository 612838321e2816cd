//! What `finexl zoo` says of files that FineXL wrote beside encoders: heads, reference models, generators, adapters.

use finexl_core::personalization::PersonalizationRecord;
use finexl_explain::heads::{EMBEDDED_HEAD, Head};
use finexl_explain::references::References;
use finexl_zoo::ZooError;
use finexl_zoo::generators::is_generator;
use finexl_zoo::generators::stable_diffusion::{locate, recognise};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Folders below the one that is named that are looked into.
const DEPTH: usize = 4;

/// Where a Stable Diffusion is that a name means; none where it means anything else.
///
/// # Errors
/// A model of its kind that is not whole or not built.
pub(super) fn stable_diffusion(name: &str) -> Result<Option<PathBuf>, ZooError> {
    let Ok(path) = locate(name) else {
        return Ok(None);
    };
    let safe = path.extension().is_some_and(|end| end == "safetensors");
    match recognise(&path) {
        Some(Ok(_)) => Ok(Some(path)),
        // What is missing of a folder is said when it is looked into.
        Some(Err(_)) if path.is_dir() => Ok(Some(path)),
        Some(Err(error)) if safe => Err(error),
        Some(Err(_)) | None => Ok(None),
    }
}

/// Lines of a name and a value for a head or a file of reference models; none where it is neither.
pub(super) fn described(name: &str) -> Option<Vec<(String, String)>> {
    let path = Path::new(name);
    if name != EMBEDDED_HEAD && !path.is_file() {
        return None;
    }
    if let Ok(head) = Head::open(path) {
        return Some(of_head(&head));
    }
    References::open(path)
        .ok()
        .map(|references| of_references(&references))
}

fn line(key: &str, value: impl ToString) -> (String, String) {
    (key.to_string(), value.to_string())
}

fn of_head(head: &Head) -> Vec<(String, String)> {
    let config = head.config();
    let a = &config.architecture;
    vec![
        line("name", &config.name),
        line("kind", "explainer head"),
        line(
            "encoder",
            encoder_of(&config.encoder, &config.encoder_fingerprint),
        ),
        line("aspects", config.aspects.names.join(", ")),
        line(
            "concepts",
            format!("{} on offer in training", config.vocabulary.len()),
        ),
        line("views", config.views.name()),
        line(
            "network",
            format!("{} layers, {} wide, {} heads", a.layers, a.width, a.heads),
        ),
        line("fingerprint", head.fingerprint()),
    ]
}

fn of_references(references: &References) -> Vec<(String, String)> {
    let models = references.models();
    let known = models.iter().filter(|model| !model.aspects.is_empty());
    let base = match references.base_fingerprint() {
        Some(fingerprint) => format!("{} ({fingerprint})", references.base()),
        None => references.base().to_string(),
    };
    vec![
        line("kind", "reference models"),
        line("base", base),
        line(
            "encoder",
            encoder_of(references.encoder(), references.encoder_fingerprint()),
        ),
        line(
            "models",
            format!("{}, {} with known aspects", models.len(), known.count()),
        ),
        line("fingerprint", references.fingerprint()),
    ]
}

fn encoder_of(name: &str, fingerprint: &impl ToString) -> String {
    format!("{name} ({})", fingerprint.to_string())
}

/// A table of the head and the reference models inside the program.
pub(super) fn embedded_table() -> String {
    let mut table = format!("\n{:52} {:>7}\n", "head", "");
    if let Ok(head) = Head::embedded() {
        let config = head.config();
        let aspects = config.aspects.names.len();
        let _ = writeln!(
            table,
            "{EMBEDDED_HEAD:52} {:7}  {:9} reads {aspects} aspects for {}",
            "", "embedded", config.encoder
        );
    }
    let _ = writeln!(table, "\n{:52} {:>7}", "reference models", "");
    for (base, _) in finexl_zoo::generators::embedded_generators() {
        if let Ok(references) = References::open(Path::new(base)) {
            let _ = writeln!(
                table,
                "{base:52} {:7}  {:9} {} models, for {}",
                "",
                "embedded",
                references.models().len(),
                references.encoder()
            );
        }
    }
    table.push_str(
        "\nOther heads and reference models are made by [train-head] and [gather-references] experiments (docs/heads.md).\n",
    );
    table
}

/// A table of the files of FineXL below a folder; nothing where there is none.
pub(super) fn found_table(folder: &Path) -> String {
    let mut found = Vec::new();
    look_into(folder, DEPTH, &mut found);
    if found.is_empty() {
        return String::new();
    }
    let mut table = format!("\nin {}\n", folder.display());
    for (path, what) in found {
        let _ = writeln!(table, "{:60}  {what}", path.display());
    }
    table
}

fn look_into(folder: &Path, depth: usize, found: &mut Vec<(PathBuf, String)>) {
    if let Ok(Some(record)) = PersonalizationRecord::read(folder) {
        let what = format!("{} of {}", record.mechanism.name(), record.base);
        found.push((folder.to_path_buf(), what));
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && depth > 0 {
            look_into(&path, depth - 1, found);
        } else if path.is_file()
            && path.extension().is_some_and(|e| e == "safetensors")
            && let Some(what) = kind(&path)
        {
            found.push((path, what));
        }
    }
}

/// What a weights file is in a word or two; none for what is not of these.
fn kind(path: &Path) -> Option<String> {
    if is_generator(path) {
        return Some("generator".to_string());
    }
    let lines = described(path.to_str()?)?;
    let of = |key: &str| lines.iter().find(|(name, _)| name == key).map(|l| &l.1);
    Some(match of("base") {
        Some(base) => format!("reference models of {base}"),
        None => format!("explainer head for {}", of("encoder")?),
    })
}
