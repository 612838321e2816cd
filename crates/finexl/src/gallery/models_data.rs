//! The models of a gallery as scripts: what a page of a folder can load without a server.

use super::content::{BLOCK, Gallery, ShownModel};
use finexl_index::columns::{Fact, Number, Text};
use finexl_index::filters::Filters;
use finexl_index::group_file::GroupFile;
use finexl_index::likeness::{Profiles, Target, alike};
use serde_json::{Map, Value, json};

/// Models that are told of as similar.
const SIMILAR: usize = 8;
/// Models of a group up to which all are compared with all for a gallery in a folder.
const MOST_COMPARED: usize = 6000;
/// Scores below this, of levels, are not shown.
const LEAST: f32 = 0.005;

/// `data/models.js`: groups, and of every model what the grid shows.
pub(super) fn models(gallery: &Gallery) -> Vec<u8> {
    let groups: Vec<Value> = (gallery.index().groups().iter())
        .map(|file| {
            let group = file.group();
            json!({
                "id": group.id(),
                "described": format!("{}, {} models", group.described(), file.len()),
                "calibrated": group.calibrated,
                "concepts": group.concepts.iter().map(|c| &c.name).collect::<Vec<_>>(),
                "families": group.concepts.iter().map(|c| &c.family).collect::<Vec<_>>(),
            })
        })
        .collect();
    let models: Vec<Value> = (gallery.models().iter().enumerate())
        .map(|(at, model)| shown(gallery, at, *model))
        .collect();
    script(
        "window.FINEXL_GALLERY",
        &json!({ "live": gallery.is_live(), "groups": groups, "models": models }),
    )
}

fn shown(gallery: &Gallery, at: usize, model: ShownModel) -> Value {
    let (file, row) = (gallery.file(model), model.row);
    let text = |text: Text| file.text(text, row);
    let rounded = |value: f32| match value.is_finite() {
        true => json!((f64::from(value) * 1000.0).round() / 1000.0),
        false => Value::Null,
    };
    let picture = match file.bytes(Text::PictureBase, row).is_empty() {
        true => "",
        false => match text(Text::PictureNote) {
            "" => "telling",
            note => note,
        },
    };
    json!({
        "i": gallery.id(at),
        "g": model.group,
        "d": at / BLOCK,
        "t": text(Text::Title),
        "b": text(Text::Base),
        "f": text(Text::Family),
        "y": file.tags(row).collect::<Vec<_>>(),
        "s": text(Text::Summary),
        "k": text(Text::Kind),
        "n": file.fact(Fact::Pairs, row),
        "u": rounded(file.fact(Fact::Unexplained, row)),
        "z": rounded(file.fact(Fact::Size, row)),
        "p": picture,
        "r": u8::from(gallery.page(model).is_some()),
        "a": aspects(file, row),
    })
}

/// Concept, score and interval in thousandths, and whether it is significant, of all aspects that are shown.
fn aspects(file: &GroupFile, row: usize) -> Vec<Value> {
    let calibrated = file.group().calibrated;
    // Raw weights may be small, so they keep more digits.
    let thousandths = |value: f32| match (value.is_finite(), calibrated) {
        (false, _) => Value::Null,
        (true, true) => json!((value * 1000.0).round() as i64),
        (true, false) => json!((f64::from(value) * 1e6).round() / 1e3),
    };
    let [scores, lows, highs, significant] = [
        Number::Score,
        Number::Low,
        Number::High,
        Number::Significant,
    ]
    .map(|number| file.numbers(number, row));
    let least = if calibrated { LEAST } else { 0.0 };
    (0..scores.len())
        .filter(|at| scores[*at] > least || significant[*at] != 0.0)
        .map(|at| {
            let [score, low, high] =
                [&scores, &lows, &highs].map(|numbers| thousandths(numbers[at]));
            json!([at, score, low, high, u8::from(significant[at] != 0.0)])
        })
        .collect()
}

/// `data/details-N.js`: of some models the similar ones, and what is inside their adapters.
pub(super) fn details(gallery: &Gallery, block: usize) -> Option<Vec<u8>> {
    let from = block.checked_mul(BLOCK)?;
    let models = gallery.models().iter().enumerate().skip(from).take(BLOCK);
    let mut found = Map::new();
    for (at, model) in models {
        found.insert(gallery.id(at).to_string(), details_of(gallery, *model));
    }
    if found.is_empty() {
        return None;
    }
    let name = format!("(window.FINEXL_DETAILS ??= {{}})[{block}]");
    Some(script(&name, &Value::Object(found)))
}

fn details_of(gallery: &Gallery, model: ShownModel) -> Value {
    let file = gallery.file(model);
    let inspection = file.text(Text::Inspection, model.row);
    let inspection: Value = serde_json::from_str(inspection).unwrap_or_else(|_| json!([]));
    let (similar, note) = similar(gallery, file, model);
    json!({ "similar": similar, "note": note, "inspection": inspection })
}

/// The most similar models, and how they were compared.
fn similar(gallery: &Gallery, file: &GroupFile, model: ShownModel) -> (Vec<Value>, String) {
    if !gallery.is_live() && file.len() > MOST_COMPARED {
        let note = format!(
            "This gallery was made without them, since it has more than {MOST_COMPARED} models of a group; finexl search \
             --like finds them, and so does finexl gallery --serve."
        );
        return (Vec::new(), note);
    }
    let target = Target::row(file, model.row);
    let filters = Filters::default();
    let by = |profiles| alike(file, &target, profiles, &filters, SIMILAR);
    let (found, note) = match by(Profiles::Pairs) {
        found if found.hits.is_empty() && file.len() > 1 => (
            by(Profiles::Mean),
            "No other model was compared beside the same images of the base, so means over all pairs are compared.",
        ),
        found => (found, ""),
    };
    let told = |row: usize| {
        let scores = file.numbers(Number::Score, row);
        let significant = file.numbers(Number::Significant, row);
        let mut aspects: Vec<usize> = (0..scores.len())
            .filter(|at| significant[*at] != 0.0)
            .collect();
        aspects.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let names = aspects
            .iter()
            .take(3)
            .map(|at| file.group().concepts[*at].name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let similar = (found.hits.iter())
        .map(|hit| {
            let cosine = (f64::from(hit.value) * 1000.0).round() / 1000.0;
            json!([gallery.id_in(model.group, hit.row), cosine, told(hit.row)])
        })
        .collect();
    (similar, note.to_string())
}

/// An assignment; what might end a script is written otherwise.
pub(super) fn script(name: &str, value: &Value) -> Vec<u8> {
    let text = value.to_string().replace('<', "\\u003c");
    let text = text
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    format!("{name} = {text};\n").into_bytes()
}
