"""What `mer` draws, in numpy: Philox4x32-10 as in src/base/rng.c, and the dropout masks of src/nn/dropout.c.

A draw is a function of (seed, stream, index) alone, so that PyTorch can train with the very same initial head, order of utterances and
masks; the streams are those of src/model/network.c, src/train/trainer.c and src/model/noise.h.
"""

import numpy as np

STREAM_INIT, STREAM_SHUFFLE = 1, 1 << 62
SITES, SITE_MLP = 1 << 16, 1 << 15


def philox(seed, stream, n):
    """Blocks 0 .. n - 1 of a stream: [n, 4] u32."""
    mask, index = np.uint64(0xFFFFFFFF), np.arange(n, dtype=np.uint64)
    c0, c1 = index & mask, index >> np.uint64(32)
    c2, c3 = np.full(n, stream & 0xFFFFFFFF, np.uint64), np.full(n, stream >> 32, np.uint64)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c2 = (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & mask, p0 & mask
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], 1).astype(np.uint32)


def linears(seed, widths):
    """Weights and biases of linear layers, uniform in +-1 / sqrt(inputs), in the order they are drawn: [(weight, bias)]."""
    n = sum((a + 1) * b for a, b in zip(widths, widths[1:]))
    uniform = (philox(seed, STREAM_INIT, (n + 3) // 4).reshape(-1) >> 8).astype(np.float32) * np.float32(2.0**-24)
    out, at = [], 0
    for a, b in zip(widths, widths[1:]):
        values = np.float32(1 / np.sqrt(np.float32(a))) * (2 * uniform[at : at + (a + 1) * b] - 1)
        out.append((values[: a * b].reshape(b, a), values[a * b :]))
        at += (a + 1) * b
    return out


def permutation(seed, epoch, n):
    """The order of the training rows in epoch 0, 1, .."""
    words = iter(philox(seed, STREAM_SHUFFLE + epoch, n).reshape(-1).tolist())
    order = [0] * n
    for i in range(n):
        word = next(words)
        while word < 2**32 % (i + 1):
            word = next(words)
        j = word % (i + 1)
        order[i] = order[j]
        order[j] = i
    return order


def dropout_factors(seed, step, site, rate, n):
    """0 or 1 / (1 - rate) for elements 0 .. n - 1 of a site in a step, which count from 1."""
    threshold = int(np.floor(np.float64(np.float32(rate)) * 65536 + 0.5))
    n_groups = (n + 63) // 64
    words = philox(seed, step * SITES + site, 8 * n_groups).reshape(n_groups, 8, 4).transpose(0, 2, 1)
    bits = np.stack([words & 0xFFFF, words >> 16], 2).reshape(-1)[:n]
    return np.where(bits >= threshold, np.float32(65536 / (65536 - threshold)), np.float32(0))
