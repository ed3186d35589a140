#!/usr/bin/env python3
"""Compares the library's probabilities of speech with those of Silero's network in ONNX Runtime on given sound files.

Usage:    voice_parity.py LIBRARY ENCODER ONNX FILE...
          LIBRARY: build/release/src/libmer.so; ENCODER: the folder of tools/get-encoder silero-vad; ONNX: silero_vad.onnx of
          the PyPI package silero-vad (unzip its wheel)
Both sides get the samples that the library decodes. Prints the largest and the mean absolute
difference, and fails if the largest is above 1e-3. The sound is pushed whole, and again in pieces of random size: the bytes
must be the same.

Needs numpy, onnxruntime. Made with onnxruntime 1.32.0, silero-vad 6.2.3.
"""

import sys

import numpy as np
from mer_voice import Silero, Voice

TOLERANCE = 1e-3


def in_pieces(voice, samples, rng):
    probs, at = [], 0
    while at < len(samples):
        n = int(rng.integers(1, 3000))
        probs.append(voice.push(np.ascontiguousarray(samples[at : at + n])))
        at += n
    return np.concatenate([*probs, voice.finish()])


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    mine, original, rng = Voice(*sys.argv[1:3]), Silero(sys.argv[3]), np.random.default_rng(1)
    worst, total, n, speech, in_parts = 0.0, 0.0, 0, 0, True
    for path in sys.argv[4:]:
        samples = mine.decode(path)
        found, expected = mine.whole(samples), original.whole(samples)
        in_parts &= np.array_equal(found, in_pieces(mine, samples, rng))
        difference = np.abs(found - expected)
        worst, total, n = max(worst, difference.max(initial=0)), total + difference.sum(), n + len(found)
        speech += int((expected >= 0.5).sum())
    print(f"{len(sys.argv) - 4} files, {n} frames, {speech} of them speech: largest difference {worst:.2e}, mean {total / n:.2e}")
    print("in pieces: the same bytes" if in_parts else "in pieces: OTHER BYTES")
    return int(not (worst <= TOLERANCE and in_parts))


if __name__ == "__main__":
    sys.exit(main())
