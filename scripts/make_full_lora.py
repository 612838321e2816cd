"""A LoRA file of full size with random numbers, to measure `finexl inspect` and `--adapter` with.

Needs numpy and safetensors. python3 scripts/make_full_lora.py OUT [RANK] [xl|sd1]
For Stable Diffusion XL rank 32 with both text encoders is what kohya's trainer writes by default: 986 layers, some 200 MB in
f16; rank 144 is 1 GB. For Stable Diffusion 1 the UNet alone: 192 layers.
"""

import json
import sys

import numpy as np
from safetensors.numpy import save_file

out, rank = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 32
family = sys.argv[3] if len(sys.argv) > 3 else "xl"
context_width = {"xl": 2048, "sd1": 768}[family]
rng = np.random.default_rng(0)
layers = {}


def attention(prefix, width, depth):
    for name in ["proj_in", "proj_out"]:
        layers[f"lora_unet_{prefix}_{name}"] = (width, width)
    for block in range(depth):
        inner = f"lora_unet_{prefix}_transformer_blocks_{block}"
        for attn, context in [("attn1", width), ("attn2", context_width)]:
            layers[f"{inner}_{attn}_to_q"] = (width, width)
            layers[f"{inner}_{attn}_to_k"] = (width, context)
            layers[f"{inner}_{attn}_to_v"] = (width, context)
            layers[f"{inner}_{attn}_to_out_0"] = (width, width)
        layers[f"{inner}_ff_net_0_proj"] = (8 * width, width)
        layers[f"{inner}_ff_net_2"] = (width, 4 * width)


def xl():
    for block in [4, 5]:
        attention(f"input_blocks_{block}_1", 640, 2)
    for block in [7, 8]:
        attention(f"input_blocks_{block}_1", 1280, 10)
    attention("middle_block_1", 1280, 10)
    for block in [0, 1, 2]:
        attention(f"output_blocks_{block}_1", 1280, 10)
    for block in [3, 4, 5]:
        attention(f"output_blocks_{block}_1", 640, 2)
    for encoder, width, depth in [(1, 768, 12), (2, 1280, 32)]:
        for layer in range(depth):
            inner = f"lora_te{encoder}_text_model_encoder_layers_{layer}"
            for name in ["q", "k", "v", "out"]:
                layers[f"{inner}_self_attn_{name}_proj"] = (width, width)
            layers[f"{inner}_mlp_fc1"] = (4 * width, width)
            layers[f"{inner}_mlp_fc2"] = (width, 4 * width)


def sd1():
    for level, width in enumerate([320, 640, 1280]):
        for block in [0, 1]:
            attention(f"down_blocks_{level}_attentions_{block}", width, 1)
        for block in [0, 1, 2]:
            attention(f"up_blocks_{3 - level}_attentions_{block}", width, 1)
    attention("mid_block_attentions_0", 1280, 1)


{"xl": xl, "sd1": sd1}[family]()
tensors = {}
for number, (name, (outputs, inputs)) in enumerate(layers.items()):
    strength = 0.01 * (1 + number % 7)
    tensors[f"{name}.lora_down.weight"] = (rng.normal(size=(rank, inputs)) / rank).astype("f2")
    tensors[f"{name}.lora_up.weight"] = (rng.normal(size=(outputs, rank)) * strength).astype("f2")
    tensors[f"{name}.alpha"] = np.array(rank / 2, "f2")
metadata = {
    "ss_base_model_version": {"xl": "sdxl_base_v1-0", "sd1": "sd_v1"}[family],
    "ss_network_module": "networks.lora",
    "ss_network_dim": str(rank),
    "ss_network_alpha": str(rank / 2),
    "ss_sd_model_name": "/home/someone/models/base.safetensors",
    "ss_steps": "2000",
    "ss_unet_lr": "0.0004",
    "ss_resolution": {"xl": "(1024, 1024)", "sd1": "(512, 512)"}[family],
    "ss_dataset_dirs": json.dumps({"10_cat": {"n_repeats": 10, "img_count": 20}}),
    "ss_tag_frequency": json.dumps({"10_cat": {"zwx cat": 20, "sitting": 11, "outdoors": 7, "looking at viewer": 3}}),
    "modelspec.trigger_phrase": "zwx cat",
}
save_file(tensors, out, metadata)
print(f"{len(layers)} layers in {out}")
