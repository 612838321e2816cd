//! Whether what an explanation reads by is of the base that it is about.

use crate::diagnostics::CliError;
use finexl_core::explanation::{Generated, GeneratedImages};
use finexl_explain::decompose::Method;
use finexl_explain::references::References;
use std::path::Path;

/// Refuses reference models of another base than the one that the images are known to be of. Of references that only
/// have a name for their base, another name is said in a note.
pub fn check(method: &Method, generated: &Generated) -> Result<Option<String>, CliError> {
    let (Some(path), Some(base)) = (method.references(), &generated.base) else {
        return Ok(None);
    };
    let references = References::open(path)?;
    match other_base(&references, base) {
        None => Ok(None),
        Some(Certainty::Known) => Err(CliError::Usage(format!(
            "the reference models {} are of the base {}, and these images are of {}; give references of {}, or leave \
             --references out",
            path.display(),
            references.base(),
            base.generator,
            base.generator
        ))),
        Some(Certainty::ByName) => Ok(Some(note(path, &references, base))),
    }
}

/// How sure it is that two bases differ.
enum Certainty {
    Known,
    ByName,
}

fn other_base(references: &References, base: &GeneratedImages) -> Option<Certainty> {
    let named_alike = references.base() == base.generator;
    match (references.base_fingerprint(), &base.weights) {
        (Some(stated), Some(found)) => (stated != found).then_some(Certainty::Known),
        (Some(_), None) => (!named_alike).then_some(Certainty::Known),
        (None, _) => (!named_alike).then_some(Certainty::ByName),
    }
}

fn note(path: &Path, references: &References, base: &GeneratedImages) -> String {
    format!(
        "The reference models {} are of a base called {}, and these images are of {}: if that is another generator, \
         leave --references out.",
        path.display(),
        references.base(),
        base.generator
    )
}
