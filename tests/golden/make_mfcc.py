"""Golden MFCC and log-mel of torchaudio for short synthetic signals.

Makes mfcc/<name>.wav (16 kHz mono 16 bit; `long.flac`), from formulas, and mfcc/mfcc.safetensors with, for each name,
  <name>         [13, F] f32  torchaudio.transforms.MFCC: 13 coefficients, n_fft 400, hop 200, 128 mels, its defaults otherwise;
                              F = 1 + N / 200 frames, not padded to 401 and, for `long` (F = 481), not truncated
  logmel.chirp   [64, F] f32  MelSpectrogram with 64 bands, the same STFT, then 10 log10 with top_db 80
The 80 dB are below the maximum of the whole clip; that of `long` lies beyond the 401 frames which are kept.

Recorded clips, and other rates, are compared by tests/parity/mfcc_parity.py.

Versions: torch 2.15.0, torchaudio 2.11.0, soundfile 0.14.0.
Command:  python make_mfcc.py [--out mfcc]
"""

import argparse
import os
import warnings

import numpy as np
import soundfile
import torch
import torchaudio
from safetensors.numpy import save_file

RATE = 16000
STFT = {"n_fft": 400, "hop_length": 200}


def signals():
    rng = np.random.default_rng(4)
    t = lambda seconds: np.arange(int(RATE * seconds)) / RATE
    chirp = 0.5 * np.sin(2 * np.pi * (80 * t(1.0) + 3600 * t(1.0) ** 2)) + 0.02 * rng.standard_normal(RATE)
    impulse = np.zeros(4000)
    impulse[1234] = 0.99
    tones = sum(a * np.sin(2 * np.pi * f * t(0.9)) for a, f in ((0.4, 220), (0.2, 1331), (0.1, 3990), (0.01, 7500)))
    onset = np.concatenate([np.zeros(9600), 0.3 * np.sin(2 * np.pi * 700 * t(0.4)) * np.exp(-4 * t(0.4))])
    short = 0.2 * np.sin(2 * np.pi * 150 * t(0.7)) * np.sin(2 * np.pi * 3 * t(0.7)) ** 2 + 0.05 * rng.standard_normal(11200)
    long = 0.002 * np.sin(2 * np.pi * 300 * t(6.0)) + 3e-4 * rng.standard_normal(96000)
    long[84000:92000] += 0.8 * np.sin(2 * np.pi * 500 * t(0.5))
    return {
        "chirp": chirp,
        "impulse": impulse,
        "tones": tones,
        "onset": onset,
        "short": short,
        "long": long,
        "silence": np.zeros(1600),
        "loud": np.sign(np.sin(2 * np.pi * 440 * t(0.2))),
        "n400": 0.3 * rng.standard_normal(400),
        "n399": 0.3 * rng.standard_normal(399),
        "n201": 0.3 * rng.standard_normal(201),
    }


def mfcc(x):
    transform = torchaudio.transforms.MFCC(sample_rate=RATE, n_mfcc=13, melkwargs=STFT | {"n_mels": 128})
    return transform(torch.from_numpy(x)[None])[0].numpy()


def logmel(x):
    mel = torchaudio.transforms.MelSpectrogram(sample_rate=RATE, n_mels=64, **STFT)(torch.from_numpy(x)[None])
    return torchaudio.transforms.AmplitudeToDB("power", 80.0)(mel)[0].numpy()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "mfcc"))
    args = ap.parse_args()
    warnings.simplefilter("ignore")
    out = {}
    for name, x in signals().items():
        path = os.path.join(args.out, name + (".flac" if name == "long" else ".wav"))
        soundfile.write(path, np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16), RATE, subtype="PCM_16")
        x, _ = soundfile.read(path, dtype="float32")
        out[name] = mfcc(x)
        if name == "chirp":
            out["logmel." + name] = logmel(x)
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, os.path.join(args.out, "mfcc.safetensors"))
    for name, a in out.items():
        print(name, a.shape, a.min(), a.max())


if __name__ == "__main__":
    main()
