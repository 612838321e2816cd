//! A GAN, made tiny: training, personalizations, walks, pools.

#![allow(clippy::unwrap_used)]

use crate::generator_trainings::{LORA, with_autoencoder};
use crate::recipes::tiny;
use crate::sandbox::{Outcome, Sandbox};

/// A pool of a GAN: a direction at two scales and a walk.
const GAN_POOL: &str = r#"
[make-pool]
name = "tiny"
output = "pool"
model = "model.safetensors"
art-folder = "nowhere"
split = "validation"
pairs = 2
seed = 0

[make-pool.styles]
dark = [{ aspects = { dark = 0.8 } }]

[[make-pool.trained]]
styles = ["dark"]
seeds = [1]
mechanism = { direction = {} }
images = 4
images-per-step = 2
learning-rate = 5e-2
snapshots = [2]
scales = [0.5, 2.0]

[[make-pool.walked]]
directions = [0, 3]
distances = [-4.0, 4.0]
"#;

/// The tiny personalization with another mechanism.
fn personalization(mechanism: &str) -> String {
    let lora = LORA.lines().find(|line| line.starts_with("mechanism"));
    LORA.replace(lora.unwrap(), &format!("mechanism = {mechanism}"))
}

/// A sandbox with a GAN of two epochs: one in which the generator learned alone, and one of the game, with
/// which another run went on.
fn gan() -> Sandbox {
    let sandbox = with_autoencoder();
    sandbox.succeeds("train autoencoder.toml");
    let recipe = |epochs| {
        let changes = [
            ("output", "\"model.safetensors\""),
            ("autoencoder", "\"mini-autoencoder.safetensors\""),
            ("images-per-step", "4"),
            ("latent-width", "6"),
            ("width", "16"),
            ("layers", "1"),
            ("trunk", "1"),
            ("heads", "2"),
            ("hidden", "24"),
            ("alone-epochs", "1"),
            ("epochs", epochs),
            ("steps-per-epoch", "2"),
            ("warmup-steps", "1"),
        ];
        tiny("experiments/zoo/mini-gan.toml", &changes)
    };
    sandbox.write("model.toml", recipe("2"));
    let mut training = sandbox.command("train model.toml --run-folder run");
    training.env("RUST_LOG", "finexl_zoo=info");
    let outcome = Outcome::of(training);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.contains("epochs 1 to 2"),
        "{}",
        outcome.stdout
    );
    // Another number of epochs is another recipe.
    sandbox.write("model.toml", recipe("3"));
    sandbox.refuses(
        "train model.toml --run-folder run",
        &["epochs was 2, is now 3"],
    );
    for said in [
        "loss of the generator",
        "loss of the discriminator",
        "margin",
        "diversity",
    ] {
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    sandbox.write(
        "prompts.txt",
        "red apple on a teal background, at the left\nlarge pizza on a white background, at the top\n\
         robot on a green background, at the bottom\nsmall star on a teal background, at the right\n",
    );
    sandbox
}

#[test]
fn a_gan_is_trained_personalized_walked_and_explained() {
    let sandbox = gan();
    assert!(sandbox.path("run/samples/epoch-002.png").is_file());
    let about = sandbox.succeeds("zoo info model.safetensors").stdout;
    assert!(about.contains("GAN"), "{about}");
    let generate = "generate --model model.safetensors --prompts prompts.txt";
    sandbox.succeeds(&format!("{generate} --out out"));
    sandbox.succeeds(&format!("{generate} --out again"));
    let read = |folder: &str| std::fs::read(sandbox.path(&format!("{folder}/00001.png"))).unwrap();
    assert_eq!(read("out"), read("again"));

    let walk = "--direction closed-form:1 --distance";
    sandbox.succeeds(&format!("{generate} --out walked {walk} -3"));
    let record = sandbox.json("walked/generation.json");
    assert_eq!(record["settings"]["walk"]["distance"], -3.0);
    let far = sandbox.succeeds(&format!("{generate} --out far {walk} 1e4"));
    assert!(far.stderr.contains("has collapsed"), "{}", far.stderr);
    sandbox.succeeds(&format!(
        "explain --model model.safetensors --prompts prompts.txt --json walk.json {walk} 3"
    ));
    assert_eq!(sandbox.json("walk.json")["pairs"], 4);

    let others = ["full", "direction"].map(|name| {
        let other = personalization(&format!("{{ {name} = {{}} }}"));
        (name, other)
    });
    for (name, other) in [("lora", LORA.to_string())].into_iter().chain(others) {
        let other = other.replace("\"tiny\"", &format!("\"{name}\""));
        sandbox.write("personalize.toml", other);
        sandbox.succeeds("personalize personalize.toml");
        let adapter = format!("--adapter {name}/step-0002");
        sandbox.succeeds(&format!("{generate} --out of-{name} {adapter}"));
        sandbox.succeeds(&format!(
            "explain --model model.safetensors --prompts prompts.txt --json {name}.json {adapter}"
        ));
    }
    assert_eq!(
        sandbox.names("direction/step-0002"),
        ["direction.safetensors", "personalization.json"]
    );
    sandbox.succeeds(&format!(
        "{generate} --out twice --adapter direction/step-0002 --scale 2"
    ));
}

#[test]
fn a_gan_refuses_what_makes_no_sense_and_a_pool_of_one_picture() {
    let sandbox = gan();
    let generate = "generate --model model.safetensors --prompts prompts.txt --out no";
    for (arguments, word) in [
        ("--steps 5", "steps"),
        ("--guidance 2", "guidance"),
        ("--concept warm=3", "concept"),
        ("--temperature 1", "temperature"),
        ("--direction closed-form:16 --distance 1", "0 to 15"),
        ("--direction fastest --distance 1", "closed-form:K"),
        ("--direction closed-form:0", "--distance"),
    ] {
        sandbox.refuses(&format!("{generate} {arguments}"), &[word]);
    }
    let walk = "--direction closed-form:0 --distance 2";
    sandbox.refuses(
        &format!("generate --prompts prompts.txt --out no {walk}"),
        &["mapping network", "GAN"],
    );
    let recipe = std::fs::read_to_string(sandbox.path("model.toml")).unwrap();
    let aligned = "[train-gan.alignment]\nweight = 0.5\nafter-block = 1\n\n[train-gan.schedule]";
    sandbox.write(
        "aligned.toml",
        recipe.replace("[train-gan.schedule]", aligned),
    );
    sandbox.refuses("train aligned.toml --run-folder other", &["alignment"]);
    let direction = personalization("{ direction = {} }");
    let diffusion = direction.replace("model.safetensors", "mini-diffusion");
    sandbox.write("diffusion.toml", diffusion);
    sandbox.refuses("personalize diffusion.toml", &["mapping network"]);
    let hand = direction.replace(
        "[[personalize.styles]]",
        "[[personalize.styles]]\nartist = \"twemoji\"",
    );
    sandbox.write("hand.toml", hand);
    sandbox.refuses("personalize hand.toml", &["twemoji", "artist"]);

    sandbox.write("pool.toml", GAN_POOL);
    sandbox.succeeds("run pool.toml");
    let models = sandbox.json("pool/pool.json")["models"].clone();
    let models = models.as_array().unwrap();
    assert_eq!(models.len(), 1 + 2 + 4);
    assert_eq!(models[6]["by"]["walk"]["direction"], 3);
    assert_eq!(models[6]["dial"], "distance");
    let far = GAN_POOL
        .replace("4.0, 4.0", "1e4, 1e4")
        .replace("pairs = 2", "pairs = 5");
    let far = far
        .replace("\"pool\"", "\"far\"")
        .replace("[-1e4, 1e4]", "[1e4]");
    sandbox.write("far.toml", far);
    let outcome = sandbox.run("run far.toml");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("has collapsed"), "{outcome:?}");
    assert!(!sandbox.path("far/pool.json").exists());
}
