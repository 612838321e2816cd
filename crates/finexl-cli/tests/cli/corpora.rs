//! The corpora of the fuzz targets, which every reader has to take or to refuse in words.

#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "../../../../fuzz/src/models.rs"]
mod models;
#[path = "../../../../fuzz/src/plain.rs"]
mod plain;

use std::path::Path;

/// Bytes of all corpora together.
const MOST_BYTES: u64 = 300_000;

#[test]
fn no_reader_stops_the_program() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let targets: Vec<plain::Target> = [plain::PLAIN, models::MODELS].concat();
    let mut bytes = 0;
    for (name, target) in &targets {
        let files: Vec<_> = std::fs::read_dir(corpora.join(name))
            .unwrap_or_else(|e| panic!("{name}: {e}"))
            .collect();
        assert!(!files.is_empty(), "{name}");
        for file in files {
            let data = std::fs::read(file.unwrap().path()).unwrap();
            bytes += data.len() as u64;
            target(&data);
        }
    }
    assert!(
        bytes < MOST_BYTES,
        "{bytes} bytes; minimise the corpora (CONTRIBUTING.md)"
    );
    let folders = std::fs::read_dir(corpora).unwrap().count();
    assert_eq!(folders, targets.len(), "a corpus belongs to no target");
}
