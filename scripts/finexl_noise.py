"""FineXL's starting noise in numpy, so that PyTorch makes pictures from the same.

Needs torch, numpy.
"""

import hashlib
import math

import numpy as np
import torch


def chacha8(key, blocks):
    """The first blocks of ChaCha with 8 rounds (Bernstein 2008), nonce 0, as 64-bit words."""
    initial = np.empty((blocks, 16), np.uint32)
    initial[:, :4] = np.frombuffer(b"expand 32-byte k", "<u4")
    initial[:, 4:12] = np.frombuffer(key, "<u4")
    initial[:, 12:] = 0
    initial[:, 12] = np.arange(blocks)
    x = initial.T.copy()

    def quarter(a, b, c, d):
        for to, by, turned, turn in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
            x[to] += x[by]
            x[turned] ^= x[to]
            x[turned] = x[turned] << np.uint32(turn) | x[turned] >> np.uint32(32 - turn)

    for _ in range(4):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter(column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12)
    return (x.T + initial).astype("<u4").tobytes()


def ziggurat_table():
    """Edges of the 256 layers of equal area under exp(-x^2 / 2) (Doornik 2005)."""
    edge, bottom = 3.654152885361008796, 3.910757959537090045
    area = bottom * math.exp(-edge * edge / 2)
    edges = [bottom, edge]
    for _ in range(254):
        edges.append(math.sqrt(-2 * math.log(math.exp(-edges[-1] ** 2 / 2) + area / edges[-1])))
    return [*edges, 0.0]


EDGES = ziggurat_table()
HEIGHTS = [math.exp(-x * x / 2) for x in EDGES]


def drawn_noise(seed, index, shape):
    """FineXL's starting noise of prompt `index`: ChaCha8 keyed by a SHA-256 of seed and index, made
    standard normal by the ziggurat of the Rust crate rand_distr."""
    count = math.prod(shape)
    name = hashlib.sha256(b"sampling noise").digest()[:8]
    keys = b"".join(number.to_bytes(8, "little") for number in (seed, int.from_bytes(name, "little"), index))
    stream = chacha8(hashlib.sha256(b"finexl-seed-1" + keys).digest(), count // 4 + 64)
    words = iter(np.frombuffer(stream, "<u8").tolist())
    return torch.tensor([normal(words) for _ in range(count)], dtype=torch.float32).reshape(shape)


def normal(words):
    while True:
        bits = next(words)
        layer = bits & 0xFF
        u = (bits >> 12) * 2.0**-51 - 1.0
        x = u * EDGES[layer]
        if abs(x) < EDGES[layer + 1]:
            return x
        if layer == 0:
            return tail(words, u)
        between = (next(words) >> 11) * 2.0**-53
        if HEIGHTS[layer + 1] + (HEIGHTS[layer] - HEIGHTS[layer + 1]) * between < math.exp(-x * x / 2):
            return x


def tail(words, u):
    """Beyond the last edge (Marsaglia 1964)."""
    x, y = 1.0, 0.0
    while -2 * y < x * x:
        x, y = (math.log(((next(words) >> 12) + 0.5) * 2.0**-52) for _ in range(2))
        x /= EDGES[1]
    return x - EDGES[1] if u < 0 else EDGES[1] - x
