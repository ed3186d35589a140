#!/usr/bin/env python3
"""Compares `mer features` with torchaudio on given sound files: 13 MFCC of 16 kHz, 401 frames.

Usage:    mfcc_parity.py MER FILE...        MER: the program, build/release/mer
Prints the largest and the mean absolute difference for each sampling rate, and fails if the largest is above the
tolerance. For files of 16 kHz that is 1e-2: two orders of summation in f32, seen in the quietest bands. Other rates are
resampled by torchaudio.functional.resample with its defaults, whose filter `mer` has too; 2e-2, because bands beyond the
band of the source hold nothing but rounding. Opus is not comparable: libsndfile decodes it at the rate of its input,
FFmpeg at 48 kHz.

Needs torch, torchaudio, soundfile, numpy. Made with torch 2.15.0, torchaudio 2.11.0, soundfile 0.14.0.
"""

import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import soundfile
import torch
import torchaudio

warnings.simplefilter("ignore")  # that some bands have no bin
RATE, FRAMES = 16000, 401
TOLERANCE, TOLERANCE_RESAMPLED = 1e-2, 2e-2
MFCC = torchaudio.transforms.MFCC(sample_rate=RATE, n_mfcc=13, melkwargs={"n_fft": 400, "hop_length": 200, "n_mels": 128})


def expected(path):
    """The source's rate and torchaudio's [13, 401] of a file."""
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = torch.from_numpy(x).mean(1)
    if rate != RATE:
        mono = torchaudio.functional.resample(mono, rate, RATE)
    mfcc = MFCC(mono[None])[0].numpy()[:, :FRAMES]
    return rate, np.pad(mfcc, ((0, 0), (0, FRAMES - mfcc.shape[1])))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, files = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "mfcc.npy")
        subprocess.run([program, "features", "--quiet", "-o", out, *files], check=True)
        found = np.load(out).reshape(len(files), 13, FRAMES)
    differences = {}
    for path, mine in zip(files, found):
        rate, theirs = expected(path)
        differences.setdefault(rate, []).append(np.abs(mine - theirs))
    failed = False
    for rate, values in sorted(differences.items()):
        failed |= not np.max(values) <= (TOLERANCE if rate == RATE else TOLERANCE_RESAMPLED)
        print(f"{rate} Hz: {len(values)} files, largest difference {np.max(values):.2e}, mean {np.mean(values):.2e}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
