//! What programs write into the pictures that they generate.

use crate::fixtures::path;
use finexl_data::generation::{Recorded, plain_prompt, read_generation};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn prompt_and_seed_are_read_as_every_program_writes_them() {
    let expected = std::fs::read(path("generation/expected.json")).unwrap();
    let expected: BTreeMap<String, Value> = serde_json::from_slice(&expected).unwrap();
    assert!(expected.len() > 60);
    let mut wrong = Vec::new();
    for (name, expected) in expected {
        let read = read_generation(path(&format!("generation/{name}"))).unwrap();
        let right = match (&read, &expected) {
            (Recorded::Nothing, Value::Null) => true,
            (Recorded::NotUnderstood { reason, .. }, Value::String(word)) => reason.contains(word),
            (Recorded::Generation(read), Value::Array(parts)) => {
                parts[0].as_str() == read.prompt.as_deref()
                    && parts[1].as_str() == read.negative.as_deref()
                    && parts[2].as_u64() == read.seed
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{name}: {read:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_cut_off_or_damaged_anywhere_give_an_answer() {
    for name in [
        "a1111-ztxt.png",
        "comfyui-linked.png",
        "a1111-be-big.jpg",
        "comfyui.webp",
    ] {
        let whole = std::fs::read(path(&format!("generation/{name}"))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        let mut draw = finexl_core::seed::generator(3, &[whole.len() as u64]);
        for round in 0..300 {
            let mut bytes = whole.clone();
            let number = rand::Rng::next_u64(&mut draw);
            let at = (number >> 8) as usize % bytes.len();
            match round % 2 {
                0 => bytes.truncate(at),
                _ => bytes[at] = number as u8,
            }
            std::fs::write(&file, &bytes).unwrap();
            read_generation(&file).unwrap();
        }
    }
}

#[test]
fn what_only_its_program_reads_is_no_part_of_a_prompt() {
    for (prompt, plain) in [
        ("a cat <lora:none:0.8>", "a cat"),
        (
            "(masterpiece:1.2), ((best quality)), a [small] cat, <hypernet:y:0.3>, <lyco:z:1>",
            "masterpiece, best quality, a small cat",
        ),
        ("a (small) cat", "a small cat"),
        (r"a \(small\) cat", "a (small) cat"),
        (
            "a [cat:dog:0.5] on [a mat::0.3] with [hat:10]",
            "a dog on a mat with hat",
        ),
        ("a [red|blue] hat", "a red and blue hat"),
        ("a {red|green} shoe, __colour__", "a red or green shoe"),
        (
            "(a cat:1.2) AND a dog :0.8 AND fish:1.5",
            "a cat, a dog, fish",
        ),
        ("girl BREAK blue dress, BREAK, red", "girl, blue dress, red"),
        ("embedding:easy, (embedding:bad:1.3), cat", "cat"),
        (
            "word++ and (a b)1.3, (c d)++ C++ 18+",
            "word and a b, c d C++ 18+",
        ),
        (
            "an unmatched ( bracket ] and :) ;-)",
            "an unmatched ( bracket ] and :) ;-)",
        ),
        ("{{best}}, [[dim]], 1.5::glow::, x", "best, dim, glow, x"),
        (
            "cat(s) at (12:30), (16:9), a<b <3",
            "cats at 12:30, 16:9, a<b <3",
        ),
        ("((deep:1.1):1.2), [(a:1.2):b:0.5]", "deep, b"),
        ("two\nlines,\r\n, and   blanks ,", "two lines, and blanks"),
        ("ROCK AND ROLL", "ROCK AND ROLL"),
        ("a photo of <cat-toy>: note", "a photo of <cat-toy>: note"),
        ("(猫:1.2) café", "猫 café"),
        ("", ""),
    ] {
        assert_eq!(plain_prompt(prompt), plain, "{prompt}");
    }
    let deep = "(".repeat(50_000) + "a" + &")".repeat(50_000);
    assert!(plain_prompt(&deep).contains('a'));
}

proptest::proptest! {
    #[test]
    fn plain_words_stay_as_they_are(words in "[a-z]{1,8}( [a-z]{1,8}){0,6}(, [a-z]{1,8}){0,3}") {
        proptest::prop_assert_eq!(plain_prompt(&words), words);
    }

    #[test]
    fn any_prompt_gives_some_text(prompt in "[a-c0-9:.|,<>(){}\\[\\]\\\\+_ -]{0,40}") {
        let plain = plain_prompt(&prompt);
        proptest::prop_assert!(plain.len() <= 4 * prompt.len() + 4);
    }
}
