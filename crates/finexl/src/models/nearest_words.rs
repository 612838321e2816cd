//! Words that a vocabulary does not have, as the concepts that an encoder finds nearest.

use crate::Error;
use finexl_index::IndexError;
use finexl_index::group::Group;
use finexl_index::lexicon::ConceptWords;
use finexl_zoo::encoders::Encoder;

/// A second concept is as near where its cosine is at least this share of the first's.
const AS_NEAR: f32 = 0.9;
/// The cosine from which on a word is near, for vocabularies without synonyms to tell it by.
const NEAR: f32 = 0.8;
/// Share of a vocabulary's own synonyms that are farther from their concept than what counts as near.
const FAR: f64 = 0.1;
/// Synonyms from which on they tell what is near.
const ENOUGH: usize = 20;

/// The concepts of a group as directions of an encoder's texts.
pub struct NearestWords {
    encoder: Box<dyn Encoder>,
    names: Vec<String>,
    mean: Vec<f32>,
    /// `[N, d]`, without their mean, of length 1.
    directions: Vec<Vec<f32>>,
    /// The least cosine that is near.
    near: f32,
}

impl NearestWords {
    /// Embeds the names and synonyms of the concepts.
    ///
    /// # Errors
    /// Another encoder than that of the models; texts that it cannot read.
    pub fn new(
        encoder: Box<dyn Encoder>,
        group: &Group,
        known: &[ConceptWords],
    ) -> Result<Self, Error> {
        if *encoder.fingerprint() != group.encoder_fingerprint {
            return Err(Error::Records(format!(
                "{} is another encoder than {}, with which the models were explained; give that one",
                encoder.name(),
                group.encoder
            )));
        }
        let names: Vec<String> = group.concepts.iter().map(|c| c.name.clone()).collect();
        let phrases = |name: &String| {
            let words = known.iter().find(|words| words.name == *name);
            let mut phrases = vec![name.clone()];
            phrases.extend(words.iter().flat_map(|words| words.phrases.iter().cloned()));
            phrases.retain(|phrase| encoder.check_text(&styled(phrase)).is_ok());
            phrases
        };
        let mut rows = Vec::new();
        let mut each = Vec::new();
        for name in &names {
            let texts: Vec<String> = phrases(name).iter().map(|phrase| styled(phrase)).collect();
            let features = match texts.is_empty() {
                true => encoder.encode_texts(&[styled(name)])?,
                false => encoder.encode_texts(&texts)?,
            };
            let all: Vec<&[f32]> = (0..features.len()).map(|at| features.row(at)).collect();
            rows.push(mean(&all, features.dimension));
            each.push(features);
        }
        let all: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let mean = mean(&all, encoder.dimension());
        let each: Vec<Vec<&[f32]>> = (each.iter())
            .map(|features| (0..features.len()).map(|at| features.row(at)).collect())
            .collect();
        Ok(Self {
            near: least_near(&each, &mean),
            directions: rows.iter().map(|row| unit_from(row, &mean)).collect(),
            encoder,
            names,
            mean,
        })
    }

    /// The nearest concept of a word, and the next where it is nearly as near.
    ///
    /// # Errors
    /// A word that the encoder cannot read, or that is near to nothing.
    pub fn of(&self, word: &str) -> Result<Vec<usize>, IndexError> {
        let refused = |problem: String| {
            IndexError::Query(format!(
                "\"{word}\" is not in the vocabulary of these models, and {problem}; choose words of the vocabulary \
                 (--words lists them)"
            ))
        };
        let features = (self.encoder.encode_texts(&[styled(word)]))
            .map_err(|error| refused(format!("the encoder cannot read it: {error}")))?;
        let asked = unit_from(features.row(0), &self.mean);
        let cosine = |row: &Vec<f32>| cosine(row, &asked);
        let mut near: Vec<(usize, f32)> = self.directions.iter().map(cosine).enumerate().collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let best = near.first().map_or(0.0, |(_, cosine)| *cosine);
        if best < self.near {
            let name = near.first().and_then(|(at, _)| self.names.get(*at));
            return Err(refused(format!(
                "the encoder finds nothing near it (\"{}\" at a cosine of {best:.2}, where {:.2} would be near)",
                name.map_or("", String::as_str),
                self.near
            )));
        }
        let nearly = near
            .iter()
            .take(2)
            .filter(|(_, cosine)| *cosine >= AS_NEAR * best);
        Ok(nearly.map(|(at, _)| *at).collect())
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The cosine that nine of ten synonyms of the vocabulary reach to the concept that they belong to, when it is made of its
/// other phrases; `each` has the phrases of every concept. So what counts as near is near by the encoder's own measure.
fn least_near(each: &[Vec<&[f32]>], centre: &[f32]) -> f32 {
    let mut cosines = Vec::new();
    for phrases in each.iter().filter(|phrases| phrases.len() > 2) {
        for left_out in 0..phrases.len() {
            let mut others = phrases.clone();
            let own = unit_from(others.remove(left_out), centre);
            let rest = mean(&others, centre.len());
            cosines.push(cosine(&own, &unit_from(&rest, centre)));
        }
    }
    if cosines.len() < ENOUGH {
        return NEAR;
    }
    cosines.sort_by(f32::total_cmp);
    cosines[(cosines.len() as f64 * FAR) as usize]
}

fn styled(phrase: &str) -> String {
    format!("{phrase} style")
}

fn mean(rows: &[&[f32]], dimension: usize) -> Vec<f32> {
    let mut mean = vec![0.0; dimension];
    for row in rows {
        for (sum, value) in mean.iter_mut().zip(*row) {
            *sum += value / rows.len() as f32;
        }
    }
    mean
}

fn unit_from(row: &[f32], mean: &[f32]) -> Vec<f32> {
    let moved: Vec<f32> = row
        .iter()
        .zip(mean)
        .map(|(value, mean)| value - mean)
        .collect();
    let length = moved
        .iter()
        .map(|v| v * v)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    moved.into_iter().map(|value| value / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_what_the_synonyms_of_a_vocabulary_are_to_each_other() {
        let centre = [0.0, 0.0];
        // Concepts of three phrases; of the first one phrase means something else.
        let close: [&[f32]; 3] = [&[1.0, 0.0], &[1.0, 0.1], &[1.0, -0.1]];
        let mut each = vec![close.to_vec(); 14];
        let near = least_near(&each, &centre);
        assert!(near > 0.98, "{near}");
        each[0][2] = &[-1.0, 0.0];
        assert!(
            least_near(&each, &centre) > 0.0,
            "one of 21 decides nothing"
        );
        assert_eq!(least_near(&each[..2], &centre), NEAR);
    }
}
