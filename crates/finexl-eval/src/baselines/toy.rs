//! Three concepts in three dimensions, and a model with the first of them planted, for tests.
#![allow(clippy::unwrap_used)]

use super::{ConceptTexts, Decomposed, Evidence, Offer};
use crate::proposals::{PairAnswer, Proposal, ProposalTable};
use finexl_explain::Explainer;
use finexl_explain::bank::ConceptBank;
use finexl_explain::decompose::Method;
use finexl_explain::explainer::GivenDirections;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Features;

/// Pairs whose personalized side has moved by a half along the first direction.
pub struct Toy {
    pub base: Features,
    pub personalized: Features,
    pub image_mean: Vec<f64>,
    vocabulary: Vocabulary,
}

/// Unit directions of "first", "second" and "third".
const AXES: [f32; 9] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];

impl Toy {
    pub fn new() -> Self {
        let rows: [[f32; 3]; 4] = [
            [0.10, 0.60, 0.30],
            [0.05, 0.20, 0.80],
            [0.20, 0.50, 0.50],
            [0.00, 0.40, 0.60],
        ];
        let features = |moved: f32| Features {
            dimension: 3,
            values: rows
                .iter()
                .flat_map(|[x, y, z]| [x + moved, *y, *z])
                .collect(),
        };
        Self {
            base: features(0.0),
            personalized: features(0.5),
            image_mean: vec![0.2, 0.4, 0.5],
            vocabulary: Vocabulary::of_names(&["first", "second", "third"].map(str::to_string)),
        }
    }

    /// Keeps the first pairs only.
    pub fn keep(&mut self, pairs: usize) {
        self.base.values.truncate(3 * pairs);
        self.personalized.values.truncate(3 * pairs);
    }

    /// A method on the three directions.
    pub fn decomposed(&self, method: Method) -> Decomposed {
        let bank = ConceptBank::from_values(AXES.to_vec(), 1, 3, 3).unwrap();
        let directions = GivenDirections::new(self.vocabulary.clone(), bank).unwrap();
        let builder = Explainer::builder().directions(directions).method(method);
        Decomposed::new(builder.build().unwrap())
    }

    pub fn offer(&self) -> Offer<'_> {
        let bank = ConceptBank::from_values(AXES.to_vec(), 1, 3, 3).unwrap();
        let texts = AXES.iter().map(|v| f64::from(*v)).collect();
        let texts = ConceptTexts::from_values(texts, 3, 3).unwrap();
        let reference = self.decomposed(Method::default());
        let mean = self.image_mean.clone();
        Offer::new(&self.vocabulary, &bank, texts, mean, &reference).unwrap()
    }

    pub fn evidence<'a>(
        &'a self,
        offer: &Offer<'_>,
        proposals: Option<&'a ProposalTable>,
    ) -> Evidence<'a> {
        Evidence::new(offer, "toy", &self.base, &self.personalized, proposals).unwrap()
    }

    /// The same scores of base and personalized image for every pair.
    pub fn proposals(&self, said: &[(&str, f64, f64)]) -> ProposalTable {
        let proposals = said.iter().map(|(phrase, base, personalized)| Proposal {
            phrase: (*phrase).to_string(),
            base: *base,
            personalized: *personalized,
        });
        let answer = PairAnswer::Aspects(proposals.collect());
        ProposalTable::new(&vec![answer; self.base.len()], &self.vocabulary).unwrap()
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let toy = Toy::new();
    let offer = toy.offer();
    let refused = |base: &Features, personalized: &Features| {
        Evidence::new(&offer, "toy", base, personalized, None).is_err()
    };
    let mut wrong = toy.personalized.clone();
    wrong.values[4] = f32::NAN;
    assert!(refused(&toy.base, &wrong) && refused(&wrong, &toy.base));
    let other = Features {
        dimension: 2,
        values: vec![0.0; 8],
    };
    assert!(refused(&other, &other));
    assert!(refused(&Features::empty(3), &Features::empty(3)));
    let mut short = toy.personalized.clone();
    short.values.truncate(6);
    assert!(refused(&toy.base, &short));
    let table = ProposalTable::new(&[], &Vocabulary::of_names(&["one".to_string()])).unwrap();
    assert!(Evidence::new(&offer, "toy", &toy.base, &toy.personalized, Some(&table)).is_err());
}
