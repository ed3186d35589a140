#!/usr/bin/env python3
"""Compares Whisper's encoder with transformers, f32, on real clips: probabilities of a classifier on it.

Usage:    whisper_parity.py MER ENCODER CLIP... [--work DIR]        MER: the program, build/release/mer; ENCODER: a Whisper directory
Puts a WhisperForAudioClassification with the encoder's weights and a random head (weighted layer sum; scores of some size) into DIR, and
asks `mer predict` for each clip: padded to 30 s, as transformers does it, and by its natural length (beside what the layers of transformers
make of the same frames). Fails if a probability differs by more than 1e-4. Then says how much padding changes: the mean over the clips of
the largest change of a probability, and how many labels change.

Needs torch, transformers, numpy, soundfile. Made with torch 2.15.0, transformers 5.24.0.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
import torch
import transformers
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForAudioClassification, WhisperModel

TOLERANCE = 1e-4
NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]


def make(encoder, folder):
    torch.manual_seed(0)
    settings = dict(use_weighted_layer_sum=True, num_labels=len(NAMES), id2label=dict(enumerate(NAMES)), label2id={v: k for k, v in enumerate(NAMES)})
    config = WhisperConfig.from_pretrained(encoder, **settings)
    config.dtype = "float32"
    net = WhisperForAudioClassification(config).float().eval()
    net.encoder.load_state_dict(WhisperModel.from_pretrained(encoder, dtype=torch.float32).encoder.state_dict())
    with torch.no_grad():
        net.layer_weights.normal_()
        net.classifier.weight.normal_(0, 0.5)
    net.save_pretrained(folder)
    shutil.copy(os.path.join(encoder, "preprocessor_config.json"), folder)
    return net


def natural(folder, to):
    """The same classifier as a model of mer's that hears the natural length."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    path = os.path.join(folder, "config.json")
    config = json.load(open(path))
    features = dict(kind="whisper", rate_hz=16000, n_fft=400, hop=160, n_mels=config["num_mel_bins"], n_coefficients=13, top_db=80, n_frames=0)
    audio = dict(name="audio", type="whisper", layer_sum=True, features=features, config=config)
    mer = dict(format=1, kind="audio", labels=NAMES, modalities=[audio], head="checkpoint")
    json.dump(config | {"mer": mer}, open(os.path.join(to, "config.json"), "w"))


def predict(program, folder, clips):
    lines = "".join(json.dumps({"audio": os.path.abspath(clip)}) + "\n" for clip in clips)
    run = subprocess.run([program, "predict", folder, "--jsonl", "-"], check=True, capture_output=True, input=lines.encode())
    return np.array([[json.loads(line)["probs"][name] for name in NAMES] for line in run.stdout.splitlines()])


def classify(net, frames):
    """Probabilities for frames [M, F] of any length."""
    encoder, gelu = net.encoder, torch.nn.functional.gelu
    with torch.inference_mode():
        x = gelu(encoder.conv2(gelu(encoder.conv1(frames[None])))).permute(0, 2, 1)
        states = [x + encoder.embed_positions.weight[: x.shape[1]]]
        for layer in encoder.layers:
            states.append(layer(states[-1], None))
        states[-1] = encoder.layer_norm(states[-1])
        x = (torch.stack(states) * net.layer_weights.softmax(0)[:, None, None, None]).sum(0)
        return net.classifier(net.projector(x).mean(1)).softmax(-1)[0].numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("encoder")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--work")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    work = args.work or tempfile.mkdtemp()
    classifier = os.path.join(work, "classifier")
    net = make(args.encoder, classifier)
    natural(classifier, os.path.join(work, "natural"))
    extract = WhisperFeatureExtractor.from_pretrained(args.encoder)
    sounds = []
    for clip in args.clips:
        x, rate = soundfile.read(clip, dtype="float32")
        assert rate == 16000, f"{clip}: expected 16 kHz"
        sounds.append(x if x.ndim == 1 else x.mean(1))
    failed, answers = False, {}
    for name, padding in (("classifier", "max_length"), ("natural", "do_not_pad")):
        features = [extract(x, sampling_rate=16000, padding=padding, return_tensors="pt")["input_features"][0] for x in sounds]
        if name == "classifier":
            with torch.inference_mode():
                expected = np.array([net(f[None]).logits.softmax(-1)[0].numpy() for f in features])
        else:
            expected = np.array([classify(net, f) for f in features])
        answers[name] = found = predict(args.program, os.path.join(work, name), args.clips)
        difference = np.abs(found - expected)
        failed |= not difference.max() <= TOLERANCE
        print(f"{name}: {len(sounds)} clips, largest difference of a probability {difference.max():.2e}, mean {difference.mean():.2e}", flush=True)
    change = np.abs(answers["classifier"] - answers["natural"])
    labels = (answers["classifier"].argmax(1) != answers["natural"].argmax(1)).sum()
    print(f"padding changes a probability by {change.max(1).mean():.3f} (mean of the largest), and {labels} of {len(sounds)} labels")
    if not args.work:
        shutil.rmtree(work)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
