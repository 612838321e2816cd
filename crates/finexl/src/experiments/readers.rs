//! The explainers of an experiment, one per method.

use crate::{Cache, CalibrationChoice, Encoder, Error, Explainer, Head, References, Vocabulary};
use finexl_core::experiment::ReadBy;
use finexl_explain::decompose::Method;
use std::sync::Arc;

/// An explainer, with what is added to the names of its reports where there are several.
pub(super) struct Reader {
    pub explainer: Explainer,
    suffix: Option<&'static str>,
}

impl Reader {
    /// Name of the reports of a model.
    pub fn name(&self, model: &str) -> String {
        match self.suffix {
            Some(method) => format!("{model}.{method}"),
            None => model.to_string(),
        }
    }
}

/// An explainer per method of an experiment; heads and reference models go to the methods that read by one.
///
/// # Errors
/// Files that are no such thing, or go together with no method; what the builder refuses.
pub(super) fn readers(
    by: &ReadBy<'_>,
    encoder: &Arc<dyn Encoder>,
    (calibration, cache): (&CalibrationChoice, Cache),
) -> Result<Vec<Reader>, Error> {
    let head = by.head.map(Head::open).transpose()?;
    let references = by
        .references
        .map(References::open)
        .transpose()?
        .map(Arc::new);
    let vocabulary = by
        .vocabulary
        .map(Vocabulary::read)
        .transpose()?
        .map(Arc::new);
    let build = |method: Option<Method>| -> Result<Explainer, Error> {
        let by_head = method.as_ref().is_none_or(Method::has_head);
        let mut builder = Explainer::builder()
            .encoder(encoder.clone())
            .calibration(calibration.clone())
            .cache(cache.clone())
            .seed(by.seed);
        if let Some(method) = method {
            builder = builder.method(method);
        }
        if let Some(vocabulary) = &vocabulary {
            builder = builder.vocabulary(vocabulary.clone());
        }
        if let Some(head) = head.as_ref().filter(|_| by_head) {
            builder = builder.head(head.clone());
        }
        if let Some(references) = references.as_ref().filter(|_| by_head) {
            builder = builder.references(references.clone());
        }
        Ok(builder.build()?)
    };
    if by.methods.is_empty() {
        return Ok(vec![Reader {
            explainer: build(None)?,
            suffix: None,
        }]);
    }
    let methods: Vec<Method> = by.methods.iter().map(|name| (*name).into()).collect();
    check(by, &methods)?;
    let several = methods.len() > 1;
    let readers = by.methods.iter().zip(methods).map(|(name, method)| {
        Ok(Reader {
            explainer: build(Some(method))?,
            suffix: several.then_some(name.name()),
        })
    });
    readers.collect()
}

/// Refuses a head or reference models that no method reads by.
fn check(by: &ReadBy<'_>, methods: &[Method]) -> Result<(), Error> {
    let setting = match (by.head, by.references) {
        (Some(_), _) => "head",
        (None, Some(_)) => "references",
        (None, None) => return Ok(()),
    };
    if methods.iter().any(Method::has_head) {
        return Ok(());
    }
    let problem = "is given, and none of the methods reads by a head; add learned or calibrated";
    Err(Error::Eval(finexl_eval::EvalError::Setting {
        setting,
        problem: problem.to_string(),
    }))
}
