//! `[explain-models]` through the binary.

#![allow(clippy::unwrap_used)]

use crate::generators::personalized;

#[test]
fn models_are_explained_from_a_file() {
    let sandbox = personalized();
    let experiment = "[explain-models]\noutput = \"out\"\nmodel = \"mini-diffusion\"\n\
                      split = \"test\"\npairs = 2\nseed = 1\n\
                      [explain-models.personalized]\ntiny = \"tiny/step-0004\"\n";
    sandbox.write("models.toml", experiment);
    sandbox.succeeds("run models.toml");
    let reports = [
        "base",
        "resolved.toml",
        "summary.csv",
        "tiny",
        "tiny.card.md",
        "tiny.html",
        "tiny.json",
    ];
    assert_eq!(sandbox.names("out"), reports);
    sandbox.write("models.toml", experiment.replace("seed = 1", "seed = 2"));
    let words = ["out", "explain-models.seed was 1, is now 2", "--overwrite"];
    sandbox.refuses("run models.toml", &words);
    // Images of another seed are not taken for these, nor replaced even so.
    let outcome = sandbox.run("run models.toml --overwrite");
    assert_eq!(outcome.code, Some(2));
    for word in ["out/base", "other prompts"] {
        assert!(outcome.stderr.contains(word), "{}", outcome.stderr);
    }
    let wrong = experiment.replace("\"out\"", "\"new\"");
    sandbox.write("models.toml", wrong.replace("\ntiny =", "\nbase ="));
    sandbox.refuses("run models.toml", &["\"base\"", "another name"]);
}
