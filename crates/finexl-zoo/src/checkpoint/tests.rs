//! Taking tensors from files that fit and files that do not.

#![allow(clippy::unwrap_used)]

use super::reading::Checkpoint;
use super::shard_index::ShardIndex;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::{Path, PathBuf};

fn file(folder: &Path, name: &str, tensors: &[(&str, Vec<usize>, Vec<f32>)]) -> PathBuf {
    let path = folder.join(name);
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(n, s, v)| {
            let bytes = v.iter().flat_map(|v| v.to_le_bytes()).collect();
            ((*n).to_string(), s.clone(), bytes)
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(n, s, b)| (n, TensorView::new(Dtype::F32, s.clone(), b).unwrap()));
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

#[test]
fn every_kind_of_misfit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        "a.safetensors",
        &[
            ("good", vec![2], vec![1.0, 2.0]),
            ("turned", vec![2, 3], vec![0.0; 6]),
            ("stranger", vec![1], vec![0.0]),
        ],
    );
    let mut checkpoint = Checkpoint::open(&[path]).unwrap();
    assert_eq!(checkpoint.values("good", &[2]).unwrap(), [1.0, 2.0]);
    checkpoint.values("turned", &[3, 2]).unwrap();
    checkpoint.values("absent", &[4]).unwrap();
    let message = checkpoint.finish().unwrap_err().to_string();
    for part in [
        "turned has the shape [2, 3]",
        "absent is missing",
        "stranger is not used",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn shards_make_one_model_and_a_cut_off_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let a = file(folder.path(), "a.safetensors", &[("x", vec![1], vec![1.0])]);
    let b = file(folder.path(), "b.safetensors", &[("y", vec![1], vec![2.0])]);
    let mut both = Checkpoint::open(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(both.values("y", &[1]).unwrap(), [2.0]);
    assert_eq!(both.values("x", &[1]).unwrap(), [1.0]);
    both.finish().unwrap();
    let whole = std::fs::read(&b).unwrap();
    std::fs::write(&b, &whole[..whole.len() - 2]).unwrap();
    let error = Checkpoint::open(&[a, b]).unwrap_err().to_string();
    assert!(
        error.contains("b.safetensors") && error.contains("whole"),
        "{error}"
    );
}

#[test]
fn a_config_takes_no_more_memory_than_its_weights() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = [("x", vec![100], vec![0.5; 100])];
    let path = file(folder.path(), "a.safetensors", &tensors);
    let open = || Checkpoint::open(std::slice::from_ref(&path)).unwrap();
    for shape in [
        &[1 << 43, 1 << 10][..],
        &[usize::MAX, 2],
        &[1 << 30],
        &[200],
    ] {
        let error = open().matrix("x", shape).unwrap_err().to_string();
        assert!(error.contains("has the shape [100]"), "{error}");
    }
    // Many small ones are no way around it.
    let mut checkpoint = open();
    let layers = (0..1_000_000).map(|layer| checkpoint.values(&format!("{layer}"), &[1]));
    let error = layers.filter_map(Result::err).next().unwrap().to_string();
    assert!(
        error.contains("0 is missing") && error.contains("more"),
        "{error}"
    );
}

#[test]
fn an_index_that_says_otherwise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let a = file(folder.path(), "a.safetensors", &[("x", vec![1], vec![1.0])]);
    let b = file(folder.path(), "b.safetensors", &[("y", vec![1], vec![2.0])]);
    let both = Checkpoint::open(&[a, b]).unwrap();
    let check = |x: &str, z: &str| {
        let map = serde_json::json!({"weight_map": {"x": x, z: "b.safetensors"}});
        let index = ShardIndex::parse(&map).unwrap();
        let checked = both.check_index(&index, Path::new("index.json"));
        checked.err().map(|error| error.to_string())
    };
    assert_eq!(check("a.safetensors", "y"), None);
    assert!(
        check("b.safetensors", "y")
            .unwrap()
            .contains("it is in a.safetensors")
    );
    assert!(
        check("a.safetensors", "z")
            .unwrap()
            .contains("no part holds it")
    );
}

#[test]
fn a_wrapping_that_all_tensors_have_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let wrapped = |names: [&str; 2]| {
        let tensors = names.map(|name| (name, vec![1], vec![1.0]));
        let path = file(folder.path(), "a.safetensors", &tensors);
        let mut checkpoint = Checkpoint::open(&[path]).unwrap();
        let prefix = checkpoint.unwrapped("text.x");
        (
            prefix,
            checkpoint.names().map(str::to_string).collect::<Vec<_>>(),
        )
    };
    let (prefix, names) = wrapped(["module.text.x", "module.y"]);
    assert_eq!(prefix.as_deref(), Some("module."));
    assert_eq!(names, ["text.x", "y"]);
    for names in [
        ["text.x", "y"],
        ["module.text.x", "y"],
        ["modtext.x", "mody"],
    ] {
        assert_eq!(wrapped(names).0, None);
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        "a.safetensors",
        &[("x", vec![1], vec![f32::NAN])],
    );
    let mut checkpoint = Checkpoint::open(&[path]).unwrap();
    assert!(checkpoint.matrix("x", &[1]).is_err());
}
