"""mini-captioner in PyTorch, written beside the Rust code and not translated from it, for the parity fixture
in crates/finexl-zoo/tests/fixtures/mini_captioner.

    from mini_captioner_reference import MiniCaptioner
    model = MiniCaptioner.open("crates/finexl-zoo/weights/mini-captioner.safetensors", token_width=192)
    model.caption(image_tokens, beams=4)                    # image_tokens: [tokens, 192], those of mini-clip

Every caption is read by itself, whole and without a cache; the Rust code reads many as a tree. Modules and
parameters have the names that the weights files have, see mini_diffusion_reference.py.

Needs torch, safetensors, numpy.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from mini_diffusion_reference import (
    END,
    PADDING,
    SPECIAL,
    START,
    FeedForward,
    LayerNorm,
    read_config,
    read_into,
    split,
    tokenize,
)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, memory, causal):
        q = split(self.query(x), self.heads)
        k, v = split(self.key(memory), self.heads), split(self.value(memory), self.heads)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.output(mixed.transpose(1, 2).flatten(2))


class DecoderLayer(nn.Module):
    """Norms come first: `norm_3` is that of the words' attention, `norm_1` that of the image's."""

    def __init__(self, a):
        super().__init__()
        width = a["width"]
        self.self_attn = Attention(width, a["heads"])
        self.cross_attn = Attention(width, a["heads"])
        self.pwff = FeedForward(width, a["hidden"])
        self.norm_1, self.norm_2, self.norm_3 = (LayerNorm(width) for _ in range(3))

    def forward(self, x, memory):
        seen = self.norm_3(x)
        x = x + self.self_attn(seen, seen, causal=True)
        x = x + self.cross_attn(self.norm_1(x), memory, causal=False)
        return x + self.pwff(self.norm_2(x))


class Decoder(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(a) for _ in range(a["layers"]))


class CaptionDecoder(nn.Module):
    def __init__(self, a, token_width, words):
        super().__init__()
        width, vocabulary = a["width"], words + SPECIAL
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(a["context"], width))
        self.image = nn.Linear(token_width, width)
        self.decoder = Decoder(a)
        self.norm = LayerNorm(width)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, tokens, images):
        """Words [n, length] and image tokens [n, tokens, token width] -> logits [n, length, vocabulary]."""
        x = self.words(tokens) + self.positions[: tokens.shape[1]]
        memory = self.image(images)
        for layer in self.decoder.layers:
            x = layer(x, memory)
        return self.output(self.norm(x))


class MiniCaptioner:
    def __init__(self, config, decoder):
        self.config, self.decoder = config, decoder

    @classmethod
    def open(cls, path, token_width):
        config = read_config(path)
        decoder = CaptionDecoder(config["architecture"], token_width, len(config["words"]))
        return cls(config, read_into(decoder, path))

    def to(self, dtype):
        self.decoder.to(dtype)
        return self

    def tokens(self, text):
        """Token sequence of a caption, start and end included."""
        return tokenize(text, self.config["words"])

    def text(self, tokens):
        words = [self.config["words"][token - SPECIAL] for token in tokens if token >= SPECIAL]
        return " ".join(words).replace(" ,", ",")

    @torch.inference_mode()
    def next_words(self, tokens, image):
        """Log-probabilities [length, vocabulary] of the word behind each, for one image [tokens, width]."""
        logits = self.decoder(torch.tensor([tokens]), image[None])
        return logits[0].log_softmax(1)

    def log_likelihood(self, tokens, image, known):
        """Of all tokens behind the first `known` ones."""
        log_probabilities = self.next_words(tokens[:-1], image)
        return sum(log_probabilities[i - 1, tokens[i]] for i in range(known, len(tokens)))

    def caption_log_likelihood(self, beginning, continuation, image):
        known = len(self.tokens(beginning)) - 1
        return self.log_likelihood(self.tokens(beginning + continuation), image, known)

    def aspects(self, beginning, phrases, image):
        """Probabilities of no aspect and of each phrase as the first one named, [1 + phrases]."""
        start = self.tokens(beginning)[:-1]
        scores = [self.log_likelihood([*start, END], image, len(start))]
        for phrase in phrases:
            ways = (self.tokens(f"{beginning}, {phrase} {behind}")[:-1] for behind in ("style", "and", ","))
            ways = [self.log_likelihood(tokens, image, len(start)) for tokens in ways]
            scores.append(torch.stack(ways).logsumexp(0))
        return torch.stack(scores).softmax(0)

    def loss(self, captions, images):
        """Mean negative log-likelihood of all words of all captions."""
        tokens = [self.tokens(caption) for caption in captions]
        total = sum(self.log_likelihood(row, image, 1) for row, image in zip(tokens, images))
        return -total / sum(len(row) - 1 for row in tokens)

    def caption(self, image, beams=1):
        """A likely caption by beam search."""
        start, finished, longest = [([START], 0.0)], ([START], -math.inf), self.config["architecture"]["context"]
        open_ = start
        while open_ and len(open_[0][0]) < longest:
            longer = []
            for tokens, score in open_:
                following = self.next_words(tokens, image)[-1].tolist()
                longer += [([*tokens, t], score + following[t]) for t in range(END, len(following))]
            longer.sort(key=lambda beam: -beam[1])
            longer = longer[:beams]
            ended = [beam for beam in longer if beam[0][-1] == END]
            finished = max([finished, *ended], key=lambda beam: beam[1])
            open_ = [beam for beam in longer if beam[0][-1] != END and beam[1] > finished[1]]
        best = finished if finished[1] > -math.inf else open_[0]
        return self.text(best[0])


assert PADDING < START < END < SPECIAL
