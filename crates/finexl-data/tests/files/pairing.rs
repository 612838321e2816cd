//! Which images make a pair, by names and by what files say of their making.

use finexl_data::image_folder::{BadFiles, Exclude};
use finexl_data::pairs::{PairOptions, PairSet, Pairing};
use image::{ExtendedColorType, ImageEncoder};
use std::path::Path;

/// What a file says: prompt and seed.
type Says<'a> = Option<(&'a str, u64)>;
/// A name with what its file says.
type Made<'a> = (&'a str, Says<'a>);

/// Two folders of images.
struct Sides(tempfile::TempDir);

impl Sides {
    fn new(base: &[Made<'_>], other: &[Made<'_>]) -> Self {
        let sides = Self(tempfile::tempdir().unwrap());
        for (side, images) in [("base", base), ("other", other)] {
            std::fs::create_dir_all(sides.path(side)).unwrap();
            for (name, says) in images {
                write(&sides.path(side).join(name), *says);
            }
        }
        sides
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn pairs(&self, options: &PairOptions) -> Result<PairSet, String> {
        let found = PairSet::from_folders(&self.path("base"), &self.path("other"), options);
        found.map_err(|error| error.to_string())
    }

    /// The pairs as "base file = other file", in order, and the notes.
    fn found(&self, pairing: Option<Pairing>) -> (Vec<String>, Vec<String>) {
        let set = self.pairs(&by(pairing)).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let pairs = set.pairs.iter();
        let pairs =
            pairs.map(|pair| format!("{} = {}", name(&pair.base), name(&pair.personalized)));
        (pairs.collect(), set.notes)
    }

    fn message(&self, pairing: Option<Pairing>) -> String {
        self.pairs(&by(pairing)).unwrap_err()
    }
}

fn by(pairing: Option<Pairing>) -> PairOptions {
    PairOptions {
        pairing,
        ..PairOptions::plain(BadFiles::Refuse)
    }
}

/// A small PNG with the text that AUTOMATIC1111 writes.
fn write(path: &Path, says: Says<'_>) {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder
        .write_image(&[90; 12 * 10 * 3], 12, 10, ExtendedColorType::Rgb8)
        .unwrap();
    if let Some((prompt, seed)) = says {
        let text = format!(
            "parameters\0{prompt}\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 12x10"
        );
        // Behind the header: 8 bytes of signature, 25 of IHDR. The sum is not looked at.
        let mut chunk = (text.len() as u32).to_be_bytes().to_vec();
        chunk.extend(b"tEXt");
        chunk.extend(text.as_bytes());
        chunk.extend(crc(&chunk[4..]).to_be_bytes());
        bytes.splice(33..33, chunk);
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg())
        })
    })
}

fn has(notes: &[String], words: &str) -> bool {
    notes.iter().any(|note| note.contains(words))
}

#[test]
fn names_count_where_no_file_says_otherwise() {
    let sides = Sides::new(
        &[
            ("1.png", Some(("a cat", 1))),
            ("2.png", None),
            ("3.png", Some(("a dog", 3))),
        ],
        &[
            ("1.png", Some(("(A cat:1.2) <lora:x:1>", 1))),
            ("2.png", Some(("a cow", 2))),
            ("3.jpg", None),
        ],
    );
    let (pairs, notes) = sides.found(None);
    assert_eq!(pairs, ["1.png = 1.png", "2.png = 2.png", "3.png = 3.jpg"]);
    assert_eq!(notes, ["the prompts were read from the images' files"]);
    let set = sides.pairs(&by(None)).unwrap();
    let prompts: Vec<&str> = set
        .pairs
        .iter()
        .map(|p| p.prompt.as_deref().unwrap())
        .collect();
    assert_eq!(prompts, ["a cat", "a cow", "a dog"]);
}

#[test]
fn a_counter_that_moved_is_seen_by_prompt_and_seed() {
    let sides = Sides::new(
        &[("1.png", Some(("a cat", 7))), ("2.png", Some(("a dog", 8)))],
        &[
            ("1.png", Some(("test", 1))),
            ("2.png", Some(("a cat", 7))),
            ("3.png", Some(("a dog", 8))),
        ],
    );
    let (pairs, notes) = sides.found(None);
    assert_eq!(pairs, ["1.png = 2.png", "2.png = 3.png"]);
    assert!(
        has(&notes, "2 pairs were found by prompt and seed"),
        "{notes:?}"
    );
    assert!(
        has(&notes, "1 of 3 images") && has(&notes, "the prompts were read"),
        "{notes:?}"
    );
    // A rule that is forced is followed, and says what speaks against it.
    let (pairs, notes) = sides.found(Some(Pairing::Name));
    assert_eq!(pairs, ["1.png = 1.png", "2.png = 2.png"]);
    assert!(has(&notes, "in 2 of 2 pairs the files say"), "{notes:?}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let other_seed = Sides::new(
        &[("1.png", Some(("a cat", 1))), ("2.png", Some(("a dog", 2)))],
        &[("1.png", Some(("a cat", 1))), ("2.png", Some(("a dog", 5)))],
    );
    let text = other_seed.message(None);
    assert!(
        text.contains("base/2.png") && text.contains("other seeds (2 against 5)"),
        "{text}"
    );
    assert!(text.contains("--pair name"), "{text}");
    let skipped = PairOptions::plain(BadFiles::Skip);
    let set = other_seed.pairs(&skipped).unwrap();
    assert_eq!((set.pairs.len(), has(&set.notes, "other seeds")), (1, true));
    let other_prompt = Sides::new(
        &[("1.png", Some(("a cat", 1)))],
        &[("1.png", Some(("sks cat", 1)))],
    );
    assert!(
        other_prompt
            .message(None)
            .contains("\"a cat\" against \"sks cat\"")
    );
    let renamed = Sides::new(
        &[("1.png", Some(("a cat", 1)))],
        &[("2.png", Some(("sks cat", 1)))],
    );
    let text = renamed.message(None);
    assert!(
        text.contains("no image name in common")
            && text.contains("the same seed, but other prompts"),
        "{text}"
    );
}

#[test]
fn seeds_alone_count_where_prompts_are_not_known() {
    let in_names = Sides::new(
        &[("00012-100.png", None), ("00013-101.png", None)],
        &[("00062-101.png", None), ("00061-100.png", None)],
    );
    let (pairs, notes) = in_names.found(None);
    assert_eq!(
        pairs,
        [
            "00012-100.png = 00061-100.png",
            "00013-101.png = 00062-101.png"
        ]
    );
    assert!(
        has(&notes, "the seed in their names (like 00012-123)"),
        "{notes:?}"
    );
    // One side says it in its files, the other in its names.
    let mixed = Sides::new(
        &[
            ("x.png", Some(("a cat", 100))),
            ("y.png", Some(("a dog", 101))),
        ],
        &[("00062-101.png", None), ("00061-100.png", None)],
    );
    assert_eq!(
        mixed.found(None).0,
        ["x.png = 00061-100.png", "y.png = 00062-101.png"]
    );
    // Seeds that do not tell images apart say nothing.
    let same = Sides::new(
        &[("a-seed5.png", None), ("b-seed5.png", None)],
        &[("c-seed5.png", None), ("d-seed5.png", None)],
    );
    assert!(same.message(None).contains("no image name in common"));
    assert!(
        same.message(Some(Pairing::PromptSeed))
            .contains("known of 0 of 2 images")
    );
}

/// Names without texts.
fn named<'a>(names: &[&'a str]) -> Vec<Made<'a>> {
    names.iter().map(|name| (*name, None)).collect()
}

#[test]
fn names_that_are_not_equal_and_mean_the_same() {
    for (base, other, words) in [
        (
            ["cat_123456.png", "dog_887.png", "x_55511.png"],
            ["a 123456.png", "b 55511.png", "c 887.png"],
            "the seed in their names (like cat_123456)",
        ),
        (
            ["00001_77123.png", "00002_500.png", "00003_90210.png"],
            ["00008_500.png", "00003_90210.png", "00009_77123.png"],
            "the seed in their names",
        ),
        (
            ["1.png", "2.png", "10.png"],
            ["0001.png", "0010.png", "0002.png"],
            "zeros before numbers",
        ),
        (
            ["a cat.png", "a dog.png", "c\u{430}ts.png"],
            ["a_dog.webp.png", "a%20cat.png", "cats.png"],
            "differ in spaces, signs",
        ),
        (
            ["base_01.png", "base_02.png", "base_03.png"],
            ["cosy-1 (1).png", "cosy-2 (1).png", "cosy-3 (1).png"],
            "(\"base\" and \"1\" and \"cosy\")",
        ),
    ] {
        let sides = Sides::new(&named(&base), &named(&other));
        let (pairs, notes) = sides.found(None);
        assert_eq!(pairs.len(), 3, "{pairs:?} {notes:?}");
        assert!(has(&notes, words), "{words} in {notes:?}");
    }
    let first = Sides::new(
        &named(&["cat_123456.png", "dog_887.png"]),
        &named(&["a 887.png", "b 123456.png"]),
    );
    assert_eq!(
        first.found(None).0,
        ["cat_123456.png = b 123456.png", "dog_887.png = a 887.png"]
    );
    // Counters that were moved, other letters, numbers that are no seeds.
    for (base, other) in [
        (["base_1.png", "base_2.png"], ["cosy_2.png", "cosy_3.png"]),
        (["cafe.png", "dog.png"], ["caf\u{e9}.png", "d\u{f6}g.png"]),
        (["1.png", "2.png"], ["cat 7.png", "cat 8.png"]),
    ] {
        let sides = Sides::new(&named(&base), &named(&other));
        assert!(sides.message(None).contains("no image name in common"));
    }
}

#[test]
fn one_equal_name_by_chance_is_not_all() {
    let sides = Sides::new(
        &named(&["1_500.png", "2_90210.png", "3_77123.png", "4_123456.png"]),
        &named(&["1_500.png", "7_77123.png", "8_123456.png", "9_90210.png"]),
    );
    let (pairs, notes) = sides.found(None);
    assert_eq!(
        pairs,
        [
            "1_500.png = 1_500.png",
            "2_90210.png = 9_90210.png",
            "3_77123.png = 7_77123.png",
            "4_123456.png = 8_123456.png"
        ]
    );
    assert!(has(&notes, "3 pairs were found by the seed"), "{notes:?}");
}

#[test]
fn prompts_alone_pair_what_nothing_else_does() {
    let sides = Sides::new(&named(&["x.png", "y.png"]), &named(&["b.png", "a.png"]));
    for (file, text) in [
        ("base/x.txt", "a cat"),
        ("base/y.txt", "a dog"),
        ("other/a.txt", "a cat"),
        ("other/b.txt", "a dog"),
    ] {
        std::fs::write(sides.path(file), text).unwrap();
    }
    let (pairs, notes) = sides.found(None);
    assert_eq!(pairs, ["x.png = a.png", "y.png = b.png"]);
    assert!(has(&notes, "by their prompts alone"), "{notes:?}");
}

#[test]
fn batches_are_paired_in_their_order_where_they_are_as_large() {
    let made = |name, seed| (name, Some(("a cat", seed)));
    let sides = Sides::new(
        &[made("a1.png", 1), made("a2.png", 1), made("a3.png", 2)],
        &[made("b4.png", 1), made("b5.png", 1), made("b6.png", 2)],
    );
    let (pairs, notes) = sides.found(None);
    assert_eq!(
        pairs,
        ["a1.png = b4.png", "a2.png = b5.png", "a3.png = b6.png"]
    );
    assert!(has(&notes, "2 images share prompt and seed"), "{notes:?}");
    let uneven = Sides::new(
        &[made("a1.png", 1), made("a2.png", 1)],
        &[made("b4.png", 1)],
    );
    let text = uneven.message(None);
    assert!(
        text.contains("a1.png, a2.png in") && text.contains("b4.png in"),
        "{text}"
    );
}

#[test]
fn order_pairs_sides_of_one_size() {
    let sides = Sides::new(
        &[("b2.png", None), ("b10.png", None)],
        &[("x.png", None), ("y.png", None)],
    );
    let (pairs, notes) = sides.found(Some(Pairing::Order));
    assert_eq!(pairs, ["b2.png = x.png", "b10.png = y.png"]);
    assert!(has(&notes, "--pair order"), "{notes:?}");
    let more = Sides::new(&[("a.png", None)], &[("x.png", None), ("y.png", None)]);
    let text = more.message(Some(Pairing::Order));
    assert!(
        text.contains("holds 1 image ") && text.contains("--exclude"),
        "{text}"
    );
}

#[test]
fn what_is_left_out_is_named_once() {
    let sides = Sides::new(
        &[
            ("1.png", None),
            ("2.png", None),
            ("grid-0000.png", None),
            ("test 1.png", None),
        ],
        &[("1.png", None), ("2.png", None)],
    );
    std::fs::write(sides.path("base/3.avif"), "x").unwrap();
    std::fs::write(sides.path("base/4.HEIC"), "x").unwrap();
    std::fs::write(sides.path("base/notes.md"), "x").unwrap();
    std::fs::write(
        sides.path("other/metadata.jsonl"),
        "{\"file_name\": \"1.png\", \"text\": \"a cat\"}",
    )
    .unwrap();
    let options = PairOptions {
        exclude: Exclude::new(&["test*".into(), "none*".into()]).unwrap(),
        ..PairOptions::plain(BadFiles::Refuse)
    };
    let notes = sides.pairs(&options).unwrap().notes;
    for words in [
        "1 image was left out by --exclude (test 1.png)",
        "1 grid was left out",
        "2 pictures were left out, since AVIF or HEIC is not read; convert to PNG (3.avif, 4.HEIC)",
        "1 other file was not used (notes.md)",
        "--exclude none* fits no image",
        "the prompts of 1 of 2 pairs were read from",
    ] {
        assert_eq!(
            notes.iter().filter(|note| note.contains(words)).count(),
            1,
            "{words}: {notes:?}"
        );
    }
    assert_eq!(notes.len(), 6, "{notes:?}");
}

#[test]
fn texts_beside_the_images_give_prompts() {
    let sides = Sides::new(
        &[("1.png", None), ("2.png", None)],
        &[("1.png", None), ("2.png", None)],
    );
    std::fs::write(sides.path("base/1.txt"), "a cat,\nsitting (there:1.2)\n").unwrap();
    std::fs::write(sides.path("base/2.png.txt"), "a dog\n").unwrap();
    // What a program describes on the other side is no contradiction.
    std::fs::write(sides.path("other/2.txt"), "a dog in orange").unwrap();
    let set = sides.pairs(&by(None)).unwrap();
    let prompts: Vec<&str> = set
        .pairs
        .iter()
        .map(|p| p.prompt.as_deref().unwrap())
        .collect();
    assert_eq!(prompts, ["a cat, sitting there", "a dog"]);
    assert_eq!(
        set.notes,
        [
            "the prompts were read from the texts beside the images",
            "in 1 of 2 pairs the texts beside the two images differ; those of the base were taken"
        ]
    );
    // The text of a program says the seed too.
    let parameters = |seed: u64| {
        format!("a cat\nNegative prompt: x\nSteps: 20, Sampler: Euler a, Seed: {seed}, Size: 12x10")
    };
    std::fs::write(sides.path("base/1.txt"), parameters(1)).unwrap();
    std::fs::write(sides.path("other/1.txt"), parameters(2)).unwrap();
    assert!(sides.message(None).contains("other seeds (1 against 2)"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_named() {
    use std::os::unix::fs::symlink;
    let sides = Sides::new(&[("1.png", None)], &[("1.png", None), ("more/2.png", None)]);
    std::fs::create_dir(sides.path("far")).unwrap();
    write(&sides.path("far/2.png"), None);
    symlink(sides.path("far"), sides.path("base/more")).unwrap();
    assert_eq!(sides.found(None).0, ["1.png = 1.png", "2.png = 2.png"]);
    for target in ["base", "."] {
        let link = sides.path("far/around");
        symlink(sides.path(target), &link).unwrap();
        assert!(
            sides
                .message(None)
                .contains("base/more/around is a link that leads back"),
            "{target}"
        );
        std::fs::remove_file(link).unwrap();
    }
    symlink("itself.png", sides.path("base/itself.png")).unwrap();
    assert!(
        sides
            .message(None)
            .contains("base/itself.png is a link that leads back")
    );
    std::fs::remove_file(sides.path("base/itself.png")).unwrap();
    symlink("nowhere.png", sides.path("base/dangling.png")).unwrap();
    assert!(
        sides
            .message(None)
            .contains("base/dangling.png is a link to something that is not there")
    );
    let set = sides.pairs(&PairOptions::plain(BadFiles::Skip)).unwrap();
    assert_eq!(
        (set.pairs.len(), has(&set.notes, "dangling.png")),
        (2, true)
    );
}

#[cfg(unix)]
#[test]
fn names_are_compared_in_one_unicode_form() {
    let sides = Sides::new(&[("caf\u{e9}.png", None)], &[("cafe\u{301}.png", None)]);
    let set = sides.pairs(&by(None)).unwrap();
    assert_eq!(
        (set.pairs[0].name.as_str(), set.notes.len()),
        ("caf\u{e9}", 0)
    );
    write(&sides.path("base/cafe\u{301}.png"), None);
    assert!(sides.message(None).contains("written in two ways"));
}
