//! Times the networks of a Stable Diffusion on the processor, for `scripts/bench_stable_diffusion.py`.
//!
//! Arguments: model, height and width in pixels, `unet` | `decode` | `text`, repetitions. Prints the seconds of each
//! repetition, and for `unet` a sum that depends on all numbers, so that two programs can be compared.

use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::generators::stable_diffusion::{Extra, StableDiffusion};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, height, width, what, repetitions] = &arguments[..] else {
        return Err("give model, height, width, what, repetitions".into());
    };
    let (height, width): (usize, usize) = (height.parse()?, width.parse()?);
    let device = Device::flex();
    let begin = Instant::now();
    let model = StableDiffusion::open(Path::new(model), &device)?;
    println!("open {:.3}", begin.elapsed().as_secs_f64());
    let factor = model.facts().factor;
    let size = [height / factor, width / factor];
    let latents = |n: usize| {
        let count = n * 4 * size[0] * size[1];
        let value = |at: usize| ((at * 7919 % 2003) as f32 / 1001.5 - 1.0) * 1.7;
        let data = TensorData::new(
            (0..count).map(value).collect::<Vec<f32>>(),
            [n, 4, size[0], size[1]],
        );
        Tensor::<4>::from_data(data, &device)
    };
    let texts = ["a red apple".to_string(), String::new()];
    let text = model.encode_texts(&texts, 0)?;
    for _ in 0..repetitions.parse()? {
        let begin = Instant::now();
        let sum = match what.as_str() {
            "unet" => model
                .denoise(latents(2), &[500.0], &text, &Extra::default())?
                .abs()
                .mean(),
            "decode" => model.decode(latents(1))?.mean(),
            _ => model.encode_texts(&texts, 0)?.context.abs().mean(),
        };
        let sum = sum
            .into_data()
            .try_into_vec::<f32>()
            .map_err(|e| format!("{e:?}"))?;
        println!("{what} {:.3} {:.7}", begin.elapsed().as_secs_f64(), sum[0]);
    }
    if let Some(line) = std::fs::read_to_string("/proc/self/status")?
        .lines()
        .find(|line| line.starts_with("VmHWM"))
    {
        println!("{line}");
    }
    Ok(())
}
