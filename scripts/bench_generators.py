#!/usr/bin/env python3
"""FineXL and PyTorch on the same weights of a generator: sampling, training, adapters.

    cargo build --release
    python3 scripts/bench_generators.py [--binary target/release/finexl] [--rounds 3] [--model FILE]
        [--device wgpu --reference-device cuda]

The programs run in turn, each in a process of its own, with as many threads as there are processors. Times
are of the work itself, without loading: FineXL reports them in its log, the reference
(mini_diffusion_reference.py, mini_autoregressive_reference.py, mini_gan_reference.py, PyTorch without
compilation) measures around its calls, after a short warm-up that FineXL does not get. Printed are medians
and, per quantity, how many times faster (or smaller) FineXL is. MiB is the peak of the whole process. The
family (mini-diffusion, mini-autoregressive, mini-gan) is that of the weights file.

First of all both make pictures from the same prompts and the same drawn numbers; where these differ by
more than rounding, nothing is timed. An autoregressive model may draw another token by rounding alone, and
all behind it is then another picture: of its pictures, made as they are timed, nineteen in twenty have to
be the same.

- sampling: 25 images, decoded. Diffusion: 20 steps of DPM-Solver++(2M), guidance 3; the reference reads the
  prompts once and asks the network for prompts and empty prompts in one batch. Autoregressive: guidance 2,
  temperature 1, all levels; the reference does the same and keeps keys and values, as FineXL does. GAN: one
  pass.
- training: one step at as many images as the recipe has. On both sides: encoding the images, the loss,
  gradients, the optimiser and the running average of the weights. Muon for the matrices of blocks (AdamW
  where this PyTorch has no Muon), AdamW for the rest. Diffusion: flow matching. Autoregressive: cross
  entropy of the tokens that the images are encoded into. GAN: a step of the game, not of the epochs before
  it; the losses of both players, Muon for the generator alone, AdamW without momentum. FineXL's step also
  draws the images, from scenes without aspects; nothing is aligned with mini-clip. `network`: the
  reference's step without the encoding, beside FineXL's whole step.
- lora: one step at 16 images, rank 8 on all Linears of the blocks, AdamW; latents or tokens are encoded
  before.

Without trained weights: python3 crates/finexl-zoo/tests/fixtures/mini_diffusion/generate.py --full-size
runs/full-diffusion, and --model runs/full-diffusion/mini-diffusion.safetensors; for the GAN the same with
mini_gan, runs/full-gan and mini-gan.

Needs torch, safetensors, numpy, pillow.
"""

import argparse
import copy
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKS = ["sampling", "training", "lora"]
SEED = 0
STEPS = 20
LORA_BATCH = 16
RANK = 8
TARGETS = ["to_q", "to_k", "to_v", "to_out", "fc1", "fc2"]
# Images that the latents of the LoRA training come from.
LORA_IMAGES = 32
WARM_UP = 2
# Levels of 255: what rounding in single precision may change of a picture.
MEAN_DIFFERENCE = 0.1


# Reference


class Family:
    """What the families have in common, if they do not say otherwise."""

    autoencoder = "mini-autoencoder"
    # Of the pictures, how many have to be the same.
    same = 1.0

    @staticmethod
    def architecture(config):
        """That of a training."""
        return config["architecture"]

    @staticmethod
    def network(model):
        return model.denoiser

    @staticmethod
    def image_size(model):
        return model.autoencoder_config["architecture"]["image-size"]

    @staticmethod
    def tokens(model, prompt):
        return model.tokens(prompt)

    @staticmethod
    def noise(model, count):
        """What pictures are made from."""
        return model.noise(SEED, count)

    @classmethod
    def optimizers(cls, model):
        return muon_and_adamw(cls.network(model), inside_blocks, (0.9, 0.98), weight_decay=0.02)

    @staticmethod
    def tuner(factors):
        import torch

        return torch.optim.AdamW(factors, lr=1e-3, weight_decay=0.0)


class Diffusion(Family):
    """mini-diffusion: what is compared of it."""

    recipe = "mini-diffusion"
    table = "train-denoiser"
    guidance = 3.0
    sampler = ["--steps", STEPS, "--guidance", guidance]

    @staticmethod
    def open(path):
        from mini_diffusion_reference import MiniDiffusion

        return MiniDiffusion.open(path)

    @staticmethod
    def pictures(model, prompts, noise, steps=STEPS):
        return model.generate(prompts, noise=noise, steps=steps, guidance=Diffusion.guidance)

    @staticmethod
    def draw(model, count):
        """What a step draws beside its images."""
        import torch

        return torch.randn(count, *model.latent_shape()), torch.randn(count).sigmoid()

    @staticmethod
    def loss(model, latents, drawn, tokens):
        from mini_diffusion_reference import flow_matching_loss

        return flow_matching_loss(model.denoiser, latents, *drawn, tokens)


class Autoregressive(Family):
    """mini-autoregressive: what is compared of it."""

    recipe = "mini-autoregressive"
    table = "train-autoregressive"
    autoencoder = "mini-tokenizer"
    guidance, temperature = 2.0, 1.0
    sampler = ["--guidance", guidance, "--temperature", temperature]
    same = 0.95

    @staticmethod
    def open(path):
        from mini_autoregressive_reference import MiniAutoregressive

        return MiniAutoregressive.open(path)

    @staticmethod
    def network(model):
        return model.transformer

    @staticmethod
    def image_size(model):
        return model.tokenizer_config["architecture"]["image-size"]

    @staticmethod
    def tokens(model, prompt):
        return model.words([prompt])[0]

    @staticmethod
    def noise(model, count):
        import numpy as np
        import torch
        from mini_autoregressive_reference import uniforms

        positions, channels, _ = model.transformer.shape
        drawn = [uniforms(SEED, index, positions * channels) for index in range(count)]
        return torch.from_numpy(np.stack(drawn))

    @staticmethod
    def pictures(model, prompts, noise, steps=1):
        import torch
        from mini_autoregressive_reference import sample_cached

        conditions = [model.words(prompts), model.words([""] * len(prompts))]
        how = Autoregressive.guidance, Autoregressive.temperature
        with torch.inference_mode():
            return model.decode(model.codes(sample_cached(model.transformer, conditions, noise, *how)))

    @staticmethod
    def draw(model, count):
        """A step draws nothing beside its images."""
        return ()

    @staticmethod
    def loss(model, codes, drawn, tokens):
        from mini_autoregressive_reference import cross_entropy

        return cross_entropy(model.transformer, model.tokens(codes), tokens)


class Adversarial(Family):
    """mini-gan: what is compared of it."""

    recipe = "mini-gan"
    table = "train-gan"
    sampler = []
    betas = (0.0, 0.99)

    @staticmethod
    def architecture(config):
        """Without epochs before the game."""
        architecture = copy.deepcopy(config["architecture"])
        architecture["losses"]["alone-epochs"] = 0
        return architecture

    @staticmethod
    def open(path):
        from mini_gan_reference import MiniGan

        return MiniGan.open(path)

    @staticmethod
    def pictures(model, prompts, noise, steps=1):
        return model.generate(prompts, noise=noise)

    @staticmethod
    def draw(model, count):
        """What a step draws beside its images."""
        import torch

        z = torch.randn(count, model.config["architecture"]["latent-width"])
        step = torch.randn(count, *model.latent_shape())
        return z, step, torch.arange(count) % 2 == 0

    @staticmethod
    def loss(model, latents, drawn, tokens):
        from mini_gan_reference import losses

        played = losses(model.gan, latents, tokens, *drawn)
        return played["generator"] + played["discriminator"]

    @staticmethod
    def optimizers(model):
        def moved(name):
            return name.startswith("generator.") and inside_blocks(name)

        return muon_and_adamw(model.gan, moved, Adversarial.betas, weight_decay=0.0)

    @staticmethod
    def tuner(factors):
        import torch

        return torch.optim.AdamW(factors, lr=1e-3, betas=Adversarial.betas, weight_decay=0.0)


def inside_blocks(name):
    """Whether a parameter is in a block of a network or of its reader of prompts."""
    return ".blocks." in f".{name}" or ".transformer." in name


def muon_and_adamw(network, moved, betas, weight_decay):
    """Optimisers of a training, Muon for the matrices whose names are `moved`, and the parameters whose
    gradients are clipped."""
    import torch

    matrices, rest = [], []
    for name, parameter in network.named_parameters():
        (matrices if moved(name) and name.endswith(".weight") else rest).append(parameter)
    common = {"lr": 2e-3, "weight_decay": weight_decay}
    if not hasattr(torch.optim, "Muon"):
        print("this PyTorch has no Muon; AdamW takes its place", file=sys.stderr)
        return [torch.optim.AdamW(matrices + rest, betas=betas, **common)], rest
    muon = torch.optim.Muon(matrices, adjust_lr_fn="match_rms_adamw", **common)
    return [muon, torch.optim.AdamW(rest, betas=betas, **common)], rest


def family_of(config):
    families = {"diffusion": Diffusion, "autoregressive": Autoregressive, "gan": Adversarial}
    name = config.get("family", "diffusion")
    if name not in families:
        sys.exit(f"{name} is not compared here; give weights of: {', '.join(families)}")
    return families[name]


def recipe_of(family):
    text = (ROOT / f"experiments/zoo/{family.recipe}.toml").read_text()
    return tomllib.loads(text)[family.table]


def prompts_of(config, count):
    """Prompts of scenes with the words that the model knows."""
    words = set(config["words"])
    colours = [c for c in ("white", "teal", "orange", "navy") if c in words]
    prompts = []
    for index in range(count):
        subject = config["subjects"][index * 7 % len(config["subjects"])]
        size = ("small", "medium", "large")[index % 3]
        place = ("left", "right", "top", "bottom")[index % 4]
        colour = colours[index % len(colours)]
        article = "an" if colour[0] in "aeiou" else "a"
        prompts.append(f"{size} {subject} on {article} {colour} background, at the {place}")
    return prompts


def now(arguments):
    """Seconds, when all that was asked of the reference's device is done."""
    import torch

    if arguments.reference_device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter()


def timed_sampling(family, model, arguments, scratch):
    """Seconds for all images; these go to a file."""
    import numpy as np
    import torch
    from mini_diffusion_reference import bytes_of

    prompts = (scratch / "prompts.txt").read_text().splitlines()
    noise = family.noise(model, len(prompts)).to(arguments.reference_device)
    family.pictures(model, prompts[:2], noise[:2], steps=WARM_UP)
    begin = now(arguments)
    with torch.inference_mode():
        images = bytes_of(family.pictures(model, prompts, noise))
    seconds = now(arguments) - begin
    np.save(scratch / "reference.npy", images.cpu().numpy())
    return {"sampling": seconds}


def batches(family, model, count):
    """Random images, tokens of scenes and what is drawn; what they show does not matter for the time."""
    import torch
    from mini_diffusion_reference import padded

    torch.manual_seed(1)
    side = family.image_size(model)
    tokens = [family.tokens(model, prompt) for prompt in prompts_of(model.config, count)]
    while True:
        yield torch.rand(count, 3, side, side), family.draw(model, count), padded(tokens)


def timed_training(family, model, arguments, scratch):
    """Seconds per step, of the network alone and with the encoding."""
    import torch

    network = family.network(model).train()
    average = copy.deepcopy(network).requires_grad_(False)
    optimizers, clipped = family.optimizers(model)
    both = alone = 0.0
    source = batches(family, model, recipe_of(family)["images-per-step"])
    for step in range(WARM_UP + arguments.train_steps):
        images, drawn, tokens = next(source)
        begin = now(arguments)
        with torch.no_grad():
            latents = model.encode(images)
        encoded = now(arguments)
        family.loss(model, latents, drawn, tokens).backward()
        torch.nn.utils.clip_grad_norm_(clipped, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 0.002)
        end = now(arguments)
        if step >= WARM_UP:
            both += end - begin
            alone += end - encoded
    return {"training": both / arguments.train_steps, "network": alone / arguments.train_steps}


def timed_lora(family, model, arguments, scratch):
    """Seconds per step."""
    import torch
    from lora_reference import add_lora

    adapted = add_lora(family.network(model).train(), TARGETS, RANK, alpha=RANK)
    factors = [p for layer in adapted.values() for p in (layer.lora_A, layer.lora_B)]
    optimizer = family.tuner(factors)
    with torch.no_grad():
        latents = model.encode(next(batches(family, model, LORA_IMAGES))[0])
    source = batches(family, model, LORA_BATCH)
    seconds = 0.0
    for step in range(WARM_UP + arguments.lora_steps):
        _, drawn, tokens = next(source)
        begin = now(arguments)
        chosen = latents[torch.randint(LORA_IMAGES, (LORA_BATCH,))]
        family.loss(model, chosen, drawn, tokens).backward()
        torch.nn.utils.clip_grad_norm_(factors, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step >= WARM_UP:
            seconds += now(arguments) - begin
    return {"lora": seconds / arguments.lora_steps}


def reference(work, arguments, scratch):
    """One measurement in a process of its own; prints seconds."""
    import torch
    from mini_diffusion_reference import read_config

    torch.set_num_threads(os.cpu_count())
    torch.set_default_device(arguments.reference_device)
    timed = {"sampling": timed_sampling, "training": timed_training, "lora": timed_lora}[work]
    family = family_of(read_config(arguments.model))
    print(json.dumps(timed(family, family.open(arguments.model), arguments, scratch)))


# FineXL


def measured(command, environment=None):
    """Output, errors and peak memory in MiB of a process, run in a child that reports on its only child."""
    code = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); print('USED', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(done.returncode)"
    command = [sys.executable, "-c", code, *map(str, command)]
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(command[3:])} failed:\n{done.stderr}")
    return done.stdout, done.stderr, int(re.search(r"USED (\d+)", done.stderr)[1]) / 1024


def finexl(arguments, what, *words):
    """Seconds per `what` (images or steps) that FineXL logs, their number, and peak memory in MiB."""
    environment = {"RUST_LOG": "finexl_zoo=info", "NO_COLOR": "1"}
    _, log, peak = measured([arguments.binary, "--quiet", *words, "--device", arguments.device], environment)
    found = re.findall(rf"{what}=(\d+) seconds=([0-9.e-]+)", log)
    found += re.findall(rf"(\d+) {what} in ([0-9.e-]+) s", log)
    if not found:
        sys.exit(f"`finexl {words[0]}` logged no seconds of its {what}:\n{log}")
    count = sum(int(number) for number, _ in found)
    return sum(float(seconds) for _, seconds in found) / count, count, peak


def toml(name, table):
    """A table with its inner tables; strings, numbers and lists of strings are written as in JSON."""
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items() if k not in inner)]
    return "\n".join([*lines, "", *(toml(f"{name}.{key}", value) for key, value in inner.items())])


def training_recipe(arguments, config, folder):
    """The recipe of the family, cut to what is compared."""
    family = family_of(config)
    recipe = recipe_of(family)
    recipe.pop("alignment", None)
    recipe |= {
        "name": "bench",
        "output": str(folder / "weights.safetensors"),
        "autoencoder": str(arguments.model.parent / f"{family.autoencoder}.safetensors"),
        "subjects": config["subjects"],
        "architecture": family.architecture(config),
        "stylized-share": 0.0,
    }
    recipe["schedule"] |= {"epochs": 1, "steps-per-epoch": arguments.train_steps, "warmup-steps": 1}
    return toml(family.table, recipe)


def personalization(arguments, folder):
    return "\n".join(
        [
            toml(
                "personalize",
                {
                    "name": "bench",
                    "output": str(folder / "adapter"),
                    "model": str(arguments.model),
                    "seed": 1,
                    "art-folder": "datasets/fetched",
                    "images": LORA_IMAGES,
                    "images-per-step": LORA_BATCH,
                    "learning-rate": 1e-3,
                    "snapshots": [arguments.lora_steps],
                    "mechanism": {"lora": {"rank": RANK, "alpha": float(RANK), "targets": TARGETS}},
                },
            ),
            "[[personalize.styles]]",
            "aspects = { pixelated = 0.7 }\n",
        ]
    )


def run_finexl(work, arguments, config, scratch):
    """Seconds (of all images, or per step) and peak memory of one run in a new folder."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    if work == "sampling":
        out = folder / "images"
        words = ["--model", arguments.model, "--prompts", scratch / "prompts.txt", "--out", out]
        sampler = ["--seed", SEED, *family_of(config).sampler]
        seconds, count, peak = finexl(arguments, "images", "generate", *words, *sampler)
        return seconds * count, peak, out
    recipe = folder / "recipe.toml"
    if work == "training":
        recipe.write_text(training_recipe(arguments, config, folder))
        words = ["train", recipe, "--run-folder", folder / "run"]
    else:
        recipe.write_text(personalization(arguments, folder))
        words = ["personalize", recipe]
    seconds, _, peak = finexl(arguments, "steps", *words)
    return seconds, peak, folder


def run_reference(work, arguments, scratch):
    steps = ["--train-steps", arguments.train_steps, "--lora-steps", arguments.lora_steps]
    steps += ["--reference-device", arguments.reference_device]
    command = [sys.executable, Path(__file__).resolve(), "--model", arguments.model, *steps]
    out, err, peak = measured([*command, "--reference", work, scratch])
    if "no Muon" in err:
        print("  (AdamW in place of Muon)")
    return json.loads(out.strip().split("\n")[-1]), peak


# Comparison


def check_pictures(arguments, config, scratch):
    import numpy as np
    from PIL import Image

    _, _, folder = run_finexl("sampling", arguments, config, scratch)
    run_reference("sampling", arguments, scratch)
    own = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))])
    difference = np.abs(own.astype(int) - np.load(scratch / "reference.npy").astype(int))
    same = difference.mean(axis=(1, 2, 3)) <= MEAN_DIFFERENCE
    print(
        f"{same.sum()} of {len(same)} pictures are the same; they differ by {difference.mean():.4f} of 255 "
        f"levels on average, {difference.max()} at most; {(difference == 0).mean():.2%} of all numbers are equal",
        flush=True,
    )
    if same.mean() < family_of(config).same:
        sys.exit("these are not the same pictures")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/finexl")
    parser.add_argument("--model", type=Path, default=ROOT / "crates/finexl-zoo/weights/mini-diffusion.safetensors")
    parser.add_argument("--device", default="cpu", help="of FineXL: cpu, wgpu or cuda")
    parser.add_argument("--reference-device", default="cpu", help="of PyTorch: cpu or cuda")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=25)
    parser.add_argument("--train-steps", type=int, default=20)
    parser.add_argument("--lora-steps", type=int, default=50)
    parser.add_argument("--works", nargs="+", choices=WORKS, default=WORKS)
    parser.add_argument("--reference", nargs=2, metavar=("WORK", "SCRATCH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.model, arguments.binary = arguments.model.resolve(), arguments.binary.resolve()
    if arguments.reference:
        work, scratch = arguments.reference
        return reference(work, arguments, Path(scratch))

    from mini_diffusion_reference import read_config

    config = read_config(arguments.model)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "prompts.txt").write_text("\n".join(prompts_of(config, arguments.images)) + "\n")
        check_pictures(arguments, config, scratch)
        results = {}

        def note(key, value):
            results.setdefault(key, []).append(value)
            print(f"  {' '.join(key):30} {value:9.3f}", flush=True)

        for round_ in range(arguments.rounds):
            print(f"round {round_ + 1}")
            for work in arguments.works:
                seconds, peak, _ = run_finexl(work, arguments, config, scratch)
                note(("finexl", work, "s"), seconds)
                note(("finexl", work, "MiB"), peak)
                times, peak = run_reference(work, arguments, scratch)
                for quantity, seconds in times.items():
                    note(("reference", quantity, "s"), seconds)
                note(("reference", work, "MiB"), peak)

    middle = {key: statistics.median(values) for key, values in results.items()}
    print("\nFineXL is better by a factor of")
    for _, quantity, unit in [key for key in middle if key[0] == "reference"]:
        # FineXL logs no time of the network alone.
        own = middle["finexl", "training" if quantity == "network" else quantity, unit]
        other = middle["reference", quantity, unit]
        print(f"  {quantity:10} {unit:5} {other / own:6.2f}   ({other:.3f} against {own:.3f})")


if __name__ == "__main__":
    main()
