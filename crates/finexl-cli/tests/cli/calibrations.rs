//! Calibrations from a file: what fits is used, what does not is refused.

use crate::sandbox::Sandbox;

/// With the default vocabulary.
const EXPLAIN: &str = "explain --base base --personalized personalized";

const EMBEDDED: &str = include_str!("../../../finexl-explain/calibration/mini-clip.json");

#[test]
fn a_calibration_that_fits_is_used() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.write("c.json", EMBEDDED);
    // Without a method a head would read; a calibration belongs to a method without one.
    sandbox.succeeds(&format!("{EXPLAIN} --method nnls --json embedded.json"));
    sandbox.succeeds(&format!("{EXPLAIN} --calibration c.json --json file.json"));
    let [mut file, mut embedded] = ["file.json", "embedded.json"].map(|name| sandbox.json(name));
    assert_eq!(file["calibrated"], true);
    // They differ in their names alone.
    let names =
        [&mut file, &mut embedded].map(|record| record["provenance"]["calibration"]["name"].take());
    assert_eq!(names, ["c.json", "mini-clip, embedded"]);
    assert_eq!(file, embedded);
}

#[test]
fn a_calibration_of_something_else_is_refused() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.write("c.json", EMBEDDED);
    sandbox.refuses(
        &format!("{EXPLAIN} --calibration c.json --method lsq"),
        &["c.json", "fitted for another method"],
    );
    sandbox.write("words.txt", "warm\ncool\n");
    sandbox.refuses(
        &format!("{EXPLAIN} --calibration c.json --vocabulary words.txt"),
        &["c.json", "fitted for another vocabulary"],
    );
    sandbox.write("cut.json", &EMBEDDED[..1000]);
    sandbox.refuses(&format!("{EXPLAIN} --calibration cut.json"), &["cut.json"]);
    sandbox.refuses(&format!("{EXPLAIN} --calibration no.json"), &["no.json"]);
}

#[test]
fn an_own_vocabulary_has_no_levels() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.write("words.txt", "warm\ncool\n");
    let own = format!("{EXPLAIN} --method nnls --vocabulary words.txt --json out.json");
    sandbox.succeeds(&own);
    assert_eq!(sandbox.json("out.json")["calibrated"], false);
}
