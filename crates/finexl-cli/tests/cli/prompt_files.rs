//! Where prompts come from, through the binary.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};
use serde_json::{Value, json};

const PROMPTS: [&str; 3] = [
    "red apple on a teal background",
    "snail, on a white background",
    "small dog on a black background",
];

#[track_caller]
fn notes(sandbox: &Sandbox, arguments: &str) -> String {
    sandbox.succeeds(&format!("{arguments} --json out.json"));
    let record: Value = sandbox.json("out.json");
    assert_eq!(record["pairs"], 3, "{arguments}");
    record["notes"].to_string()
}

#[test]
fn tables_are_read_whatever_they_are_separated_by() {
    let sandbox = Sandbox::with_pairs(3);
    let jsonl: String = (PROMPTS.iter().enumerate())
        .map(|(i, prompt)| {
            json!({"file_name": format!("{i:02}.png"), "text": prompt}).to_string() + "\n"
        })
        .collect();
    sandbox.write("metadata.jsonl", &jsonl);
    sandbox.write("as-text.txt", &jsonl);
    for (file, separator, columns) in [
        ("semicolon.csv", ";", "file;prompt"),
        ("tabs.tsv", "\t", "file_name\ttext"),
        ("comma.csv", ",", "image,caption"),
    ] {
        let rows = PROMPTS
            .iter()
            .enumerate()
            .map(|(i, prompt)| format!("{i:02}.png{separator}\"{prompt}\"\r\n"));
        sandbox.write(file, format!("{columns}\r\n{}", rows.collect::<String>()));
    }
    sandbox.write("list.txt", PROMPTS.join("\n"));
    let utf16: Vec<u8> = format!("\u{feff}{}", PROMPTS.join("\r\n"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    sandbox.write("utf16.txt", utf16);
    for file in [
        "metadata.jsonl",
        "as-text.txt",
        "semicolon.csv",
        "tabs.tsv",
        "comma.csv",
        "list.txt",
        "utf16.txt",
    ] {
        let notes = notes(&sandbox, &format!("{EXPLAIN} --prompts {file}"));
        assert!(!notes.contains("default prompts"), "{file}: {notes}");
    }
}

#[test]
fn mistakes_show_their_line_and_the_separator() {
    let sandbox = Sandbox::with_pairs(3);
    let rows = "file,prompt\r\n00.png,a\r\n\"01.png\",\"b\r\nc\"\r\nno-such.png,d\r\n";
    sandbox.write("prompts.csv", rows);
    let arguments = format!("{EXPLAIN} --prompts prompts.csv");
    sandbox.refuses(&arguments, &["prompts.csv, line 5", "no-such.png"]);
    sandbox.write("prompts.csv", "name;words\n1;2\n");
    sandbox.refuses(
        &arguments,
        &[
            "prompts.csv, line 1",
            "separated by \";\"",
            "base and personalized (or file)",
        ],
    );
    sandbox.write(
        "prompts.csv",
        "file,prompt\n00.png,a\n01.png,\"b\n02.png,c\n",
    );
    sandbox.refuses(&arguments, &["prompts.csv, line 3", "double quote"]);
    sandbox.write("prompts.parquet", "PAR1");
    sandbox.refuses(
        &format!("{EXPLAIN} --prompts prompts.parquet"),
        &["save the table as CSV"],
    );
    sandbox.write(
        "prompts.jsonl",
        "{\"file_name\": \"00.png\", \"text\": \"a\"}\n{\"file_name\"\n",
    );
    sandbox.refuses(
        &format!("{EXPLAIN} --prompts prompts.jsonl"),
        &["prompts.jsonl, line 2", "no JSON"],
    );
}

#[test]
fn a_table_that_lists_some_images_says_so() {
    let sandbox = Sandbox::with_pairs(8);
    let rows: String = (0..3)
        .map(|i| format!("{i:02}.png,{}\n", PROMPTS[i].replace(',', "")))
        .collect();
    sandbox.write("few.csv", format!("file,prompt\n{rows}"));
    let found = notes(&sandbox, &format!("{EXPLAIN} --prompts few.csv"));
    assert!(
        found.contains(
            "few.csv lists 3 of 8 images in base; 5 were left out (03, 04, 05 and 2 more)"
        ),
        "{found}"
    );
}

#[test]
fn texts_and_tables_in_the_folder_are_used() {
    let sandbox = Sandbox::with_pairs(3);
    for (index, prompt) in PROMPTS.iter().enumerate() {
        sandbox.write(&format!("base/{index:02}.txt"), prompt);
    }
    let found = notes(&sandbox, EXPLAIN);
    assert!(
        found.contains("the prompts were read from the texts beside the images"),
        "{found}"
    );
    assert!(
        !found.contains("default prompts") && !found.contains("not used"),
        "{found}"
    );

    let sandbox = Sandbox::with_pairs(3);
    let rows = PROMPTS.iter().enumerate().map(|(i, prompt)| {
        json!({"file_name": format!("{i:02}.png"), "text": prompt}).to_string() + "\n"
    });
    sandbox.write("base/metadata.jsonl", rows.collect::<String>());
    let found = notes(&sandbox, EXPLAIN);
    assert!(
        found.contains("the prompts were read from base/metadata.jsonl"),
        "{found}"
    );
    assert!(
        !found.contains("default prompts") && !found.contains("not used"),
        "{found}"
    );
    sandbox.write("base/metadata.jsonl", "{\"file_name\": \n");
    let found = notes(&sandbox, EXPLAIN);
    assert!(
        found.contains("base/metadata.jsonl was not used: base/metadata.jsonl, line 1"),
        "{found}"
    );
}

#[test]
fn weights_and_loras_are_no_part_of_a_prompt() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.write(
        "prompts.txt",
        "(red apple:1.2) on a teal background <lora:x:0.8>\nsnail on a white background\n",
    );
    sandbox.succeeds(&format!("{EXPLAIN} --prompts prompts.txt --json out.json"));
    let notes = sandbox.json("out.json")["notes"].to_string();
    assert!(
        notes.contains("were taken out of 1 prompt") && !notes.contains("default prompts"),
        "{notes}"
    );
}
