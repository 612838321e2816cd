//! A folder of its own for every test, in which the binary is run.

#![allow(clippy::unwrap_used, clippy::panic)]

use image::{Rgb, RgbImage};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longest that one run may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(150);
/// Folder of cached features inside a sandbox.
const CACHE: &str = "cache";
/// Folder of what is kept for a user.
pub const DATA: &str = "kept";

/// Folders and vocabulary that most tests use.
pub const EXPLAIN: &str = "explain --base base --personalized personalized --vocabulary words.txt";

/// A temporary folder with a cache inside; commands run there, so paths in messages are relative.
pub struct Sandbox {
    root: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// An empty sandbox with the small vocabulary `words.txt`.
    pub fn new() -> Self {
        let sandbox = Self {
            root: tempfile::tempdir().unwrap(),
        };
        sandbox.write(
            "words.txt",
            "pixelated | blocky\nwarm\nblurry\nvivid\ndark\ngrainy\n",
        );
        sandbox
    }

    /// A sandbox with `count` pairs in `base` and `personalized`; the latter are darker.
    pub fn with_pairs(count: usize) -> Self {
        let sandbox = Self::new();
        for index in 0..count {
            let picture = picture(index, 48);
            sandbox.save(&format!("base/{index:02}.png"), &picture);
            sandbox.save(&format!("personalized/{index:02}.png"), &darker(&picture));
        }
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Stores an image in the format of the name.
    pub fn save(&self, name: &str, picture: &RgbImage) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(path).unwrap();
    }

    /// Copies a fixture of the decoder's tests.
    pub fn copy_fixture(&self, fixture: &str, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = folder
            .join("../finexl-data/tests/fixtures/decode")
            .join(fixture);
        self.write(name, std::fs::read(path).unwrap());
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// The binary in this sandbox; `arguments` are separated by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_finexl"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.root.path())
            .env("FINEXL_CACHE", self.path(CACHE))
            .env("FINEXL_DATA", self.path(DATA))
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG");
        command
    }

    pub fn run(&self, arguments: &str) -> Outcome {
        Outcome::of(self.command(arguments))
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn succeeds(&self, arguments: &str) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments}\n{outcome:?}");
        outcome
    }

    /// Runs a command that must end with exit code 2, the given words on standard error, nothing
    /// on standard output and no file made or changed.
    #[track_caller]
    pub fn refuses(&self, arguments: &str, words: &[&str]) -> Outcome {
        let before = self.files();
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments}\n{outcome:?}");
        for word in words {
            assert!(
                outcome.stderr.contains(word),
                "{word:?} is missing in\n{}",
                outcome.stderr
            );
        }
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
        assert_eq!(self.files(), before, "{arguments} left something behind");
        outcome
    }

    /// All files and folders outside the cache with their length, hidden ones included.
    pub fn files(&self) -> BTreeSet<(OsString, u64)> {
        let mut found = BTreeSet::new();
        self.list(self.root.path(), &mut found);
        found
    }

    fn list(&self, folder: &Path, found: &mut BTreeSet<(OsString, u64)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.path() == self.path(CACHE) {
                continue;
            }
            let metadata = entry.metadata().unwrap();
            let inside = entry.path();
            let inside = inside.strip_prefix(self.root.path()).unwrap();
            let length = if metadata.is_dir() { 0 } else { metadata.len() };
            found.insert((inside.as_os_str().to_owned(), length));
            if metadata.is_dir() {
                self.list(&entry.path(), found);
            }
        }
    }

    /// The files of a folder by name, without hidden ones; empty where it is not there.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }
}

impl Outcome {
    pub fn of(command: Command) -> Self {
        let output = assert_cmd::Command::from_std(command)
            .timeout(PATIENCE)
            .output()
            .unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A picture with a gradient and a disc, different for every index.
pub fn picture(index: usize, side: u32) -> RgbImage {
    let shift = index as u32 * 37;
    let centre = f64::from(side) * (0.3 + 0.4 * (index as f64 * 0.7).sin().abs());
    RgbImage::from_fn(side, side, |x, y| {
        let ramp = |scale: u32| (((x * scale + y * 2 + shift) * 3) % 200 + 40) as u8;
        let (dx, dy) = (f64::from(x) - centre, f64::from(y) - f64::from(side) / 2.0);
        if dx.hypot(dy) < f64::from(side) / 4.0 {
            Rgb([230, (shift % 200) as u8, 90])
        } else {
            Rgb([ramp(1), 160, ramp(2)])
        }
    })
}

/// Half as bright.
pub fn darker(picture: &RgbImage) -> RgbImage {
    let mut dark = picture.clone();
    dark.pixels_mut().for_each(|p| p.0 = p.0.map(|v| v / 2));
    dark
}
