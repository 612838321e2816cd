"""mini-autoregressive in PyTorch, written beside the Rust code and not translated from it: for the parity
fixture (generate.py beside it) and for timing (bench_generators.py).

    from mini_autoregressive_reference import MiniAutoregressive
    model = MiniAutoregressive.open("crates/finexl-zoo/weights/mini-autoregressive.safetensors")
    images = model.generate(["red apple"], seed=0)          # [1, 3, 64, 64] in [0, 1]

Modules and parameters have the names that the weights files have, so loading is strict.

Sources: finite scalar quantisation (Mentzer et al. 2024), NADE (Larochelle and Murray 2011) for the
channels of a position, classifier-free guidance (Ho and Salimans 2022) on logits.

Needs torch, safetensors, numpy.
"""

import hashlib
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mini_diffusion_reference as shared
from finexl_noise import chacha8
from mini_diffusion_reference import LayerNorm, TextReader, padded, split


# Tokenizer


class QuantisingEncoder(shared.ImageEncoder):
    """Half the outputs of the variational one: codes and no variances."""

    def __init__(self, a):
        super().__init__(a)
        self.levels = a["levels"]
        self.output = shared.convolution(a["deep-width"], a["latent-channels"], 3)
        self.linear = shared.convolution(3 * 64, a["latent-channels"], 1)

    def bounded(self, images):
        images = 2 * images - 1
        x = self.blocks(self.input(F.pixel_unshuffle(images, 4)))
        x = self.deep_blocks(self.deepen(F.pixel_unshuffle(x, 2)))
        return torch.tanh(self.output(F.relu(x)) + self.linear(F.pixel_unshuffle(images, 8)))

    def forward(self, images):
        """Images [n, 3, side, side] in [0, 1] -> codes in [-1, 1], [n, channels, side / 8, side / 8]."""
        half = (self.levels - 1) / 2
        return torch.round(half * (self.bounded(images) + 1)) / half - 1


class Tokenizer(nn.Module):
    def __init__(self, architecture):
        super().__init__()
        self.encoder = QuantisingEncoder(architecture)
        self.decoder = shared.ImageDecoder(architecture)


# Transformer


class TokenBlock(nn.Module):
    def __init__(self, a):
        super().__init__()
        width = a["width"]
        self.heads = a["heads"]
        self.norm_attention = LayerNorm(width)
        self.to_q, self.to_k, self.to_v, self.to_out = (nn.Linear(width, width) for _ in range(4))
        self.norm_feed_forward = LayerNorm(width)
        self.fc1 = nn.Linear(width, a["hidden"])
        self.fc2 = nn.Linear(a["hidden"], width)

    def forward(self, x, text, mask):
        """Tokens [n, positions, width], text tokens [n, length, width], mask [n, 1, positions, positions +
        length]."""
        seen = self.norm_attention(x)
        q = split(self.to_q(seen), self.heads)
        # Positions and words go through the same keys and values.
        everything = torch.cat([seen, text], dim=1)
        k, v = (split(layer(everything), self.heads) for layer in (self.to_k, self.to_v))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.to_out(mixed.transpose(1, 2).flatten(2))
        return x + self.fc2(F.gelu(self.fc1(self.norm_feed_forward(x)), approximate="tanh"))

    def remember(self, text, positions):
        """Keys and values of text tokens, with room for those of positions behind them."""
        room = (0, 0, 0, positions)
        return [F.pad(split(layer(text), self.heads), room) for layer in (self.to_k, self.to_v)]

    def next(self, x, memory, mask, place):
        """The rows of one position, [n, 1, width], whose keys and values go to a place of the memory."""
        seen = self.norm_attention(x)
        for kept, layer in zip(memory, (self.to_k, self.to_v)):
            kept[:, :, place : place + 1] = split(layer(seen), self.heads)
        k, v = (kept[:, :, : place + 1] for kept in memory)
        q = split(self.to_q(seen), self.heads)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[..., : place + 1])
        x = x + self.to_out(mixed.transpose(1, 2).flatten(2))
        return x + self.fc2(F.gelu(self.fc1(self.norm_feed_forward(x)), approximate="tanh"))


class ChannelHead(nn.Module):
    def __init__(self, a, channels, levels):
        super().__init__()
        inner = a["head-width"]
        self.hidden = nn.Linear(a["width"], inner, bias=False)
        self.channels = nn.Parameter(torch.zeros(channels, inner))
        self.codes = nn.Parameter(torch.zeros(channels, levels, inner))
        self.output = nn.Parameter(torch.zeros(channels, inner, levels))
        self.bias = nn.Parameter(torch.zeros(channels, levels))

    def forward(self, states, tokens):
        """States [n, positions, width] and tokens [n, positions, channels] -> logits [n, positions,
        channels, levels]."""
        state = self.hidden(states)
        logits = []
        for channel in range(len(self.channels)):
            active = F.silu(state + self.channels[channel])
            logits.append(active @ self.output[channel] + self.bias[channel])
            state = state + self.codes[channel][tokens[..., channel]]
        return torch.stack(logits, dim=2)


class TokenTransformer(nn.Module):
    def __init__(self, a, shape, words):
        """`shape`: positions, channels, levels."""
        super().__init__()
        self.shape = shape
        positions, channels, levels = shape
        self.text = TextReader(a["text"], words, a["width"])
        self.input = nn.Linear(channels * levels, a["width"], bias=False)
        self.positions = nn.Parameter(torch.zeros(1, positions, a["width"]))
        self.blocks = nn.ModuleList(TokenBlock(a) for _ in range(a["layers"]))
        self.norm = LayerNorm(a["width"])
        self.head = ChannelHead(a, channels, levels)

    def states(self, tokens, words, inner_after=None):
        """Tokens [n, positions, channels] and words [n, length] -> states [n, positions, width]; with
        `inner_after` also the rows after that block."""
        positions, channels, levels = self.shape
        # The embedding of value v of channel c is row c * levels + v.
        table = self.input.weight.T
        rows = torch.arange(channels) * levels + tokens
        embedded = table[rows].sum(2)
        x = self.positions + F.pad(embedded[:, :-1], (0, 0, 1, 0))
        text, padding = self.text(words)
        causal = torch.full((positions, positions), shared.MASKED, dtype=x.dtype).triu(1)
        hidden = shared.MASKED * padding.to(x.dtype)[:, None, None, :]
        mask = torch.cat(
            [causal.expand(len(x), 1, -1, -1), hidden.expand(-1, -1, positions, -1)], dim=3
        )
        inner = None
        for index, block in enumerate(self.blocks):
            x = block(x, text, mask)
            if inner_after == index + 1:
                inner = x
        states = self.norm(x)
        return states if inner_after is None else (states, inner)

    def forward(self, tokens, words):
        """Logits of every token given all before it, [n, positions, channels, levels]."""
        return self.head(self.states(tokens, words), tokens)


def cross_entropy(model, tokens, words):
    return F.cross_entropy(model(tokens, words).flatten(0, 2), tokens.flatten())


# Sampling


def uniforms(seed, index, count):
    """The numbers in [0, 1) that the tokens of prompt `index` are drawn with."""
    name = hashlib.sha256(b"sampling tokens").digest()[:8]
    keys = b"".join(number.to_bytes(8, "little") for number in (seed, int.from_bytes(name, "little"), index))
    stream = chacha8(hashlib.sha256(b"finexl-seed-1" + keys).digest(), count // 8 + 1)
    return (np.frombuffer(stream, "<u8")[:count] >> np.uint64(11)) * 2.0**-53


def draw(logits, temperature, top_k, uniform):
    """The level at which the cumulative sums of the likeliest ones pass a number."""
    order = sorted(range(len(logits)), key=lambda level: (-logits[level], level))
    if temperature == 0:
        return order[0]
    kept = sorted(order[:top_k])
    weights = [math.exp((logits[level] - logits[order[0]]) / temperature) for level in kept]
    left = uniform * sum(weights)
    for level, weight in zip(kept, weights):
        left -= weight
        if left < 0:
            return level
    return kept[-1]


def sample(model, conditions, numbers, guidance=2.0, temperature=1.0, top_k=None):
    """Tokens [n, positions, channels]; `conditions`: token sequences of prompts, and of the empty prompt
    where guidance is not 1; `numbers`: [n, positions * channels] in [0, 1)."""
    positions, channels, _ = model.shape
    n = len(conditions[0])
    words = padded([row for group in conditions for row in group])
    tokens = torch.zeros(n, positions, channels, dtype=torch.long)
    for position in range(positions):
        for channel in range(channels):
            # All is computed anew for every token.
            logits = model(tokens.repeat(len(conditions), 1, 1), words)[:, position, channel]
            if guidance != 1.0:
                logits = logits[n:] + guidance * (logits[:n] - logits[n:])
            for row in range(n):
                number = numbers[row][position * channels + channel]
                tokens[row, position, channel] = draw(logits[row].tolist(), temperature, top_k, number)
    return tokens


def draw_all(logits, temperature, uniforms):
    """As `draw` from all levels, rows [n, levels] at once."""
    if temperature == 0:
        return logits.argmax(1)
    sums = (logits.double() / temperature).softmax(1).cumsum(1)
    return (sums <= uniforms[:, None] * sums[:, -1:]).sum(1)


@torch.inference_mode()
def sample_cached(model, conditions, numbers, guidance=2.0, temperature=1.0):
    """As `sample`, but nothing is computed twice; for timing. `numbers` is a tensor."""
    positions, channels, levels = model.shape
    groups, n = len(conditions), len(conditions[0])
    words = padded([row for group in conditions for row in group])
    text, padding = model.text(words)
    mask = F.pad(shared.MASKED * padding.to(text.dtype), (0, positions))[:, None, None, :]
    memories = [block.remember(text, positions) for block in model.blocks]
    head, table = model.head, model.input.weight.T.contiguous()
    firsts = torch.arange(channels) * levels
    tokens = torch.zeros(n, positions, channels, dtype=torch.long)
    for position in range(positions):
        x = model.positions[:, position : position + 1].expand(groups * n, -1, -1)
        if position > 0:
            before = table[firsts + tokens[:, position - 1]].sum(1, keepdim=True)
            x = x + before.repeat(groups, 1, 1)
        for block, memory in zip(model.blocks, memories):
            x = block.next(x, memory, mask, words.shape[1] + position)
        state = head.hidden(model.norm(x[:, 0]))
        for channel in range(channels):
            logits = F.silu(state + head.channels[channel]) @ head.output[channel] + head.bias[channel]
            if guidance != 1.0:
                logits = logits[n:] + guidance * (logits[:n] - logits[n:])
            drawn = draw_all(logits, temperature, numbers[:, position * channels + channel])
            tokens[:, position, channel] = drawn
            state = state + head.codes[channel][drawn].repeat(groups, 1)
    return tokens


class MiniAutoregressive:
    """Transformer and tokenizer with their configs."""

    def __init__(self, config, transformer, tokenizer_config, tokenizer):
        self.config, self.transformer = config, transformer
        self.tokenizer_config, self.tokenizer = tokenizer_config, tokenizer

    @classmethod
    def open(cls, path):
        """Opens a weights file; that of the tokenizer lies beside it."""
        path = Path(path)
        beside = path.parent / "mini-tokenizer.safetensors"
        config, tokenizer_config = shared.read_config(path), shared.read_config(beside)
        if config["autoencoder"] != shared.fingerprint(beside):
            raise ValueError(f"{path} was trained on the tokens of another autoencoder than {beside}")
        architecture = tokenizer_config["architecture"]
        tokenizer = shared.read_into(Tokenizer(architecture), beside)
        transformer = TokenTransformer(
            config["architecture"], token_shape(architecture), len(config["words"])
        )
        return cls(config, shared.read_into(transformer, path), tokenizer_config, tokenizer)

    def to(self, dtype):
        self.transformer.to(dtype)
        self.tokenizer.to(dtype)
        return self

    @property
    def levels(self):
        return self.tokenizer_config["architecture"]["levels"]

    def tokens(self, codes):
        """Codes in [-1, 1] -> levels."""
        return torch.round((codes + 1) / 2 * (self.levels - 1)).long()

    def codes(self, tokens):
        return 2 * tokens / (self.levels - 1) - 1

    def encode(self, images):
        """Images [n, 3, side, side] -> codes [n, positions, channels]."""
        return self.tokenizer.encoder(images).flatten(2).transpose(1, 2)

    def decode(self, codes):
        side = math.isqrt(codes.shape[1])
        return self.tokenizer.decoder(codes.transpose(1, 2).unflatten(2, (side, side)))

    def words(self, prompts):
        return [shared.tokenize(prompt, self.config["words"]) for prompt in prompts]

    @torch.inference_mode()
    def generate(self, prompts, seed=0, guidance=2.0, temperature=1.0, top_k=None):
        """Images [n, 3, side, side] in [0, 1]."""
        conditions = [self.words(prompts)]
        if guidance != 1.0:
            conditions.append(self.words([""] * len(prompts)))
        positions, channels, _ = self.transformer.shape
        numbers = [uniforms(seed, index, positions * channels) for index in range(len(prompts))]
        tokens = sample(self.transformer, conditions, numbers, guidance, temperature, top_k)
        return self.decode(self.codes(tokens).to(self.transformer.positions.dtype))


def token_shape(architecture):
    side = architecture["image-size"] // 8
    return side * side, architecture["latent-channels"], architecture["levels"]
