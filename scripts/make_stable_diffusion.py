"""Writes a randomly initialised Stable Diffusion as diffusers does: a folder, and on request the same as a single file.

    python3 scripts/make_stable_diffusion.py --family sd1 --out runs/tiny-sd1 [--single runs/tiny-sd1.safetensors]
    python3 scripts/make_stable_diffusion.py --family sd1 --full --precision f16 --out runs/full-sd1

Needs torch, diffusers, transformers<5.6, safetensors, numpy. Tiny models have the levels of the published ones with few
channels, and the vocabulary of the fixtures; full ones (`--full`) have the published sizes and take gigabytes. The weights
draw nothing that anybody would recognise: they are there to run programs, and to time them.
"""

import argparse
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURE = Path(__file__).parent.parent / "crates/finexl-zoo/tests/fixtures/stable_diffusion"
sys.path.insert(0, str(FIXTURE))
import generate  # noqa: E402
import single_file  # noqa: E402

DOWN, UP = ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3
XL_BLOCKS = dict(
    down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
)
FULL_UNET = {
    "sd1": dict(sample_size=64, cross_attention_dim=768, attention_head_dim=8, down_block_types=DOWN, up_block_types=UP),
    "sd2": dict(sample_size=64, cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20], use_linear_projection=True,
                down_block_types=DOWN, up_block_types=UP),
    "xl": dict(sample_size=128, block_out_channels=[320, 640, 1280], cross_attention_dim=2048, attention_head_dim=[5, 10, 20],
               use_linear_projection=True, transformer_layers_per_block=[1, 2, 10], addition_embed_type="text_time",
               addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816, **XL_BLOCKS),
}
FULL_VAE = dict(block_out_channels=[128, 256, 512, 512], layers_per_block=2, norm_num_groups=32, sample_size=512,
                down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4)
CLIP_L = dict(hidden_size=768, num_attention_heads=12, intermediate_size=3072, num_hidden_layers=12, hidden_act="quick_gelu")
OPEN = "gelu"
FULL_TEXT = {
    "sd1": [CLIP_L],
    "sd2": [dict(hidden_size=1024, num_attention_heads=16, intermediate_size=4096, num_hidden_layers=23, hidden_act=OPEN)],
    "xl": [CLIP_L, dict(hidden_size=1280, num_attention_heads=20, intermediate_size=5120, num_hidden_layers=32,
                        hidden_act=OPEN, projection_dim=1280, architectures=["CLIPTextModelWithProjection"])],
}


def settings(family, full):
    """Configs of UNet, autoencoder and text encoders, and the scheduler's class."""
    kind, unet, vae, texts, scheduler = generate.MODELS[f"{family}-single"]
    if full:
        base = dict(vocab_size=49408, max_position_embeddings=77, eos_token_id=2, architectures=["CLIPTextModel"])
        texts = [{**base, **text} for text in FULL_TEXT[family]]
        scaling = 0.13025 if family == "xl" else 0.18215
        return {"layers_per_block": 2, "block_out_channels": [320, 640, 1280, 1280], **FULL_UNET[family]}, \
            {**FULL_VAE, "scaling_factor": scaling}, texts, scheduler
    # Published models have a factor of 8.
    vae = {**vae, "block_out_channels": [32, 32, 64, 64], "down_block_types": ["DownEncoderBlock2D"] * 4,
           "up_block_types": ["UpDecoderBlock2D"] * 4}
    return unet, vae, texts, scheduler


def randomise(network, generator):
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            if tensor.ndim == 1:
                noise = 1 + 0.1 * noise if name.endswith("weight") else 0.05 * noise
            elif "embedding.weight" not in name:
                noise = noise / tensor[0].numel() ** 0.5
            tensor.copy_(noise)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=["sd1", "sd2", "xl"], default="sd1")
    parser.add_argument("--full", action="store_true", help="the published sizes")
    parser.add_argument("--precision", choices=["f32", "f16", "bf16"], default="f32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--single", type=Path, help="write the same as a single file too")
    arguments = parser.parse_args()
    unet_config, vae_config, texts, scheduler = settings(arguments.family, arguments.full)
    unet, vae, encoders, _ = generate.configs(arguments.out, arguments.family, unet_config, vae_config, texts, scheduler)
    networks = {"unet": unet, "vae": vae}
    for place, encoder in enumerate(encoders):
        suffix = "_2" if place else ""
        networks[f"text_encoder{suffix}"] = encoder
        for file in ("vocab.json", "merges.txt"):
            shutil.copy(generate.TOKENIZER / file, arguments.out / f"tokenizer{suffix}" / file)
    dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[arguments.precision]
    generator = torch.Generator().manual_seed(arguments.seed)
    tensors = {}
    for part, network in networks.items():
        randomise(network, generator)
        stem = "model" if part.startswith("text") else "diffusion_pytorch_model"
        state = {name: tensor.to(dtype).contiguous() for name, tensor in network.state_dict().items() if "position_ids" not in name}
        save_file(state, arguments.out / part / f"{stem}.safetensors")
        tensors[part] = state
    if arguments.single:
        shapes = {part: {name: list(tensor.shape) for name, tensor in state.items()} for part, state in tensors.items()}
        file = {}
        for key, how, sources in single_file.rows(arguments.family, shapes, unet_config, vae_config):
            values = [tensors[source.split("/", 1)[0]][source.split("/", 1)[1]] for source in sources]
            value = torch.cat(values) if how == "cat" else values[0]
            value = value.T if how == "turn" else value[:, :, None, None] if how == "place" else value
            file[key] = value.contiguous().clone()
        save_file(file, arguments.single)
        for place in range(len(encoders)):
            name = f"tokenizer{'_2' if place else ''}"
            shutil.copytree(arguments.out / name, arguments.single.parent / name, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
