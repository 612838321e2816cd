#!/usr/bin/env python3
"""FineXL and PyTorch (transformers, open_clip) on the same random ViT-B/32, images and texts.

    python3 scripts/make_full_clip.py
    cargo build --release
    python3 scripts/bench_encoders.py [--binary target/release/finexl] [--rounds 3]

The programs run in turn, each in a process of its own, with as many threads as there are processors.
Times are of the work itself, without loading: FineXL reports them in its log, the reference measures
around its calls. Memory is the peak of the whole process. Printed are medians and, per quantity, how
many times faster (or smaller) FineXL is.

- bank: 25 prompts x 150 concepts, and the prompts alone. `padded`: the reference as it is commonly
  called, every text padded to 77 tokens; `trimmed`: padded to the longest of the batch.
- images: 64 images of 512 x 512. `network`: forward passes of prepared images in batches of 32;
  `whole`: decoding and preprocessing as well, in seconds and in processor seconds of all threads, which
  tell more where something else runs on the machine.

Needs what make_full_clip.py needs.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH = 256
IMAGE_BATCH = 32


def concepts():
    """150 phrases of the default vocabulary."""
    aspects = tomllib.loads((ROOT / "datasets/aspects.toml").read_text())
    phrases = []

    def collect(value):
        if isinstance(value, dict):
            phrases.extend(value.get("synonyms", []))
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(aspects)
    for line in (ROOT / "datasets/distractors.txt").read_text().splitlines():
        phrases.extend(p.strip() for p in line.split("#")[0].split("|") if p.strip())
    unique = list(dict.fromkeys(phrases))
    assert len(unique) >= 150, len(unique)
    return unique[:150]


def bank(prompts, phrases):
    experiment = tomllib.loads((ROOT / "experiments/paper/planted_concepts.toml").read_text())
    chosen = experiment["planted-concepts"]["prompts"][:prompts]
    return [t for p in chosen for t in [p, *(f"{p}, {c} style" for c in concepts()[:phrases])]]


def make_images(folder, count):
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(11)
    y, x = np.mgrid[0:512, 0:512]
    for index in range(count):
        waves = np.stack([np.sin(x / (9 + c + index % 7) + y / (17 - c)) * 90 + 120 for c in range(3)], -1)
        pixels = np.clip(waves + rng.normal(0, 12, waves.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02}.png")


def processor_seconds(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def reference(library, work, model, scratch):
    """One measurement in a process of its own; prints seconds."""
    import numpy as np
    import torch
    from PIL import Image
    from transformers import CLIPTokenizer

    torch.set_num_threads(os.cpu_count())
    folder = model / library
    tokenizer = CLIPTokenizer.from_pretrained(model / "transformers")
    paths = sorted((scratch / "images").iterdir())
    if library == "transformers":
        from transformers import CLIPModel
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        clip = CLIPModel.from_pretrained(folder).eval()
        processor = CLIPImageProcessorPil.from_pretrained(folder)
        encode_images = lambda pixels: clip.get_image_features(pixel_values=pixels)
        encode_texts = lambda inputs: clip.get_text_features(**inputs)
        prepare = lambda images: torch.tensor(np.stack(processor(images)["pixel_values"]))
    else:
        import open_clip
        from safetensors.torch import load_file

        clip = open_clip.CLIP(**json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]).eval()
        clip.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
        transform = open_clip.image_transform(224, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN, std=open_clip.OPENAI_DATASET_STD)
        encode_images = clip.encode_image
        encode_texts = lambda inputs: clip.encode_text(inputs["input_ids"])
        prepare = lambda images: torch.stack([transform(i) for i in images])

    def texts(padding, share):
        chosen = (scratch / "texts.txt").read_text().splitlines()
        chosen = chosen[: max(1, int(len(chosen) * share))]
        begin = time.perf_counter()
        for start in range(0, len(chosen), BATCH):
            # open_clip knows no attention mask; behind the end token it needs none.
            inputs = tokenizer(chosen[start : start + BATCH], padding=padding, truncation=True, max_length=77, return_tensors="pt")
            encode_texts(inputs)
        return (time.perf_counter() - begin) / share

    with torch.no_grad():
        if work == "padded":
            seconds = texts("max_length", 0.2)
        elif work == "trimmed":
            seconds = texts("longest", 1.0)
        else:
            whole, used = time.perf_counter(), processor_seconds(resource.RUSAGE_SELF)
            network = 0.0
            for start in range(0, len(paths), IMAGE_BATCH):
                pixels = prepare([Image.open(p).convert("RGB") for p in paths[start : start + IMAGE_BATCH]])
                begin = time.perf_counter()
                encode_images(pixels)
                network += time.perf_counter() - begin
            seconds = {"network": network, "whole": time.perf_counter() - whole, "processor": processor_seconds(resource.RUSAGE_SELF) - used}
    print(json.dumps(seconds))


def run(command, environment=None):
    """Output and peak memory in MiB of a process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
    out, err = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{err}")
    return out, err


def measured(command, environment=None):
    """As run, in a child that reports peak memory and processor seconds of its only child."""
    code = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); u = resource.getrusage(resource.RUSAGE_CHILDREN); print('USED', u.ru_maxrss, u.ru_utime + u.ru_stime, file=sys.stderr); sys.exit(done.returncode)"
    out, err = run([sys.executable, "-c", code, *map(str, command)], environment)
    peak, processor = re.search(r"USED (\d+) ([0-9.]+)", err).groups()
    return out, err, int(peak) / 1024, float(processor)


def finexl(binary, arguments, scratch):
    environment = {"RUST_LOG": "finexl_zoo=info", "NO_COLOR": "1", "FINEXL_CACHE": str(scratch / "cache")}
    begin = time.perf_counter()
    _, err, peak, processor = measured([binary, *arguments], environment)
    whole = time.perf_counter() - begin
    seconds = [float(s) for s in re.findall(r"seconds=([0-9.e-]+)", err)]
    return sum(seconds), whole, peak, processor


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/finexl")
    parser.add_argument("--model", type=Path, default=ROOT / "runs/full-clip")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=25)
    parser.add_argument("--concepts", type=int, default=150)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--reference", nargs=3, metavar=("LIBRARY", "WORK", "SCRATCH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reference:
        library, work, scratch = arguments.reference
        return reference(library, work, arguments.model, Path(scratch))

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "images").mkdir()
        make_images(scratch / "images", arguments.images)
        texts = bank(arguments.prompts, arguments.concepts)
        (scratch / "texts.txt").write_text("\n".join(texts) + "\n")
        results = {}

        def note(key, value):
            results.setdefault(key, []).append(value)
            print(f"  {' '.join(key):40} {value:9.2f}", flush=True)

        for round_ in range(arguments.rounds):
            print(f"round {round_ + 1}")
            out = scratch / "out.safetensors"
            model = arguments.model / "transformers"
            seconds, _, peak, _ = finexl(arguments.binary, ["embed", "--encoder", model, "--texts", scratch / "texts.txt", "--out", out], scratch)
            note(("finexl", "bank", "s"), seconds)
            note(("finexl", "bank", "MiB"), peak)
            seconds, whole, peak, processor = finexl(arguments.binary, ["embed", "--encoder", model, "--images", scratch / "images", "--out", out], scratch)
            empty = scratch / "one.txt"
            empty.write_text("a\n")
            _, loading, _, idle = finexl(arguments.binary, ["embed", "--encoder", model, "--texts", empty, "--out", out], scratch)
            note(("finexl", "network", "s"), seconds)
            note(("finexl", "whole", "s"), whole - loading)
            note(("finexl", "whole", "CPU s"), processor - idle)
            note(("finexl", "images", "MiB"), peak)
            for library in ("transformers", "open_clip"):
                # open_clip adds all 77 positions and cannot read shorter inputs.
                trimmed = ["trimmed"] if library == "transformers" else []
                for work in ["padded", *trimmed, "images"]:
                    command = [sys.executable, __file__, "--model", arguments.model, "--reference", library, work, scratch]
                    out_text, _, peak, _ = measured(command)
                    seconds = json.loads(out_text.strip().split("\n")[-1])
                    if work == "images":
                        note((library, "network", "s"), seconds["network"])
                        note((library, "whole", "s"), seconds["whole"])
                        note((library, "whole", "CPU s"), seconds["processor"])
                        note((library, "images", "MiB"), peak)
                    else:
                        note((library, work, "s"), seconds)
                        note((library, "bank", "MiB"), peak)

    middle = {key: statistics.median(values) for key, values in results.items()}
    print("\nFineXL is better by a factor of")
    pairs = [("bank", "padded", "s"), ("bank", "trimmed", "s"), ("network", "network", "s"), ("whole", "whole", "s"), ("whole", "whole", "CPU s"), ("bank", "bank", "MiB"), ("images", "images", "MiB")]
    for library in ("transformers", "open_clip"):
        for ours, theirs, unit in pairs:
            if (library, theirs, unit) not in middle:
                continue
            own, other = middle[("finexl", ours, unit)], middle[(library, theirs, unit)]
            print(f"  {library:14} {theirs:10} {unit:5} {other / own:6.2f}   ({other:.2f} against {own:.2f})")


if __name__ == "__main__":
    main()
