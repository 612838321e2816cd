//! The same results on any number of threads and on any backend.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Outcome, Sandbox};
use safetensors::SafeTensors;
use serde_json::Value;

/// Checks that two records have the same structure and text, and numbers within a tolerance.
#[track_caller]
fn close(a: &Value, b: &Value, tolerance: f64) {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            assert!((x - y).abs() <= tolerance, "{x} against {y}");
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len());
            x.iter().zip(y).for_each(|(x, y)| close(x, y, tolerance));
        }
        (Value::Object(x), Value::Object(y)) => {
            assert!(x.keys().eq(y.keys()));
            x.values()
                .zip(y.values())
                .for_each(|(x, y)| close(x, y, tolerance));
        }
        _ => assert_eq!(a, b),
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let sandbox = Sandbox::with_pairs(13);
    let [one, two] = ["1", "2"].map(|threads| {
        let mut command = sandbox.command(&format!("{EXPLAIN} --no-cache --json -"));
        command.env("RAYON_NUM_THREADS", threads);
        let outcome = Outcome::of(command);
        serde_json::from_str::<Value>(&outcome.stdout).unwrap()
    });
    close(&one, &two, 1e-6);
}

/// Whether a run on the GPU was possible; it then has to have succeeded.
#[track_caller]
fn ran_on_the_gpu(outcome: &Outcome) -> bool {
    if outcome.code != Some(0) && cfg!(not(feature = "wgpu")) {
        assert!(outcome.stderr.contains("\"wgpu\""), "{}", outcome.stderr);
        eprintln!("skipped: built without the feature wgpu");
        return false;
    }
    if outcome.code == Some(1) && outcome.stderr.contains("adapter") {
        eprintln!("skipped: no graphics adapter was found");
        return false;
    }
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    true
}

#[test]
fn pictures_do_not_depend_on_device_or_company() {
    let sandbox = Sandbox::new();
    let prompts = [
        "red apple on a teal background, at the left",
        "pizza on a white background, at the top",
    ];
    sandbox.write("both.txt", prompts.join("\n"));
    sandbox.write("first.txt", prompts[0]);
    let generate = "generate --steps 4";
    sandbox.succeeds(&format!("{generate} --prompts both.txt --out both"));
    sandbox.succeeds(&format!("{generate} --prompts first.txt --out first"));
    let largest = |folder: &str| {
        let read = |folder: &str| image::open(sandbox.path(&format!("{folder}/00001.png")));
        let [one, two] = ["both", folder].map(|f| read(f).unwrap().into_rgb8().into_raw());
        one.iter().zip(&two).map(|(a, b)| a.abs_diff(*b)).max()
    };
    assert!(largest("first") <= Some(1), "{:?}", largest("first"));
    let outcome = sandbox.run(&format!(
        "{generate} --device wgpu --prompts both.txt --out wgpu"
    ));
    if ran_on_the_gpu(&outcome) {
        assert!(largest("wgpu") <= Some(1), "{:?}", largest("wgpu"));
    }
}

#[test]
fn the_gpu_embeds_like_the_processor() {
    let sandbox = Sandbox::with_pairs(6);
    sandbox.write(
        "texts.txt",
        "red apple\nsmall snail on a teal background, warm style\n",
    );
    let inputs = [("images", "--images base"), ("texts", "--texts texts.txt")];
    for (name, input) in inputs {
        sandbox.succeeds(&format!("embed {input} --out cpu-{name}.safetensors"));
        let arguments = format!("embed {input} --device wgpu --out wgpu-{name}.safetensors");
        if !ran_on_the_gpu(&sandbox.run(&arguments)) {
            return;
        }
        let read = |device: &str| {
            let bytes = std::fs::read(sandbox.path(&format!("{device}-{name}.safetensors")));
            let bytes = bytes.unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let view = file.tensor("features").unwrap();
            let values = view.data().as_chunks::<4>().0.iter();
            values.map(|b| f32::from_le_bytes(*b)).collect::<Vec<f32>>()
        };
        let (cpu, gpu) = (read("cpu"), read("wgpu"));
        assert_eq!(cpu.len(), gpu.len());
        let largest = cpu
            .iter()
            .zip(&gpu)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-3, "{name} differ by {largest}");
    }
}
