#!/usr/bin/env python3
"""Times the 13 MFCC of torchaudio and of librosa, with the settings of mer's (docs/exactness.md), on a synthetic sound at 16 kHz.

Usage:    mfcc.py [--seconds 5] [--n 200] [--settings torchaudio,librosa] [--threads 1]
"""

import argparse
import warnings

import numpy as np
import peers


def torchaudio_mfcc(samples, threads):
    import torch
    import torchaudio

    torch.set_num_threads(threads)
    mfcc, samples = torchaudio.transforms.MFCC(16000, n_mfcc=13), torch.from_numpy(samples)

    def run():
        with torch.inference_mode():
            mfcc(samples)

    return run


def librosa_mfcc(samples, _):
    import librosa

    how = {"sr": 16000, "n_mfcc": 13, "n_fft": 400, "hop_length": 200, "n_mels": 128, "htk": True, "norm": "ortho"}
    return lambda: librosa.feature.mfcc(y=samples, **how)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--seconds", type=float, default=5)
    ap.add_argument("--settings", default="torchaudio,librosa")
    ap.add_argument("--n", type=int, default=200)
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    warnings.simplefilter("ignore")  # empty mel bands: 128 are more than the transform has room for
    n = round(args.seconds * 16000)
    samples = (0.3 * np.sin(np.arange(n) * 0.0875) + 0.02 * np.random.default_rng(0).random(n)).astype(np.float32)
    for setting in args.settings.split(","):
        run = {"torchaudio": torchaudio_mfcc, "librosa": librosa_mfcc}[setting](samples, args.threads)
        peers.report("features", setting, f"{setting}, {args.threads} thread{'s' * (args.threads > 1)}", peers.measure(run, args.n, 10))


if __name__ == "__main__":
    main()
