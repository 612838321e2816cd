#!/usr/bin/env python3
"""A random CLIP ViT-B/32 of full size in the formats of transformers and open_clip, with the same
weights, images, texts, and what both references give for them.

    python3 scripts/make_full_clip.py [--folder runs/full-clip]

Needs torch, transformers, open_clip_torch, safetensors, numpy, pillow<13. Writes 1.2 GB; takes about
a minute. The parity test `full_size` and scripts/bench_encoders.py use the folder where it is there.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

IMAGES = 8
TEXTS = [
    "a photo of a cat",
    "a photo of a cat, vivid style",
    "a photo of a cat, watercolor painting style",
    "two dogs on a beach, semi-realistic 3D style",
    "",
    "It's a café — naïve, “quoted” & 100% 東京 🐶!",
    "word " * 120,
]


def tokenizer_files(folder):
    """vocab.json and merges.txt as OpenAI's, from the merges that open_clip brings along."""
    import open_clip

    path = Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    merges = gzip.open(path).read().decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    visible = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    hidden = [b for b in range(256) if b not in visible]
    letters = [chr(b) for b in visible] + [chr(256 + i) for i in range(len(hidden))]
    words = letters + [c + "</w>" for c in letters] + ["".join(m.split()) for m in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: index for index, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    return vocabulary, [tuple(m.split()) for m in merges]


def open_clip_state(model):
    """The weights of a CLIPModel under open_clip's names."""
    state = model.state_dict()
    out = {"logit_scale": state["logit_scale"]}
    out["token_embedding.weight"] = state["text_model.embeddings.token_embedding.weight"]
    out["positional_embedding"] = state["text_model.embeddings.position_embedding.weight"]
    out["text_projection"] = state["text_projection.weight"].T
    out["visual.proj"] = state["visual_projection.weight"].T
    out["visual.class_embedding"] = state["vision_model.embeddings.class_embedding"]
    out["visual.positional_embedding"] = state["vision_model.embeddings.position_embedding.weight"]
    out["visual.conv1.weight"] = state["vision_model.embeddings.patch_embedding.weight"]
    pairs = [("ln_final", "text_model.final_layer_norm"), ("visual.ln_pre", "vision_model.pre_layrnorm"), ("visual.ln_post", "vision_model.post_layernorm")]
    for side, prefix in (("text_model", "transformer"), ("vision_model", "visual.transformer")):
        for layer in range(12):
            ours, theirs = f"{prefix}.resblocks.{layer}", f"{side}.encoder.layers.{layer}"
            for kind in ("weight", "bias"):
                parts = [state[f"{theirs}.self_attn.{p}_proj.{kind}"] for p in "qkv"]
                out[f"{ours}.attn.in_proj_{kind}"] = torch.cat(parts)
            pairs += [(f"{ours}.attn.out_proj", f"{theirs}.self_attn.out_proj"), (f"{ours}.ln_1", f"{theirs}.layer_norm1"), (f"{ours}.ln_2", f"{theirs}.layer_norm2"), (f"{ours}.mlp.c_fc", f"{theirs}.mlp.fc1"), (f"{ours}.mlp.c_proj", f"{theirs}.mlp.fc2")]
    for ours, theirs in pairs:
        for kind in ("weight", "bias"):
            out[f"{ours}.{kind}"] = state[f"{theirs}.{kind}"]
    return {k: v.contiguous() for k, v in out.items()}


def normalised(features):
    features = features if isinstance(features, torch.Tensor) else features.pooler_output
    return (features / features.norm(dim=-1, keepdim=True)).contiguous()


def main():
    import open_clip
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/full-clip"))
    folder = parser.parse_args().folder
    theirs, ours = folder / "transformers", folder / "open_clip"
    for path in (theirs, ours):
        path.mkdir(parents=True, exist_ok=True)

    generator = torch.Generator().manual_seed(1)
    text = dict(bos_token_id=49406, eos_token_id=49407, pad_token_id=49407)
    model = CLIPModel(CLIPConfig(text_config=text)).eval()
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if tensor.ndim >= 2:
                # As the reference initialises, but large enough that every layer matters.
                noise = torch.randn(tensor.shape, generator=generator)
                scale = 0.05 if "embedding" in name and "patch" not in name else tensor[0].numel() ** -0.5
                tensor.copy_(noise * scale)
    model.save_pretrained(theirs)
    CLIPImageProcessorPil().save_pretrained(theirs)
    vocabulary, merges = tokenizer_files(theirs)
    tokenizer_files(ours)
    save_file(open_clip_state(model), ours / "open_clip_model.safetensors")
    model_config = json.loads((Path(open_clip.__file__).parent / "model_configs/ViT-B-32-quickgelu.json").read_text())
    (ours / "open_clip_config.json").write_text(json.dumps({"model_cfg": model_config, "preprocess_cfg": {}}, indent=1))

    rng = np.random.default_rng(3)
    paths = []
    for index in range(IMAGES):
        height, width = (int(v) for v in rng.integers(160, 700, 2))
        y, x = np.mgrid[0:height, 0:width]
        waves = np.stack([np.sin(x / (9 + c + index) + y / (17 - c)) * 90 + 120 for c in range(3)], -1)
        pixels = np.clip(waves + rng.normal(0, 25, waves.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    (folder / "texts.json").write_text(json.dumps(TEXTS, ensure_ascii=False))

    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges)
    reference = open_clip.CLIP(**model_config).eval()
    reference.load_state_dict(open_clip_state(model))
    preprocess = open_clip.image_transform(224, is_train=False, mean=open_clip.OPENAI_DATASET_MEAN, std=open_clip.OPENAI_DATASET_STD)
    with torch.no_grad():
        inputs = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=77, return_tensors="pt")
        opened = [Image.open(p).convert("RGB") for p in paths]
        pixels = torch.tensor(np.stack(CLIPImageProcessorPil()(opened)["pixel_values"]))
        expected = {
            "images": torch.zeros(IMAGES),
            "transformers.texts": normalised(model.get_text_features(**inputs)),
            "transformers.images": normalised(model.get_image_features(pixel_values=pixels)),
            "open_clip.texts": normalised(reference.encode_text(open_clip.tokenize(TEXTS))),
            "open_clip.images": normalised(reference.encode_image(torch.stack([preprocess(i) for i in opened]))),
        }
    save_file(expected, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
