"""What filters that draw the picture anew share: fewer colours, the way that forms run, ink."""
import math

import numpy as np
from PIL import Image
from scipy import ndimage

from .core import gradient, luma, mix, places, soft


def picture(x):
    return Image.fromarray((np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8))


def array(image):
    return np.asarray(image.convert("RGB"), np.float32) / 255


def calm(x, size, times=1):
    """Small detail goes, edges stay (median of every channel)."""
    for _ in range(times):
        x = np.stack([ndimage.median_filter(x[..., c], size) for c in range(3)], 2)
    return x


def few(x, count):
    """The nearest of so many colours of the picture's own: their centres and which one is where."""
    small_ = x.reshape(-1, 3)[:: max(1, x.shape[0] * x.shape[1] // 4000)]
    order = np.argsort(luma(small_))
    centres = small_[order[np.linspace(0, len(order) - 1, count).astype(int)]].copy()
    for _ in range(8):
        near = ((small_[:, None] - centres) ** 2).sum(2).argmin(1)
        for c in range(count):
            if (near == c).any():
                centres[c] = small_[near == c].mean(0)
    label = np.stack([((x - c) ** 2).sum(2) for c in centres]).argmin(0)
    return centres, label


def majority(label, size, count):
    """Every place takes the label most frequent about it."""
    votes = np.stack([ndimage.uniform_filter((label == c).astype(np.float32), size) for c in range(count)])
    return votes.argmax(0)


def tangent(x, sigma):
    """The way edges run, as an angle at every place."""
    gy, gx = gradient(luma(x), 0.8)
    a, b, c = (soft(q, sigma) for q in (gx * gx, gx * gy, gy * gy))
    return 0.5 * np.arctan2(2 * b, a - c) + math.pi / 2


def along(plane, angle, length):
    """Mean of a plane along lines that follow the angle, `length` pixels to either side."""
    h, w = angle.shape
    out, v0, u0 = plane.copy(), *places(plane)
    for sign in (1, -1):
        v, u = v0, u0
        way = np.full_like(angle, float(sign))
        last = None
        for _ in range(int(length)):
            iy, ix = np.clip(np.rint(v), 0, h - 1).astype(int), np.clip(np.rint(u), 0, w - 1).astype(int)
            a = angle[iy, ix]
            dy, dx = np.sin(a) * way, np.cos(a) * way
            if last is not None:
                back = np.where(dy * last[0] + dx * last[1] < 0, -1, 1)
                way, dy, dx = way * back, dy * back, dx * back
            last = dy, dx
            v, u = v + dy, u + dx
            out = out + plane[np.clip(np.rint(v), 0, h - 1).astype(int), np.clip(np.rint(u), 0, w - 1).astype(int)]
    return out / (2 * int(length) + 1)


def inked(x, line, colour=0.03):
    return mix(x, colour, np.clip(line, 0, 1)[..., None])
