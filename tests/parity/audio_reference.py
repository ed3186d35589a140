#!/usr/bin/env python3
"""The audio classifier of the reference experiment in PyTorch and by `mer`, on one manifest, over several seeds.

Usage:    audio_reference.py MER MANIFEST.csv [--seeds 5] [--epochs 20] [--batch-size 16] [--lr 1e-4] [--features mer|torchaudio]
5213 -> 256 -> 128 -> 7 with ReLU and dropout .2 on standardized MFCC, AdamW with decay .01, the last epoch. PyTorch draws for itself, so
that equal means equal within the spread of seeds: the table has mean and deviation of both, and Welch's t and its p. Fails if a p is
below 0.001. train_parity.py compares the same training number by number. --features torchaudio computes the features of the PyTorch side
by torchaudio instead of `mer features`; a value is taken for constant, and not scaled, if its deviation is below 1e-5.

Needs torch, numpy, scipy, scikit-learn; torchaudio and soundfile for --features torchaudio. Made with torch 2.15.0, torchaudio 2.11.0.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile

import numpy as np
import torch
from scipy import stats
from sklearn import metrics as M

EMOTIONS = "neutral surprise fear sadness joy disgust anger".split()
MEASURES = ["test accuracy", "test UAR", "test wF1", "train accuracy"]


def load(args):
    """{split: (x, labels)}, x not standardized."""
    with open(args.manifest, newline="", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["split"] != "dev"]
    files = [os.path.join(os.path.dirname(args.manifest), r["audio"]) for r in rows]
    if args.features == "torchaudio":
        import mfcc_parity

        x = np.stack([mfcc_parity.expected(path)[1] for path in files])
    else:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "mfcc.npy")
            subprocess.run([args.mer, "features", "--quiet", "-o", out, *files], check=True)
            x = np.load(out)
    x, labels = x.reshape(len(rows), -1).astype(np.float64), np.array([EMOTIONS.index(r["label"]) for r in rows])
    split = np.array([r["split"] for r in rows])
    return {s: (x[split == s], labels[split == s]) for s in ("train", "test")}


def run_torch(args, data, seed):
    torch.manual_seed(seed)
    mean, deviation = data["train"][0].mean(0), data["train"][0].std(0)
    deviation[deviation < 1e-5] = 1
    x = {s: torch.from_numpy(((values - mean) / deviation).astype(np.float32)) for s, (values, _) in data.items()}
    y = {s: torch.from_numpy(labels) for s, (_, labels) in data.items()}
    nn = torch.nn
    layers = [nn.Linear(x["train"].shape[1], 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.2)]
    net = nn.Sequential(*layers, nn.Linear(128, 7))
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.01)
    for _ in range(args.epochs):
        for rows in torch.randperm(len(y["train"])).split(args.batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x["train"][rows]), y["train"][rows]).backward()
            optimizer.step()
    net.eval()
    with torch.inference_mode():
        predicted = {s: net(x[s]).argmax(1).numpy() for s in x}
    labels, found = data["test"][1], predicted["test"]
    return [
        M.accuracy_score(labels, found),
        M.balanced_accuracy_score(labels, found),
        M.f1_score(labels, found, average="weighted"),
        M.accuracy_score(data["train"][1], predicted["train"]),
    ]


def run_mer(args, seed):
    with tempfile.TemporaryDirectory() as folder:
        model, common = os.path.join(folder, "model"), ["--data", args.manifest, "--quiet", "--threads", str(torch.get_num_threads())]
        run = [args.mer, "train", "audio", "--out", model, *common, "--optimizer", "adamw", "--weight-decay", "0.01", "--keep", "last"]
        run += ["--batch-size", args.batch_size, "--epochs", args.epochs, "--lr", args.lr, "--seed", seed]
        subprocess.run([str(word) for word in run], check=True, stdout=subprocess.DEVNULL)
        answers = {}
        for split in ("train", "test"):
            run = [args.mer, "eval", model, *common, "--split", split, "--json"]
            answers[split] = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["metrics"]
    return [*(answers["test"][key] for key in ("accuracy", "uar", "weighted_f1")), answers["train"]["accuracy"]]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("mer")
    ap.add_argument("manifest")
    for name, value in {"seeds": 5, "epochs": 20, "batch-size": 16, "lr": 1e-4}.items():
        ap.add_argument("--" + name, type=type(value), default=value)
    ap.add_argument("--features", choices=["mer", "torchaudio"], default="mer")
    args = ap.parse_args()
    data = load(args)
    print(" " * 8, *(f"{m:>15}" for m in MEASURES))
    runs = {"mer": [], "PyTorch": []}
    for seed in range(args.seeds):
        for name, values in (("mer", run_mer(args, seed)), ("PyTorch", run_torch(args, data, seed))):
            runs[name].append(values)
            print(f"{name:8}", *(f"{v:15.3f}" for v in values), f"  seed {seed}", flush=True)
    for name, values in runs.items():
        mean, deviation = np.mean(values, 0), np.std(values, 0, ddof=1)
        print(f"{name:8}", *(f"{m:8.3f} ± {d:.3f}" for m, d in zip(mean, deviation)), "  mean ± deviation")
    a, b = np.array(runs["mer"]), np.array(runs["PyTorch"])
    differ = a.std(0) + b.std(0) > 0
    t, p = stats.ttest_ind(a[:, differ], b[:, differ], equal_var=False)
    print("Welch:", ", ".join(f"{m} t {x:.2f} p {y:.3f}" for m, x, y in zip(np.array(MEASURES)[differ], t, p)))
    return int((p < 0.001).any())


if __name__ == "__main__":
    raise SystemExit(main())
