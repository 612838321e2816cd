//! Baselines against numpy; fixture: `fixtures/baselines/generate.py`.

#![allow(clippy::unwrap_used)]

use finexl_eval::baselines::{
    Column, ConceptTexts, Decomposed, Evidence, ExplanationMethod, GsClip, Naive, Offer, Ranking,
    Splice, VisDiff,
};
use finexl_eval::proposals::{PairAnswer, Proposal, ProposalTable};
use finexl_explain::Explainer;
use finexl_explain::bank::ConceptBank;
use finexl_explain::explainer::GivenDirections;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Features;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

// As in the script.
const PER_PAIR: usize = 2;
const PENALTY: f64 = 0.05;
const TOP: usize = 2;

/// Directions are stored as f32 in a bank.
const TOLERANCE: f64 = 1e-6;

struct Fixture(Vec<u8>);

impl Fixture {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/baselines");
        Self(std::fs::read(folder.join("problem.safetensors")).unwrap())
    }

    fn values(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        let values = match view.dtype() {
            Dtype::F32 => {
                let words = view.data().as_chunks::<4>().0.iter();
                words.map(|w| f64::from(f32::from_le_bytes(*w))).collect()
            }
            _ => {
                let words = view.data().as_chunks::<8>().0.iter();
                words.map(|w| f64::from_le_bytes(*w)).collect()
            }
        };
        (view.shape().to_vec(), values)
    }

    fn features(&self, name: &str) -> Features {
        let (shape, values) = self.values(name);
        Features {
            dimension: shape[1],
            values: values.iter().map(|v| *v as f32).collect(),
        }
    }

    /// What the proposer says, with the concepts' numbers for names.
    fn answers(&self) -> Vec<PairAnswer> {
        let (shape, values) = self.values("scores");
        let pairs = values.chunks_exact(2 * shape[1]);
        pairs
            .map(|pair| {
                let scores = pair.as_chunks::<2>().0.iter().enumerate();
                let proposals = scores.map(|(k, [base, personalized])| Proposal {
                    phrase: format!("concept {k}"),
                    base: *base,
                    personalized: *personalized,
                });
                PairAnswer::Aspects(proposals.collect())
            })
            .collect()
    }

    fn check(&self, name: &str, ours: &[f64]) {
        let (_, wanted) = self.values(name);
        assert_eq!(ours.len(), wanted.len(), "{name}");
        for (place, (a, b)) in ours.iter().zip(&wanted).enumerate() {
            assert!(
                (a - b).abs() <= TOLERANCE,
                "{name}[{place}]: {a} instead of {b}"
            );
        }
    }
}

#[test]
fn every_baseline_gives_what_numpy_gives() {
    let fixture = Fixture::read();
    let (shape, directions) = fixture.values("directions");
    let (n, d) = (shape[0], shape[1]);
    let names: Vec<String> = (0..n).map(|k| format!("concept {k}")).collect();
    let vocabulary = Vocabulary::of_names(&names);
    let directions = directions.iter().map(|v| *v as f32).collect();
    let bank = ConceptBank::from_values(directions, 1, n, d).unwrap();
    let texts = ConceptTexts::from_values(fixture.values("texts").1, n, d).unwrap();
    let directions = GivenDirections::new(vocabulary.clone(), bank.clone()).unwrap();
    let builder = Explainer::builder().directions(directions);
    let reference = Decomposed::new(builder.build().unwrap());
    let mean = fixture.values("image_mean").1;
    let offer = Offer::new(&vocabulary, &bank, texts, mean, &reference).unwrap();

    let table = ProposalTable::new(&fixture.answers(), &vocabulary).unwrap();
    let [base, personalized] = ["base", "personalized"].map(|name| fixture.features(name));
    let evidence = Evidence::new(&offer, "model", &base, &personalized, Some(&table)).unwrap();
    let visdiff = |ranking| VisDiff {
        ranking,
        per_pair: PER_PAIR,
    };
    let splice = Splice { penalty: PENALTY };
    let methods: [(&str, &dyn ExplanationMethod); 5] = [
        ("naive", &Naive),
        ("gsclip", &GsClip { per_pair: PER_PAIR }),
        ("visdiff", &visdiff(Ranking::Auroc)),
        ("visdiff_means", &visdiff(Ranking::MeanDifference)),
        ("splice", &splice),
    ];
    for (name, method) in methods {
        let answer = method.explain(&offer, &evidence).unwrap();
        fixture.check(name, answer.weights());
    }
    let answer = splice.explain(&offer, &evidence).unwrap();
    let vector = answer.vector(&offer, Column::Plain, Some(TOP)).unwrap();
    fixture.check("vector", &vector);
}
