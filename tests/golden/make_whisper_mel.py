"""Golden log-mel of transformers' WhisperFeatureExtractor for the signals of make_mfcc.py.

Makes mfcc/whisper.safetensors with, for each name,
  <name>          [80, F] f32   of the natural length, F = N / 160 (at least 1); a sound that reflection cannot pad is extended with zeros first
  bands128.chirp  [128, F] f32  with 128 bands
  padded.<name>   [80, P] f32   padded with zeros to 30 s, then computed: the first P = F + 3 of 3000 frames, after which all are the same

Versions: torch 2.15.0, transformers 5.24.0, soundfile 0.14.0.
Command:  python make_whisper_mel.py [--folder mfcc]
"""

import argparse
import os

import numpy as np
import soundfile
from safetensors.numpy import save_file
from transformers import WhisperFeatureExtractor

NAMES = ["chirp", "impulse", "tones", "onset", "short", "silence", "loud", "n400", "n399", "n201"]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--folder", default=os.path.join(here, "mfcc"))
    args = ap.parse_args()
    out = {}
    for name in NAMES:
        x, rate = soundfile.read(os.path.join(args.folder, name + ".wav"), dtype="float32")
        extract = lambda n_mels=80, **options: WhisperFeatureExtractor(n_mels)(x, sampling_rate=rate, return_tensors="np", **options)["input_features"][0]
        out[name] = extract(padding="do_not_pad")
        if name == "chirp":
            out["bands128.chirp"] = extract(128, padding="do_not_pad")
        if name in ("chirp", "onset"):
            padded, n = extract(), out[name].shape[1] + 3
            assert padded.shape == (80, 3000) and (padded[:, n:] == padded[:, -1:]).all()
            out["padded." + name] = padded[:, :n]
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, os.path.join(args.folder, "whisper.safetensors"))
    for name, a in out.items():
        print(name, a.shape, a.min(), a.max())


if __name__ == "__main__":
    main()
