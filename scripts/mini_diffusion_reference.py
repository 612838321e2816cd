"""mini-diffusion in PyTorch, written beside the Rust code and not translated from it: for the parity
fixture (generate.py beside it) and for timing (bench_generators.py).

    from mini_diffusion_reference import MiniDiffusion
    model = MiniDiffusion.open("crates/finexl-zoo/weights/mini-diffusion.safetensors")
    images = model.generate(["red apple"], seed=0)          # [1, 3, 64, 64] in [0, 1]

Modules and parameters have the names that the weights files have, so loading is strict. The files hold
Linear weights as [inputs, outputs]; here they are [outputs, inputs], as usual in PyTorch.

Sources: rectified flow (Liu et al. 2023), DiT (Peebles and Xie 2023) with adaLN-single (Chen et al. 2024,
PixArt-alpha), DPM-Solver++ (Lu et al. 2022), classifier-free guidance (Ho and Salimans 2022).

Needs torch, safetensors, numpy.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from finexl_noise import drawn_noise

CONFIG_KEY = "finexl.config"
PADDING, START, END, SPECIAL = 0, 1, 2, 3
# What a padded token's attention logit becomes, or is lowered by.
MASKED = -1e4


class LayerNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return F.layer_norm(x, self.gamma.shape, self.gamma, self.beta, 1e-5)


# Autoencoder


def convolution(inputs, outputs, side):
    return nn.Conv2d(inputs, outputs, side, padding=side // 2)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = convolution(width, width, 3)
        self.second = convolution(width, width, 3)

    def forward(self, x):
        return x + 0.3 * self.second(F.relu(self.first(F.relu(x))))


def residual_blocks(count, width):
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


class ImageEncoder(nn.Module):
    def __init__(self, a):
        super().__init__()
        outputs = 2 * a["latent-channels"]
        self.input = convolution(3 * 16, a["width"], 3)
        self.blocks = residual_blocks(a["encoder-blocks"], a["width"])
        self.deepen = convolution(4 * a["width"], a["deep-width"], 1)
        self.deep_blocks = residual_blocks(a["encoder-blocks"], a["deep-width"])
        self.output = convolution(a["deep-width"], outputs, 3)
        self.linear = convolution(3 * 64, outputs, 1)

    def forward(self, images):
        """Images [n, 3, side, side] in [0, 1] -> mean and log-variance, [n, channels, side / 8, side / 8]."""
        images = 2 * images - 1
        x = self.blocks(self.input(F.pixel_unshuffle(images, 4)))
        x = self.deep_blocks(self.deepen(F.pixel_unshuffle(x, 2)))
        x = self.output(F.relu(x)) + self.linear(F.pixel_unshuffle(images, 8))
        mean, log_variance = x.chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)


class ImageDecoder(nn.Module):
    def __init__(self, a):
        super().__init__()
        fine = 32
        self.input = convolution(a["latent-channels"], a["deep-width"], 3)
        self.deep_blocks = residual_blocks(a["decoder-blocks"], a["deep-width"])
        self.widen = convolution(a["deep-width"], 4 * a["width"], 1)
        self.blocks = residual_blocks(a["decoder-blocks"], a["width"])
        self.widen_fine = convolution(a["width"], 4 * fine, 1)
        self.fine_block = ResidualBlock(fine)
        self.output = convolution(fine, 4 * 3, 3)
        self.linear = convolution(a["latent-channels"], 3 * 64, 1)

    def forward(self, latents):
        """Latents [n, channels, side / 8, side / 8] -> images [n, 3, side, side] in (0, 1)."""
        x = F.pixel_shuffle(self.widen(self.deep_blocks(self.input(latents))), 2)
        x = F.pixel_shuffle(self.widen_fine(self.blocks(x)), 2)
        x = F.pixel_shuffle(self.output(F.relu(self.fine_block(x))), 2)
        return torch.sigmoid(x + F.pixel_shuffle(self.linear(latents), 8))


class Autoencoder(nn.Module):
    def __init__(self, architecture):
        super().__init__()
        self.encoder = ImageEncoder(architecture)
        self.decoder = ImageDecoder(architecture)


# Text reader


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, padding):
        q, k, v = (split(layer(x), self.heads) for layer in (self.query, self.key, self.value))
        logits = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
        logits = logits.masked_fill(padding[:, None, None, :], MASKED)
        return self.output((logits.softmax(3) @ v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.linear_inner = nn.Linear(width, hidden)
        self.linear_outer = nn.Linear(hidden, width)

    def forward(self, x):
        return self.linear_outer(F.gelu(self.linear_inner(x)))


class TransformerLayer(nn.Module):
    """Norms come first; `norm_2` is that of the attention."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.mha = SelfAttention(width, heads)
        self.pwff = FeedForward(width, hidden)
        self.norm_1 = LayerNorm(width)
        self.norm_2 = LayerNorm(width)

    def forward(self, x, padding):
        x = x + self.mha(self.norm_2(x), padding)
        return x + self.pwff(self.norm_1(x))


class Transformer(nn.Module):
    def __init__(self, layers, width, heads, hidden):
        super().__init__()
        self.layers = nn.ModuleList(TransformerLayer(width, heads, hidden) for _ in range(layers))

    def forward(self, x, padding):
        for layer in self.layers:
            x = layer(x, padding)
        return x


class TextReader(nn.Module):
    def __init__(self, a, words, output):
        super().__init__()
        width = a["width"]
        self.embedding = nn.Embedding(words + SPECIAL, width)
        self.positions = nn.Parameter(torch.zeros(1, a["context"], width))
        self.transformer = Transformer(a["layers"], width, a["heads"], a["hidden"])
        self.projection = nn.Linear(width, output)
        self.norm = LayerNorm(output)

    def forward(self, tokens):
        """Tokens [n, length], padded with 0 -> text tokens [n, length, width] and where they are padding."""
        padding = tokens == PADDING
        x = self.embedding(tokens) + self.positions[:, : tokens.shape[1]]
        return self.norm(self.projection(self.transformer(x, padding))), padding


# Denoiser


def split(x, heads):
    """[n, length, width] -> [n, heads, length, width / heads]"""
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


class DenoiserBlock(nn.Module):
    def __init__(self, a):
        super().__init__()
        width = a["width"]
        self.heads = a["heads"]
        self.norm_attention = LayerNorm(width)
        self.to_q, self.to_k, self.to_v, self.to_out = (nn.Linear(width, width) for _ in range(4))
        self.norm_feed_forward = LayerNorm(width)
        self.fc1 = nn.Linear(width, a["hidden"])
        self.fc2 = nn.Linear(a["hidden"], width)
        self.modulation = nn.Parameter(torch.zeros(1, 6, width))

    def remember(self, text):
        """Keys and values of text tokens [n, length, width]."""
        return split(self.to_k(text), self.heads), split(self.to_v(text), self.heads)

    def forward(self, x, memory, mask, time):
        """Tokens [n, tokens, width]; mask [n, 1, 1, tokens + length]; time [n, 6, width]."""
        shift, scale, gate, shift_2, scale_2, gate_2 = (time + self.modulation).split(1, dim=1)
        seen = self.norm_attention(x) * (1 + scale) + shift
        q, k, v = (split(layer(seen), self.heads) for layer in (self.to_q, self.to_k, self.to_v))
        k, v = (torch.cat(pair, dim=2) for pair in zip((k, v), memory))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + gate * self.to_out(mixed.transpose(1, 2).flatten(2))
        seen = self.norm_feed_forward(x) * (1 + scale_2) + shift_2
        return x + gate_2 * self.fc2(F.gelu(self.fc1(seen), approximate="tanh"))


class Denoiser(nn.Module):
    def __init__(self, a, latents, words):
        """`latents`: positions and channels."""
        super().__init__()
        tokens, channels = latents
        width = a["width"]
        self.text = TextReader(a["text"], words, width)
        self.input = nn.Linear(channels, width)
        self.positions = nn.Parameter(torch.zeros(1, tokens, width))
        self.time_input = nn.Linear(a["time-width"], a["time-width"])
        self.time_output = nn.Linear(a["time-width"], 6 * width)
        self.blocks = nn.ModuleList(DenoiserBlock(a) for _ in range(a["layers"]))
        self.norm = LayerNorm(width)
        self.modulation = nn.Parameter(torch.zeros(1, 2, width))
        self.output = nn.Linear(width, channels)

    def read(self, tokens):
        """What all steps share: keys and values of the text tokens in every block, and the mask."""
        text, padding = self.text(tokens)
        bias = MASKED * padding.to(text.dtype)
        # Image tokens see all of their own.
        mask = F.pad(bias, (self.positions.shape[1], 0))[:, None, None, :]
        return [block.remember(text) for block in self.blocks], mask

    def forward(self, latents, times, read, inner_after=None):
        """Latents [n, positions, channels] at times [n] (0 data, 1 noise) -> the velocity, noise minus data.

        With `inner_after` also the tokens [n, positions, width] after that block, counted from 1."""
        memories, mask = read
        time = self.time(times)
        x = self.input(latents) + self.positions
        inner = None
        for index, (block, memory) in enumerate(zip(self.blocks, memories)):
            x = block(x, memory, mask, time)
            if inner_after == index + 1:
                inner = x
        shift, scale = (time[:, :2] + self.modulation).split(1, dim=1)
        velocity = self.output(self.norm(x) * (1 + scale) + shift)
        return velocity if inner_after is None else (velocity, inner)

    def time(self, times):
        """Times [n] -> modulations [n, 6, width]."""
        half = self.time_input.in_features // 2
        # In single precision whatever the model's is: angles reach 1000, and their rounding is then part
        # of what the features mean.
        exponents = -np.log(np.float32(10_000)) * np.arange(half, dtype=np.float32) / np.float32(half)
        rates = torch.tensor(np.float32(1000) * np.exp(exponents))
        angles = times.float()[:, None] * rates
        features = torch.cat([angles.cos(), angles.sin()], dim=1).to(self.positions.dtype)
        return self.time_output(F.silu(self.time_input(features))).unflatten(1, (6, -1))


def flow_matching_loss(denoiser, latents, noise, times, tokens):
    """Mean squared error of the velocity on the straight way from latents to noise."""
    t = times[:, None, None]
    velocity = denoiser((1 - t) * latents + t * noise, times, denoiser.read(tokens))
    return F.mse_loss(velocity, noise - latents)


# Sampling


def dpm_solver_pp_2m(denoise, x, steps):
    """DPM-Solver++(2M) from noise to data, times at equal distances; `denoise(x, t)` estimates the data.

    Written with the half logarithm of the signal-to-noise ratio, lambda = log(alpha / sigma), as in Lu et
    al. 2022; alpha = 1 - t, sigma = t. It is infinite at both ends, where the step is of first order."""
    last, last_length = None, math.inf
    for left in range(steps, 0, -1):
        t, s = left / steps, (left - 1) / steps
        alpha, alpha_next = (steps - left) / steps, (steps - left + 1) / steps
        estimate = denoise(x, t)
        shrunk = alpha * s / (alpha_next * t)  # e^(-h), h being the length of the step in lambda
        length = -math.log(shrunk) if shrunk > 0 else math.inf
        data = estimate
        if math.isfinite(length) and math.isfinite(last_length):
            ratio = last_length / length
            data = (1 + 1 / (2 * ratio)) * estimate - last / (2 * ratio)
        x = s / t * x + alpha_next * (1 - shrunk) * data
        last, last_length = estimate, length
    return x


def sample(denoiser, conditions, noise, steps=20, guidance=3.0, strength=None):
    """Noise [n, positions, channels] -> latents.

    `conditions`: lists of token sequences, one per row: the prompts; the empty prompt where guidance is
    not 1; the prompts with a concept where there is a `strength` of concept guidance."""
    read = denoiser.read(padded([row for group in conditions for row in group]))

    def estimate(x, t):
        groups = len(conditions)
        times = torch.full((groups * len(x),), t, dtype=x.dtype)
        velocities = list(denoiser(x.repeat(groups, 1, 1), times, read).chunk(groups))
        plain = velocities.pop(0)
        velocity = plain
        if guidance != 1.0:
            empty = velocities.pop(0)
            velocity = empty + guidance * (plain - empty)
        if strength is not None:
            velocity = velocity + strength * (velocities.pop(0) - plain)
        return x - t * velocity

    return dpm_solver_pp_2m(estimate, noise, steps)


# Words


def tokenize(text, words):
    """Token sequence of a text; a list of the known words gives their numbers."""
    number = {word: index + SPECIAL for index, word in enumerate(words)}
    parts = text.lower().replace(",", " , ").replace("-", " ").split()
    return [START, *(number[part] for part in parts), END]


def padded(sequences):
    length = max(map(len, sequences))
    return torch.tensor([[*row, *[PADDING] * (length - len(row))] for row in sequences])


# Weights files


def transposed(model, tensors):
    """Between the files' layout of Linear weights and PyTorch's; the same both ways."""
    linear = {f"{path}.weight" for path, m in model.named_modules() if isinstance(m, nn.Linear)}
    return {name: (t.T if name in linear else t).contiguous() for name, t in tensors.items()}


def read_config(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()[CONFIG_KEY])


def read_into(model, path):
    """Loads all tensors as f32; missing, left over and misshapen ones are errors."""
    tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    model.load_state_dict(transposed(model, tensors), strict=True)
    return model.eval()


def write(model, config, path):
    """Writes a module as FineXL does: f16, with its config in the metadata."""
    tensors = {name: t.half() for name, t in transposed(model, model.state_dict()).items()}
    text = json.dumps(config, separators=(",", ":"))
    save_file(tensors, path, metadata={CONFIG_KEY: text})


def fingerprint(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class MiniDiffusion:
    """Denoiser and autoencoder with their configs."""

    def __init__(self, config, denoiser, autoencoder_config, autoencoder):
        self.config, self.denoiser = config, denoiser
        self.autoencoder_config, self.autoencoder = autoencoder_config, autoencoder
        self.mean, self.deviation = (
            torch.tensor(autoencoder_config[key]) for key in ("latent-mean", "latent-deviation")
        )

    @classmethod
    def open(cls, path):
        """Opens a weights file; that of the autoencoder lies beside it."""
        path = Path(path)
        beside = path.parent / "mini-autoencoder.safetensors"
        config, autoencoder_config = read_config(path), read_config(beside)
        if config["autoencoder"] != fingerprint(beside):
            raise ValueError(f"{path} was trained on the latents of another autoencoder than {beside}")
        autoencoder = read_into(Autoencoder(autoencoder_config["architecture"]), beside)
        shape = latent_shape(autoencoder_config["architecture"])
        denoiser = Denoiser(config["architecture"], shape, len(config["words"]))
        return cls(config, read_into(denoiser, path), autoencoder_config, autoencoder)

    def to(self, dtype):
        for module in (self.denoiser, self.autoencoder):
            module.to(dtype)
        self.mean, self.deviation = self.mean.to(dtype), self.deviation.to(dtype)
        return self

    def latent_shape(self):
        return latent_shape(self.autoencoder_config["architecture"])

    def tokens(self, text):
        tokens = tokenize(text, self.config["words"])
        if len(tokens) > self.config["architecture"]["text"]["context"]:
            raise ValueError(f"too long: {text}")
        return tokens

    def encode(self, images):
        """Images [n, 3, side, side] -> standardised latents [n, positions, channels]."""
        mean, _ = self.autoencoder.encoder(images)
        return (mean.flatten(2).transpose(1, 2) - self.mean) / self.deviation

    def decode(self, latents):
        """The inverse of `encode`, as far as there is one."""
        side = math.isqrt(latents.shape[1])
        grid = (latents * self.deviation + self.mean).transpose(1, 2).unflatten(2, (side, side))
        return self.autoencoder.decoder(grid)

    def noise(self, seed, count):
        """The starting noise of the first prompts of a list."""
        return torch.stack([drawn_noise(seed, index, self.latent_shape()) for index in range(count)])

    def conditions(self, prompts, guidance=3.0, concept=None):
        """Token sequences as `sample` takes them."""
        groups = [[self.tokens(prompt) for prompt in prompts]]
        if guidance != 1.0:
            groups.append([self.tokens("")] * len(prompts))
        if concept is not None:
            groups.append([self.tokens(f"{prompt.removesuffix('.')}, {concept} style") for prompt in prompts])
        return groups

    @torch.inference_mode()
    def generate(self, prompts, seed=0, noise=None, steps=20, guidance=3.0, concept=None, strength=None):
        """Images [n, 3, side, side] in [0, 1]."""
        noise = self.noise(seed, len(prompts)) if noise is None else noise
        conditions = self.conditions(prompts, guidance, concept)
        return self.decode(sample(self.denoiser, conditions, noise, steps, guidance, strength))


def latent_shape(architecture):
    side = architecture["image-size"] // 8
    return side * side, architecture["latent-channels"]


def bytes_of(images):
    """Images [n, 3, side, side] -> 8-bit RGB [n, side, side, 3], rounded to nearest."""
    return (images.clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
