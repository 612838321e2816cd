//! `finexl data`: renders emoji art and scenes, applies aspects to images.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::{Progress, remark};
use clap::{Subcommand, ValueEnum};
use finexl_core::counting::counted;
use finexl_data::DataError;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Aspect, Implementation};
use finexl_data::image_folder::BadFiles;
use finexl_data::scenes::{Scene, Split, render_scenes, render_subjects};
use finexl_data::stylize_folder::{Style, parse_aspect_level, refuse_filled, stylize_folder};
use std::path::PathBuf;
use std::process::ExitCode;

/// Largest side of rendered images in pixels.
const LARGEST_SIDE: u64 = 4096;
/// Smallest side of rendered images in pixels.
const SMALLEST_SIDE: u64 = 8;

/// Render emoji art and scenes, apply aspects to images.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl data render base --scenes 25\n  finexl data stylize base cosy --aspect pixelated=0.6"
)]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Render an artist's scenes (or single subjects) as PNG images with a manifest.
    Render(Render),
    /// Apply aspects at given levels to every image of a folder.
    Stylize(Stylize),
}

#[derive(Debug, clap::Args)]
struct Render {
    /// Folder to write.
    out: PathBuf,
    /// Whose drawings: twemoji, noto, noto-v1, openmoji or fluent-emoji-flat.
    #[arg(long, default_value = "twemoji")]
    artist: String,
    /// Folder that scripts/fetch_art.py filled; twemoji needs none.
    #[arg(long, default_value = "datasets/fetched", value_name = "DIR")]
    art: PathBuf,
    /// Single subjects on white instead of scenes.
    #[arg(long)]
    subjects: bool,
    /// Number of scenes.
    #[arg(long, default_value_t = 25, value_parser = count)]
    scenes: usize,
    /// Split that scenes are drawn from.
    #[arg(long, value_enum, default_value_t = SplitName::Test)]
    split: SplitName,
    /// Side of the images in pixels.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(SMALLEST_SIDE..=LARGEST_SIDE))]
    size: u64,
    /// Seed; equal seeds give equal scenes whoever draws them.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write into a folder that is not empty; files of other names stay.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SplitName {
    Train,
    Validation,
    Test,
}

#[derive(Debug, clap::Args)]
struct Stylize {
    /// Folder of images.
    input: PathBuf,
    /// Folder to write.
    out: PathBuf,
    /// An aspect and its level in [0, 1], e.g. pixelated=0.6; may be given several times.
    #[arg(long = "aspect", value_name = "NAME=LEVEL", required = true, value_parser = aspect_level)]
    aspects: Vec<(&'static Aspect, f32)>,
    /// Which of an aspect's two operators.
    #[arg(long, value_enum, default_value_t = OperatorName::Training)]
    implementation: OperatorName,
    /// Seed of the style.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave out images that cannot be used instead of stopping.
    #[arg(long)]
    skip_bad: bool,
    /// Write into a folder that is not empty.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OperatorName {
    /// The one that encoders are trained on.
    Training,
    /// The independent one, kept for tests.
    HeldOut,
}

fn aspect_level(given: &str) -> Result<(&'static Aspect, f32), DataError> {
    parse_aspect_level(given)
}

impl Data {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        match &self.action {
            Action::Render(render) => render.run(arguments.quiet),
            Action::Stylize(stylize) => stylize.run(arguments.quiet),
        }
    }
}

impl Render {
    fn run(&self, quiet: bool) -> Result<ExitCode, CliError> {
        refuse_filled(&self.out, self.force)?;
        let artist: Artist = self.artist.parse()?;
        let size = self.size as usize;
        let sprites = SpriteSet::load(artist, &self.art, size)?;
        let count = if self.subjects {
            render_subjects(&sprites, &self.out, size)?
        } else {
            let split = match self.split {
                SplitName::Train => Split::Train,
                SplitName::Validation => Split::Validation,
                SplitName::Test => Split::Test,
            };
            let scenes = Scene::draw_distinct(split, self.seed, self.scenes);
            if scenes.len() < self.scenes {
                return Err(CliError::Usage(format!(
                    "{} scenes were asked for, and the split {} has {} different ones; give at most so many",
                    self.scenes,
                    split.name(),
                    scenes.len()
                )));
            }
            render_scenes(&sprites, &scenes, &self.out, size, self.seed)?
        };
        if !quiet {
            eprintln!(
                "rendered {} into {}",
                counted(count, "image"),
                self.out.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Stylize {
    fn run(&self, quiet: bool) -> Result<ExitCode, CliError> {
        let mut names = std::collections::BTreeSet::new();
        if let Some((aspect, _)) =
            (self.aspects.iter()).find(|(aspect, _)| !names.insert(aspect.name))
        {
            return Err(CliError::Usage(format!(
                "--aspect names {} twice; give every aspect one level",
                aspect.name
            )));
        }
        let style = Style {
            aspects: self.aspects.clone(),
            implementation: match self.implementation {
                OperatorName::Training => Implementation::Training,
                OperatorName::HeldOut => Implementation::HeldOut,
            },
            seed: self.seed,
        };
        let bar = std::sync::Mutex::new(Progress::new(quiet));
        let stylized = stylize_folder(
            &self.input,
            &self.out,
            &style,
            self.force,
            BadFiles::from_skip(self.skip_bad),
            &|done, total| {
                if let Ok(bar) = bar.lock() {
                    bar.show("stylizing", done, total);
                }
            },
        )?;
        if !quiet {
            remark(&stylized.notes, quiet);
            eprintln!(
                "stylized {} into {}",
                counted(stylized.images, "image"),
                self.out.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
