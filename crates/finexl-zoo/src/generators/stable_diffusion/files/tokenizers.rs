//! Tokenizers of a model.

use super::super::text::Prompts;
use super::builtin_tokenizer;
use super::location::refused;
use crate::ZooError;
use crate::checkpoint::read_json;
use crate::encoders::clip::Tokenizer;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tokens that every text ends with, and is filled with where nothing else is said.
const END: &str = "<|endoftext|>";

/// The tokenizer of a folder, for texts of at most `context` tokens, and its files.
pub(super) fn of_folder(
    folder: &Path,
    context: usize,
) -> Result<(Prompts, Vec<PathBuf>), ZooError> {
    let mut files = Vec::new();
    let mut json = |name: &str| match folder.join(name) {
        path if path.is_file() => {
            let value = read_json(&path);
            files.push(path);
            value
        }
        _ => Ok(Value::Null),
    };
    let settings = json("tokenizer_config.json")?;
    let marks = json("special_tokens_map.json")?;
    let name = |key: &str| {
        let of = |json: &Value| {
            let value = json.get(key)?;
            let name = value.as_str().or_else(|| value.get("content")?.as_str());
            name.map(str::to_string)
        };
        of(&settings)
            .or_else(|| of(&marks))
            .unwrap_or_else(|| END.to_string())
    };
    let (end, padding) = (name("eos_token"), name("pad_token"));
    let length = settings.get("model_max_length").and_then(Value::as_u64);
    let length = length.map_or(context, |length| context.min(length as usize));
    let (tokenizer, own) = Tokenizer::of_prompts(folder, &padding)?;
    files.extend(own);
    let prompts = prompts(tokenizer, [&end, &padding], length, folder)?;
    Ok((prompts, files))
}

/// The tokenizer of a single file: one beside it, or the one that all published models share.
pub(super) fn beside(
    file: &Path,
    part: &str,
    padding: &str,
    context: usize,
) -> Result<(Prompts, Vec<PathBuf>), ZooError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let own = folder.join(part);
    if own.is_dir() {
        return of_folder(&own, context);
    }
    let tokenizer = Tokenizer::of_prompt_json(builtin_tokenizer::json(padding)?)
        .map_err(|problem| refused(file, &problem, "report this as a fault of the program"))?;
    Ok((
        prompts(tokenizer, [END, padding], context, file)?,
        Vec::new(),
    ))
}

fn prompts(
    tokenizer: Tokenizer,
    marks: [&str; 2],
    length: usize,
    path: &Path,
) -> Result<Prompts, ZooError> {
    let token = |name: &str| {
        tokenizer.token(name).ok_or_else(|| {
            let problem = format!("its tokenizer has no token {name}");
            refused(path, &problem, "put the tokenizer of the same model there")
        })
    };
    let [end, padding] = [token(marks[0])?, token(marks[1])?];
    Ok(Prompts {
        tokenizer: Arc::new(tokenizer),
        words: Vec::new(),
        end,
        padding,
        length,
    })
}
