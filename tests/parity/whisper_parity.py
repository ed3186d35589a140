#!/usr/bin/env python3
"""Compares Whisper's encoder with transformers, f32, on real clips: its vectors, and probabilities of a classifier on it.

Usage:    whisper_parity.py MER ENCODER CLIP... [--work DIR] [--round-trip]
MER: the program, build/release/mer; ENCODER: a Whisper directory
Puts a WhisperForAudioClassification with the encoder's weights and a random head (weighted layer sum; scores of some size) into DIR, and
asks `mer predict` for each clip: padded to 30 s, as transformers does it, and by its natural length (beside what the layers of transformers
make of the same frames). `mer embed` gives the bare encoder's vectors, which are compared with the means over time of the last layer, and
the classifier's sum over the layers of mean and deviation: both with transformers in f64, as its own f32 is farther from that than mer is
where values are large. An int8 copy's vectors are compared with the former. --round-trip trains the classifier for an epoch on the
clips, and opens what was written with transformers. Fails if a probability or a value differs by more than 1e-4 (int8: if a cosine is below .99). Then says how much padding
changes: the mean over the clips of the largest change of a probability, and how many labels change.

Needs torch, transformers, numpy, soundfile. Made with torch 2.15.0, transformers 5.24.0.
"""

import argparse
import copy
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


def predict(program, folder, clips, names=NAMES):
    lines = "".join(json.dumps({"audio": os.path.abspath(clip)}) + "\n" for clip in clips)
    run = subprocess.run([program, "predict", folder, "--jsonl", "-"], check=True, capture_output=True, input=lines.encode())
    return np.array([[json.loads(line)["probs"][name] for name in names] for line in run.stdout.splitlines()])


def embed(program, folder, clips, *options):
    """Vectors of the clips given by name; of the first two as JSON lines, too, which are the same."""
    run = [program, "embed", "--encoder", folder, *options]
    of_names = subprocess.run([*run, *clips], check=True, capture_output=True).stdout.splitlines()
    lines = "".join(json.dumps({"id": i, "audio": os.path.abspath(clip)}) + "\n" for i, clip in enumerate(clips[:2]))
    of_lines = subprocess.run([*run, "--jsonl", "-"], check=True, capture_output=True, input=lines.encode()).stdout.splitlines()
    for i, line in enumerate(of_lines):
        assert json.loads(line) == {"id": i} | json.loads(of_names[i])
    return np.array([json.loads(line)["vector"] for line in of_names])


def statistics(net, states):
    """Mean and deviation over time, summed over the layers with the classifier's weights."""
    x = torch.stack(states)[:, 0]
    pooled = torch.cat([x.mean(1), (x.var(1, correction=0) + 1e-6).sqrt()], 1)
    return (net.layer_weights.softmax(0)[:, None] * pooled).sum(0).detach().numpy()


def vectors(net, features):
    """Of each clip: the mean of the last layer over time; the sum over the layers of mean and deviation."""
    states = [hidden_states(net, f) for f in features]
    return np.array([x[-1].mean(1)[0].numpy() for x in states]), np.array([statistics(net, x) for x in states])


def compare_embedding(program, encoder, net, features, clips, work):
    """Whether vectors of the bare encoder are those of transformers."""
    exact = vectors(copy.deepcopy(net).double(), [f.double() for f in features])
    found = embed(program, encoder, clips), embed(program, os.path.join(work, "classifier"), clips, "--layers", "sum", "--pool", "mean-std")
    differences = [np.abs(a - b).max() for a, b in zip(found, exact)]
    own = [np.abs(a - b).max() for a, b in zip(vectors(net, features), exact)]
    expected = exact[0]
    subprocess.run([program, "quantize", encoder, "--out", os.path.join(work, "int8")], check=True, capture_output=True)
    close = embed(program, os.path.join(work, "int8"), clips)
    cosine = ((close * expected).sum(1) / np.linalg.norm(close, axis=1) / np.linalg.norm(expected, axis=1)).min()
    for name, difference, of_f32, values in zip(("last layer", "sum of layers"), differences, own, exact):
        print(f"embed, {name}: {len(clips)} clips, largest difference {difference:.2e} (transformers in f32 {of_f32:.2e}) of values up to {np.abs(values).max():.1f}")
    print(f"embed, int8: least cosine {cosine:.5f}")
    return max(differences) <= TOLERANCE and cosine >= 0.99


def compare_round_trip(program, folder, features, clips, work):
    """Whether transformers opens what was trained from its classifier, with the same probabilities."""
    out = os.path.join(work, "trained")
    data = os.path.join(work, "clips.csv")
    with open(data, "w", encoding="utf-8") as f:
        f.writelines(["split,audio,label\n", *(f"train,{os.path.abspath(clip)},{NAMES[i % len(NAMES)]}\n" for i, clip in enumerate(clips))])
    options = ["--labels", ",".join(NAMES), "--epochs", "1", "--batch-size", "4", "--lr", "1e-4", "--no-cache", "--quiet"]
    subprocess.run([program, "train", "audio", "--speech-encoder", folder, "--data", data, "--out", out, *options], check=True, capture_output=True)
    net, info = WhisperForAudioClassification.from_pretrained(out, dtype=torch.float32, output_loading_info=True)
    names = [net.config.id2label[i] for i in range(net.config.num_labels)]
    with torch.inference_mode():
        expected = np.array([net.eval()(f[None]).logits.softmax(-1)[0].numpy() for f in features])
    difference = np.abs(predict(program, out, clips, names) - expected).max()
    print(f"round trip: largest difference of a probability {difference:.2e}, missing tensors {sorted(info['missing_keys'])}", flush=True)
    return difference <= TOLERANCE and not info["missing_keys"]


def hidden_states(net, frames):
    """Of each layer, for frames [M, F] of any length."""
    encoder, gelu = net.encoder, torch.nn.functional.gelu
    with torch.inference_mode():
        x = gelu(encoder.conv2(gelu(encoder.conv1(frames[None])))).permute(0, 2, 1)
        states = [x + encoder.embed_positions.weight[: x.shape[1]]]
        for layer in encoder.layers:
            states.append(layer(states[-1], None))
        states[-1] = encoder.layer_norm(states[-1])
        return states


def classify(net, frames):
    """Probabilities for frames [M, F] of any length."""
    states = hidden_states(net, frames)
    with torch.inference_mode():
        x = (torch.stack(states) * net.layer_weights.softmax(0)[:, None, None, None]).sum(0)
        return net.classifier(net.projector(x).mean(1)).softmax(-1)[0].numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("encoder")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--work")
    parser.add_argument("--round-trip", action="store_true")
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
    failed, answers, padded = False, {}, []
    for name, padding in (("classifier", "max_length"), ("natural", "do_not_pad")):
        features = [extract(x, sampling_rate=16000, padding=padding, return_tensors="pt")["input_features"][0] for x in sounds]
        if name == "classifier":
            padded = features
            with torch.inference_mode():
                expected = np.array([net(f[None]).logits.softmax(-1)[0].numpy() for f in features])
        else:
            expected = np.array([classify(net, f) for f in features])
            failed |= not compare_embedding(args.program, args.encoder, net, features, args.clips, work)
        answers[name] = found = predict(args.program, os.path.join(work, name), args.clips)
        difference = np.abs(found - expected)
        failed |= not difference.max() <= TOLERANCE
        print(f"{name}: {len(sounds)} clips, largest difference of a probability {difference.max():.2e}, mean {difference.mean():.2e}", flush=True)
    if args.round_trip:
        failed |= not compare_round_trip(args.program, classifier, padded, args.clips, work)
    change = np.abs(answers["classifier"] - answers["natural"])
    labels = (answers["classifier"].argmax(1) != answers["natural"].argmax(1)).sum()
    print(f"padding changes a probability by {change.max(1).mean():.3f} (mean of the largest), and {labels} of {len(sounds)} labels")
    if not args.work:
        shutil.rmtree(work)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
