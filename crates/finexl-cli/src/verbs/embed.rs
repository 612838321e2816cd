//! `finexl embed`: embeddings of images or texts, for other programs.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::output::{Progress, check_writable, remark};
use finexl_core::CoreError;
use finexl_core::counting::counted;
use finexl_data::DataError;
use finexl_data::decode::{Remark, decode_file, remarks_in_words};
use finexl_data::image::Image;
use finexl_data::image_folder::{BadFiles, Exclude, ImageFolder};
use finexl_explain::features_file::FeaturesFile;
use finexl_explain::overlap::overlapped;
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder, Features};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the embeddings of images or texts as safetensors: tensor "features" [n, d], rows
/// L2-normalised, names of the rows in the metadata.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl embed --images base --out base.safetensors\n  finexl embed --texts phrases.txt --out phrases.safetensors"
)]
pub struct Embed {
    /// An encoder: mini-clip, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a
    /// repository in the hub's cache (`finexl zoo list`).
    #[arg(long, default_value = DEFAULT_ENCODER)]
    encoder: String,
    #[command(flatten)]
    input: Input,
    /// File to write (.safetensors).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave out images that cannot be used instead of stopping.
    #[arg(long)]
    skip_bad: bool,
    /// Leave out images whose path inside the folder, or whose name, fits this pattern, like 'test-*'; may be given
    /// several times.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    #[command(flatten)]
    pub computing: Computing,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Input {
    /// Folder of images.
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Text file, one text per line; an empty line is an empty text.
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,
}

impl Embed {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        check_format(&self.out)?;
        check_writable(&self.out)?;
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&self.encoder, &device)?;
        remark(encoder.notes(), arguments.quiet);
        let (features, names) = match (&self.input.images, &self.input.texts) {
            (Some(folder), _) => self.images(encoder.as_ref(), folder, arguments.quiet)?,
            (None, Some(file)) => texts(encoder.as_ref(), file, arguments.quiet)?,
            (None, None) => {
                return Err(CliError::Usage(
                    "give --images DIR or --texts FILE".to_string(),
                ));
            }
        };
        let metadata = HashMap::from([
            ("encoder".to_string(), encoder.name().to_string()),
            ("fingerprint".to_string(), encoder.fingerprint().to_string()),
        ]);
        let count = features.len();
        FeaturesFile {
            features,
            names,
            metadata,
        }
        .write(&self.out)?;
        if !arguments.quiet {
            eprintln!(
                "wrote {} to {}",
                counted(count, "embedding"),
                self.out.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    fn images(
        &self,
        encoder: &dyn Encoder,
        folder: &Path,
        quiet: bool,
    ) -> Result<(Features, Vec<String>), CliError> {
        let bad_files = BadFiles::from_skip(self.skip_bad);
        let listed = ImageFolder::list_without(folder, bad_files, &Exclude::new(&self.exclude)?)?;
        let mut remarks = listed.all_notes(|_| false);
        let idle = (self.exclude.iter()).filter(|pattern| !listed.fitting.contains(*pattern));
        remarks.extend(idle.map(|pattern| format!("--exclude {pattern} fits no image")));
        let mut features = Features::empty(encoder.dimension());
        let mut names = Vec::new();
        let progress = Progress::new(quiet);
        let all: Vec<(String, PathBuf)> = listed.images.into_iter().collect();
        let blocks: Vec<&[(String, PathBuf)]> = all.chunks(encoder.images_at_a_time()).collect();
        let mut assumed: Vec<(&Path, Remark)> = Vec::new();
        overlapped(
            &blocks,
            |_, block| decode_all(block, encoder),
            |block, decoded| {
                let mut images = Vec::with_capacity(decoded.len());
                for ((name, path), image) in blocks[block].iter().zip(decoded) {
                    match image {
                        Ok((image, found)) => {
                            images.push(image);
                            names.push(name.clone());
                            assumed.extend(found.into_iter().map(|found| (path.as_path(), found)));
                        }
                        Err(error) if self.skip_bad => remarks.push(format!("left out: {error}")),
                        Err(error) => return Err(CliError::from(error)),
                    }
                }
                if !images.is_empty() {
                    features.extend(&encoder.encode_images(&images)?);
                }
                progress.show("embedding", names.len(), all.len());
                Ok(())
            },
        )?;
        remarks.extend(remarks_in_words(
            assumed.iter().map(|(path, found)| (*path, found)),
        ));
        remark(&remarks, quiet);
        if names.is_empty() {
            return Err(CliError::Usage(format!(
                "none of the {} images in {} could be used; repair them and run again",
                all.len(),
                folder.display()
            )));
        }
        Ok((features, names))
    }
}

/// Refuses a name that promises another format than the one that is written.
fn check_format(out: &Path) -> Result<(), CliError> {
    let ours = out.extension().is_none_or(|end| {
        end.eq_ignore_ascii_case("safetensors") || end.eq_ignore_ascii_case("st")
    });
    if ours {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "{} names another format: embeddings are written as safetensors; name it {}, which \
         `safetensors.numpy.load_file` reads as arrays",
        out.display(),
        out.with_extension("safetensors").display()
    )))
}

/// Decodes images and brings them to the encoder's input, all processors at work; with what was assumed of each.
fn decode_all(
    files: &[(String, PathBuf)],
    encoder: &dyn Encoder,
) -> Vec<Result<(Image, Vec<Remark>), DataError>> {
    (files.par_iter())
        .map(|(_, path)| {
            let decoded = decode_file(path)?;
            Ok((encoder.prepare(&decoded.image), decoded.remarks))
        })
        .collect()
}

/// Every line is a text, an empty one too, so that rows and lines are the same.
fn texts(
    encoder: &dyn Encoder,
    file: &Path,
    quiet: bool,
) -> Result<(Features, Vec<String>), CliError> {
    let bytes = finexl_core::atomic::read(file)?;
    let text = String::from_utf8(bytes).map_err(|e| {
        CliError::Core(CoreError::Read {
            path: file.to_path_buf(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, e),
        })
    })?;
    let lines: Vec<String> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(|line| line.trim().to_string())
        .collect();
    if lines.is_empty() {
        return Err(CliError::Usage(format!(
            "{} holds no text; write one per line",
            file.display()
        )));
    }
    let of_file = |source| CliError::Text {
        path: file.to_path_buf(),
        source,
    };
    let mut cut = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        encoder.check_text(line).map_err(of_file)?;
        if !encoder.text_length(line).map_err(of_file)?.is_read_whole() {
            cut.push((index + 1).to_string());
        }
    }
    remark(&cut_note(encoder, file, &cut), quiet);
    Ok((encoder.encode_texts(&lines)?, lines))
}

/// Says which lines were not read to their ends.
fn cut_note(encoder: &dyn Encoder, file: &Path, lines: &[String]) -> Vec<String> {
    const LISTED: usize = 8;
    let (file, name) = (file.display(), encoder.name());
    let note = match lines {
        [] => return Vec::new(),
        [line] => {
            format!("line {line} of {file} is longer than {name} reads; its end was left out")
        }
        lines if lines.len() <= LISTED => format!(
            "lines {} of {file} are longer than {name} reads; their ends were left out",
            lines.join(", ")
        ),
        lines => format!(
            "{} lines of {file} are longer than {name} reads (the first is line {}); their ends were left out",
            lines.len(),
            lines[0]
        ),
    };
    vec![note]
}
