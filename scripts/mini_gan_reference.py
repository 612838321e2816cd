"""mini-gan in PyTorch, written beside the Rust code and not translated from it: for the parity fixture
(generate.py beside it) and for timing (bench_generators.py).

    from mini_gan_reference import MiniGan
    model = MiniGan.open("crates/finexl-zoo/weights/mini-gan.safetensors")
    images = model.generate(["red apple"], seed=0)          # [1, 3, 64, 64] in [0, 1]

Modules and parameters have the names that the weights files have, so loading is strict.

Sources: style-based generator (Karras et al. 2019), relativistic pairing loss (Jolicoeur-Martineau 2018;
Huang et al. 2024, R3GAN), words off the discriminator (Odena et al. 2017, AC-GAN), slopes by differences
(Lin et al. 2025), distance from the paired image (Isola et al. 2017, pix2pix), closed-form directions (Shen and Zhou 2021, SeFa).

Needs torch, safetensors, numpy.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import mini_diffusion_reference as shared
from finexl_noise import drawn_noise
from mini_autoregressive_reference import TokenBlock
from mini_diffusion_reference import MASKED, DenoiserBlock, LayerNorm, TextReader, padded


def normalised(x):
    """Rows with a mean square of 1."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-8)


def mask_of(padding, tokens, dtype):
    """What is added to logits of tokens to tokens and to words, [n, 1, 1, tokens + length]."""
    return F.pad(MASKED * padding.to(dtype), (tokens, 0))[:, None, None, :]


# Generator


class MappingNetwork(nn.Module):
    def __init__(self, latent, width):
        super().__init__()
        self.hidden = nn.Linear(latent + width, width)
        self.output = nn.Linear(width, width)

    def forward(self, z, text):
        x = torch.cat([normalised(z), normalised(text)], dim=1)
        return normalised(self.output(F.silu(self.hidden(x))))


class StyleGenerator(nn.Module):
    def __init__(self, a, latents, words):
        """`latents`: positions and channels."""
        super().__init__()
        positions, channels = latents
        width = a["width"]
        self.text = TextReader(a["text"], words, width)
        self.mapping = MappingNetwork(a["latent-width"], width)
        self.positions = nn.Parameter(torch.zeros(1, positions, width))
        self.styles = nn.Linear(width, 6 * width, bias=False)
        self.blocks = nn.ModuleList(DenoiserBlock(a) for _ in range(a["layers"]))
        self.norm = LayerNorm(width)
        self.output = nn.Linear(width, channels)

    def place(self, z, tokens):
        """z [n, latent] and words [n, length] -> w [n, width]."""
        text, padding = self.text(tokens)
        kept = (~padding).to(text.dtype)[:, :, None]
        return self.mapping(z, (text * kept).sum(1) / kept.sum(1))

    def paint(self, w, tokens):
        """w [n, width] and words [n, length] -> latents [n, positions, channels]."""
        text, padding = self.text(tokens)
        mask = mask_of(padding, self.positions.shape[1], text.dtype)
        styles = self.styles(w).unflatten(1, (6, -1))
        x = self.positions.expand(len(w), -1, -1)
        for block in self.blocks:
            x = block(x, block.remember(text), mask, styles)
        return self.output(self.norm(x))

    def forward(self, z, tokens):
        return self.paint(self.place(z, tokens), tokens)


def closed_form(generator):
    """Unit vectors along which the modulations move fastest, [width, width], the fastest first; signs are
    arbitrary."""
    _, _, directions = torch.linalg.svd(generator.styles.weight, full_matrices=False)
    return directions


# Discriminator


class Discriminator(nn.Module):
    def __init__(self, a, latents, words):
        super().__init__()
        positions, channels = latents
        d = a["discriminator"]
        width = d["width"]
        self.text = TextReader(a["text"], words, width)
        self.input = nn.Linear(channels, width)
        self.positions = nn.Parameter(torch.zeros(1, positions, width))
        self.trunk = nn.ModuleList(TokenBlock(d) for _ in range(d["trunk"]))
        self.words_norm = LayerNorm(width)
        self.words = nn.Linear(width, words)
        self.blocks = nn.ModuleList(TokenBlock(d) for _ in range(d["layers"]))
        self.norm = LayerNorm(width)
        self.output = nn.Linear(width, 1)

    def forward(self, latents, tokens):
        """Latents [n, positions, channels] and words [n, length] -> logits [n], logits of words [n, words]."""
        text, padding = self.text(tokens)
        x = self.input(latents) + self.positions
        # Without words: an empty text, nothing masked.
        alone = torch.zeros(len(x), 1, 1, x.shape[1], dtype=x.dtype)
        for block in self.trunk:
            x = block(x, text[:, :0], alone)
        words = self.words(self.words_norm(x).mean(1))
        for block in self.blocks:
            x = block(x, text, mask_of(padding, x.shape[1], x.dtype))
        return self.output(self.norm(x).mean(1))[:, 0], words


# Game


def words_lost(logits, present):
    """Mean cross entropy of the words that are there plus that of those that are not, [n]; 0 for rows
    without words."""
    each = F.binary_cross_entropy_with_logits(logits, present, reduction="none")
    found = (each * present).sum(1) / present.sum(1).clamp(min=1)
    absent = (each * (1 - present)).sum(1) / (1 - present).sum(1).clamp(min=1)
    return (found + absent) * (present.sum(1) > 0)


def losses(gan, real, tokens, z, step, at_real):
    """What generator and discriminator lower, with what is in it; `at_real` [n] says where the slope is
    measured."""
    weights = gan.weights
    fake = gan.generator(z, tokens)
    count = gan.discriminator.words.out_features
    present = torch.zeros(len(real), count + shared.SPECIAL, dtype=real.dtype)
    present = present.scatter(1, tokens, 1.0)[:, shared.SPECIAL :]

    on_real, words_real = gan.discriminator(real, tokens)
    on_shown, _ = gan.discriminator(fake.detach(), tokens)
    distance = weights["slope-distance"]
    point = torch.where(at_real[:, None, None], real, fake.detach())
    beside, _ = gan.discriminator(point + distance * step, tokens)
    slope = ((beside - torch.where(at_real, on_real, on_shown)) / distance).square().mean()
    lost_real = words_lost(words_real, present).mean()
    discriminator = F.softplus(on_shown - on_real).mean()
    discriminator = discriminator + weights["words"] * lost_real + weights["slope"] * slope

    frozen = {name: p.detach() for name, p in gan.discriminator.named_parameters()}
    seen, words_seen = torch.func.functional_call(gan.discriminator, frozen, (fake, tokens))
    lost_fake = words_lost(words_seen, present).mean()
    generator = F.softplus(on_real.detach() - seen).mean() + weights["words"] * lost_fake
    apart = (fake - real).square().mean()
    generator = generator + weights["fidelity"] * apart
    return {
        "generator": generator,
        "discriminator": discriminator,
        "margin": (on_real - on_shown).mean(),
        "slope": slope,
        "distance": apart,
        "words_real": lost_real,
        "words_fake": lost_fake,
    }


class Gan(nn.Module):
    def __init__(self, a, latents, words):
        super().__init__()
        self.generator = StyleGenerator(a, latents, words)
        self.discriminator = Discriminator(a, latents, words)
        self.weights = a["losses"]


class MiniGan(shared.MiniDiffusion):
    """Both players and the autoencoder with their configs; `denoiser` is the GAN."""

    @classmethod
    def open(cls, path):
        """Opens a weights file; that of the autoencoder lies beside it."""
        path = Path(path)
        beside = path.parent / "mini-autoencoder.safetensors"
        config, autoencoder_config = shared.read_config(path), shared.read_config(beside)
        if config["autoencoder"] != shared.fingerprint(beside):
            raise ValueError(f"{path} was trained on the latents of another autoencoder than {beside}")
        autoencoder = shared.read_into(
            shared.Autoencoder(autoencoder_config["architecture"]), beside
        )
        shape = shared.latent_shape(autoencoder_config["architecture"])
        gan = Gan(config["architecture"], shape, len(config["words"]))
        return cls(config, shared.read_into(gan, path), autoencoder_config, autoencoder)

    @property
    def gan(self):
        return self.denoiser

    def noise(self, seed, count):
        """What the first prompts of a list are drawn from, [count, latent]."""
        latent = self.config["architecture"]["latent-width"]
        return torch.stack([drawn_noise(seed, index, (latent,)) for index in range(count)])

    @torch.inference_mode()
    def generate(self, prompts, seed=0, noise=None, direction=None, distance=0.0):
        """Images [n, 3, side, side] in [0, 1]; `direction` [width] is walked along."""
        z = self.noise(seed, len(prompts)) if noise is None else noise
        tokens = padded([self.tokens(prompt) for prompt in prompts])
        w = self.gan.generator.place(z, tokens)
        if direction is not None:
            w = w + distance * direction
        return self.decode(self.gan.generator.paint(w, tokens))


def parameters(architecture, latents, words):
    """Numbers of generator and discriminator."""
    gan = Gan(architecture, latents, words)
    return [sum(p.numel() for p in player.parameters()) for player in (gan.generator, gan.discriminator)]
