"""Times the networks of a full-size Stable Diffusion: this program and diffusers (eager, on request torch.compile), in turn.

    python3 scripts/make_stable_diffusion.py --family sd1 --full --out runs/full-sd1
    cargo build --release -p finexl-zoo --example time_stable_diffusion
    python3 scripts/bench_stable_diffusion.py runs/full-sd1 target/release/examples/time_stable_diffusion --sizes 256 384 512

Needs torch, diffusers, transformers<5.6. A pass of the UNet takes both halves of guidance in one batch. For every part and
size the table has the least seconds of `--repeat` passes of each, their ratio (above 1 this program is faster), and the mean
of all numbers, which has to agree.
"""

import argparse
import subprocess
import time

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel


def ours(binary, model, size, what, repeat):
    out = subprocess.run([binary, model, str(size), str(size), what, str(repeat)], check=True, capture_output=True, text=True)
    rows = [line.split() for line in out.stdout.splitlines()]
    passes = [(float(row[1]), float(row[2])) for row in rows if row[0] == what]
    memory = next((int(row[1]) / 2**20 for row in rows if row[0].startswith("VmHWM")), 0)
    return min(seconds for seconds, _ in passes), passes[0][1], memory


def timed(run, repeat):
    seconds = []
    with torch.inference_mode():
        for _ in range(repeat):
            begin = time.perf_counter()
            result = run()
            seconds.append(time.perf_counter() - begin)
    return min(seconds), float(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("binary")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 384, 512])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--compile", action="store_true", help="torch.compile too")
    arguments = parser.parse_args()
    print("| part | pixels | FineXL s | diffusers s | ratio | FineXL GiB | means |\n|---|---|---|---|---|---|---|")
    unet = UNet2DConditionModel.from_pretrained(arguments.model, subfolder="unet").eval()
    vae = AutoencoderKL.from_pretrained(arguments.model, subfolder="vae").eval()
    text = CLIPTextModel.from_pretrained(arguments.model, subfolder="text_encoder").eval()
    # Rows of text are those of our program in shape alone, so means of the UNet agree roughly.
    start = text.config.bos_token_id
    ids = torch.full((2, 77), 602 if text.config.vocab_size < 1000 else 49407)
    ids[:, 0] = start
    if arguments.compile:
        unet = torch.compile(unet)
    with torch.inference_mode():
        rows = text(ids)[0]
    for size in arguments.sizes:
        side = size // 8
        at = torch.arange(2 * 4 * side * side)
        values = ((at * 7919 % 2003).float() / 1001.5 - 1) * 1.7
        both, one = values.reshape(2, 4, side, side), values[: 4 * side * side].reshape(1, 4, side, side)
        decode = lambda: (vae.decode(one / vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1).mean()
        for what, run in [
            ("unet", lambda: unet(both, torch.tensor(500.0), rows).sample.abs().mean()),
            ("decode", decode),
            ("text", lambda: text(ids)[0].abs().mean()),
        ]:
            a, mean_a, memory = ours(arguments.binary, arguments.model, size, what, arguments.repeat)
            b, mean_b = timed(run, arguments.repeat)
            print(f"| {what} | {size} | {a:.3f} | {b:.3f} | {b / a:.2f} | {memory:.2f} | {mean_a:.5f} {mean_b:.5f} |", flush=True)


if __name__ == "__main__":
    main()
