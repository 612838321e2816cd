"""LoRA (Hu et al. 2021) in PyTorch, read from the files of PEFT, for mini_diffusion_reference.py.

Needs torch, safetensors.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class LoraLinear(nn.Module):
    """A Linear with the change `alpha / rank * B A` beside it."""

    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * F.linear(F.linear(x, self.lora_A), self.lora_B)


def add_lora(model, targets, rank, alpha):
    """Puts a fresh adapter beside the Linears whose paths end in a target, and freezes all else; gives the
    adapted ones by path."""
    model.requires_grad_(False)
    meant = [
        path
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear) and any(("." + path).endswith("." + t) for t in targets)
    ]
    adapted = {}
    for path in meant:
        parent, _, name = path.rpartition(".")
        parent = model.get_submodule(parent)
        adapted[path] = LoraLinear(getattr(parent, name), rank, alpha)
        setattr(parent, name, adapted[path])
    return adapted


def load_lora(model, folder):
    """Puts an adapter from a folder of PEFT onto a model; all layers have one rank and alpha."""
    config = json.loads((Path(folder) / "adapter_config.json").read_text())
    if config["rank_pattern"] or config["alpha_pattern"] or not isinstance(config["target_modules"], list):
        raise ValueError(f"{folder}: ranks or alphas per layer and patterns are not built here")
    adapted = add_lora(model, config["target_modules"], config["r"], config["lora_alpha"])
    tensors = load_file(Path(folder) / "adapter_model.safetensors")
    with torch.no_grad():
        for path, layer in adapted.items():
            for factor in ("lora_A", "lora_B"):
                getattr(layer, factor).copy_(tensors.pop(f"base_model.model.{path}.{factor}.weight"))
    if tensors:
        raise ValueError(f"{folder}: tensors not used: {', '.join(tensors)}")
    return adapted
