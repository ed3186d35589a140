#!/usr/bin/env python3
"""Full-size classifiers of sound with random weights: `mer` beside transformers, f32, on real clips.

Usage:    speech_parity.py MER CLIP... [--kinds wav2vec2,wavlm,..] [--work DIR] [--round-trip]
MER: the program, build/release/mer
Makes each checkpoint in DIR (a temporary folder by default) as transformers saves it, and compares the probabilities that `mer predict`
and transformers (each clip alone, standardized) give; with the time for all clips, f32, on the same number of threads, the program's start
and decoding included, and int8's. --round-trip trains each for an epoch on the clips, opens what was written with transformers, and compares again. Fails if a probability differs by more than 1e-4.

Needs torch, transformers, numpy, soundfile. Made with torch 2.15.0, transformers 5.24.0.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import soundfile
import torch
import transformers
from transformers import AutoConfig, AutoModelForAudioClassification, Wav2Vec2FeatureExtractor

TOLERANCE = 1e-4
NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
LARGE = dict(
    hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096, feat_extract_norm="layer", conv_bias=True,
    do_stable_layer_norm=True,
)  # fmt: skip
KINDS = {
    "wav2vec2": {}, "wav2vec2-large": LARGE, "hubert": {}, "hubert-large": LARGE, "wavlm": {}, "wavlm-large": {**LARGE, "conv_bias": False}
}  # fmt: skip


def make(kind, folder):
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind.split("-")[0], id2label=dict(enumerate(NAMES)), label2id={v: k for k, v in enumerate(NAMES)}, **KINDS[kind])
    net = AutoModelForAudioClassification.from_config(config).eval()
    with torch.no_grad():
        net.classifier.weight.normal_(0, 0.5)
    net.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return net


def round_trip(program, folder, normed, clips):
    """The largest difference between the answers of mer and of transformers with what was trained from a classifier of transformers'."""
    out = folder + "-trained"
    data = folder + ".csv"
    with open(data, "w", encoding="utf-8") as f:
        f.writelines(["split,audio,label\n", *(f"train,{os.path.abspath(clip)},{NAMES[i % len(NAMES)]}\n" for i, clip in enumerate(clips))])
    options = ["--labels", ",".join(NAMES), "--epochs", "1", "--batch-size", "4", "--lr", "1e-4", "--no-cache", "--quiet"]
    subprocess.run([program, "train", "audio", "--speech-encoder", folder, "--data", data, "--out", out, *options], check=True, capture_output=True)
    net, info = AutoModelForAudioClassification.from_pretrained(out, output_loading_info=True)
    assert not info["missing_keys"], f"transformers misses {sorted(info['missing_keys'])}"
    names = [net.config.id2label[i] for i in range(net.config.num_labels)]
    with torch.inference_mode():
        expected = np.array([net.eval()(x[None]).logits.softmax(-1)[0].numpy() for x in normed])
    return np.abs(predict(program, out, clips, names)[0] - expected).max()


def predict(program, folder, clips, names=NAMES):
    lines = "".join(json.dumps({"audio": os.path.abspath(clip)}) + "\n" for clip in clips)
    start = time.perf_counter()
    run = subprocess.run([program, "predict", folder, "--jsonl", "-"], check=True, capture_output=True, input=lines.encode())
    seconds = time.perf_counter() - start
    return np.array([[json.loads(line)["probs"][name] for name in names] for line in run.stdout.splitlines()]), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--work")
    parser.add_argument("--round-trip", action="store_true")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    sounds = []
    for clip in args.clips:
        x, rate = soundfile.read(clip, dtype="float32")
        assert rate == 16000, f"{clip}: expected 16 kHz"
        sounds.append(torch.from_numpy(x if x.ndim == 1 else x.mean(1)))
    print(f"{len(sounds)} clips of {sum(map(len, sounds)) / 16000 / len(sounds):.1f} s, {torch.get_num_threads()} threads")
    failed = False
    for kind in args.kinds.split(","):
        work = args.work or tempfile.mkdtemp()
        folder, rounded = os.path.join(work, kind), os.path.join(work, kind + "-int8")
        net = make(kind, folder)
        with torch.inference_mode():
            normed = [(x - x.mean()) / (x.var(correction=0) + 1e-7).sqrt() for x in sounds]
            net(normed[0][None])
            start = time.perf_counter()
            expected = np.array([net(x[None]).logits.softmax(-1)[0].numpy() for x in normed])
            theirs = time.perf_counter() - start
        del net
        found, ours = predict(args.program, folder, args.clips)
        subprocess.run([args.program, "quantize", folder, "--out", rounded], check=True, capture_output=True)
        close, int8 = predict(args.program, rounded, args.clips)
        difference = np.abs(found - expected)
        failed |= not difference.max() <= TOLERANCE
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"{kind}: largest difference of a probability {difference.max():.2e} (int8 {np.abs(close - expected).max():.2e}); "
            f"mer f32 {ours:.2f} s, int8 {int8:.2f} s, transformers {theirs:.2f} s; mer's memory so far at most {peak:.0f} MB",
            flush=True,
        )
        if args.round_trip:
            trained = round_trip(args.program, folder, normed, args.clips)
            failed |= not trained <= TOLERANCE
            print(f"{kind}, trained by mer and opened by transformers: {trained:.2e}", flush=True)
        if not args.work:
            shutil.rmtree(work)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
