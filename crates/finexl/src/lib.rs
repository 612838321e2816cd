//! FineXL says in words how a personalized image generator (a LoRA, a fine-tune, anything) differs from its base. It
//! compares images that both made from the same prompts and seeds.
//!
//! An [`Explainer`] is built once and can then be asked any number of times, from several threads at once. It takes two
//! [folders](Explainer::explain_folders), [images in memory](Explainer::explain_images), or
//! [embeddings](Explainer::explain_features). The answer is an [`Explanation`], which [`Report`] turns into JSON, a page
//! or a model card.
//!
//! Here the images are drawn scenes, and the "personalized model" is an image filter that makes pixels coarse. The
//! explainer is told neither:
//!
//! ```
//! use finexl::data::art::{Artist, SpriteSet};
//! use finexl::data::aspects::{Implementation, find, stylize};
//! use finexl::data::scenes::{Scene, Split};
//! use finexl::{Explainer, ImagePair, Sides};
//! use std::path::Path;
//!
//! // Twelve images of each side. Usually they come from two generators.
//! let sprites = SpriteSet::load(Artist::Twemoji, Path::new("."), 64)?;
//! let style = [(find("pixelated").ok_or("no such aspect")?, 0.8)];
//! let scenes = Scene::draw_distinct(Split::Test, 3, 12).into_iter().enumerate();
//! let pairs: Vec<ImagePair> = scenes
//!     .map(|(number, scene)| {
//!         let seed = number as u64;
//!         let base = scene.render(&sprites, 64, seed);
//!         ImagePair {
//!             name: format!("scene {number}"),
//!             prompt: Some(scene.prompt()),
//!             personalized: stylize(&base, &style, Implementation::Training, 1, seed),
//!             base,
//!         }
//!     })
//!     .collect();
//!
//! // The encoder inside the program, which knows drawn scenes; the folder of a CLIP model works as well.
//! let encoder = finexl::open_encoder("mini-clip", "cpu")?;
//! let explainer = Explainer::builder().encoder(encoder).build()?;
//! let sides = Sides::named("base", "cosy");
//! let explanation = explainer.explain_images(&pairs, &sides, &|done, all| eprintln!("{done} of {all}"))?;
//!
//! println!("{}", explanation.summary);
//! assert_eq!(explanation.aspects[0].concept, "pixelated");
//! assert!(explanation.aspects[0].significant);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two folders are as short:
//!
//! ```no_run
//! use finexl::{Explainer, Folders, Report};
//!
//! let encoder = finexl::open_encoder("openai/clip-vit-base-patch32", "cpu")?;
//! let explainer = Explainer::builder().encoder(encoder).build()?;
//! let explained = explainer.explain_folders(&Folders::new("base", "lora"), &|_, _| ())?;
//! std::fs::write("lora.html", Report::new(&explained, 12).html()?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything else is in the crates behind this one, which are here as [`core`], [`data`], [`zoo`], [`explain`],
//! [`eval`], [`index`] and [`plot`].

pub mod error;
pub mod experiments;
pub mod explainer_choices;
pub mod gallery;
pub mod models;
mod ranking;
mod report;
mod selection_results;
mod telling_pictures;

pub use error::Error;
pub use finexl_core as core;
pub use finexl_data as data;
pub use finexl_eval as eval;
pub use finexl_explain as explain;
pub use finexl_index as index;
pub use finexl_plot as plot;
pub use finexl_zoo as zoo;

pub use explainer_choices::{ExplainerChoices, Words};
pub use finexl_core::explanation::{AspectScore, Explanation};
pub use finexl_data::image::Image;
pub use finexl_data::pairs::{PairOptions, PairSet};
pub use finexl_explain::analysis::AnalysisSettings;
pub use finexl_explain::cache::Cache;
pub use finexl_explain::calibration::{Calibration, CalibrationChoice, CalibrationFile};
pub use finexl_explain::decompose::Method;
pub use finexl_explain::explainer::{
    Explained, Explainer, ExplainerBuilder, FeaturePairs, Folders, GivenDirections, ImagePair,
    Sides,
};
pub use finexl_explain::heads::Head;
pub use finexl_explain::references::References;
pub use finexl_explain::vocabulary::Vocabulary;
pub use finexl_zoo::encoders::{Encoder, Features};
pub use ranking::{RankedModel, Ranking, Records};
pub use report::Report;
pub use selection_results::SelectionResults;
pub use telling_pictures::{Shown, Small, TellingPictures};

use std::sync::Arc;

/// Opens an encoder on a device: `mini-clip`, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a
/// repository in the hub's cache; `cpu`, or what [`finexl_zoo::device::by_name`] knows besides.
///
/// # Errors
/// A name that is no encoder, files that are missing or damaged, a device that is not there.
pub fn open_encoder(name: &str, device: &str) -> Result<Arc<dyn Encoder>, Error> {
    let device = finexl_zoo::device::by_name(device)?;
    Ok(finexl_zoo::encoders::open(name, &device)?.into())
}
