#!/usr/bin/env python3
"""What mixup would give to a head upon vectors that stay as they are, by PyTorch.

Usage:    mer embed --encoder MODEL texts.txt >vectors.jsonl
          bench/mixup.py --rows MELD --vectors vectors.jsonl [--seeds 5]

--rows is a manifest with a vector of each row, in their order, or the folder of MELD (train, dev and test one after the other: the texts
of `bench/dialogue_layer.py --texts`); vectors are lines of `mer embed`, or an array of numpy (.npy). A hidden layer of 128 is trained on
them, standardized by the training rows, with dropout of .3 before it and .2 after it: as it is, and with manifold mixup (Verma et al.,
2019), of the vectors or of the hidden layer by turns of a coin, by a share from Beta(.2, .2) for each step. 30 epochs of AdamW at 1e-3,
32 rows a step, the epoch chosen on dev by weighted F1. Prints weighted F1, macro F1 and UAR on dev and test: mean and deviation of the
seeds. Needs numpy and torch.
"""

import argparse
import csv
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SPLITS = ("train", "dev", "test")


def rows_of(data):
    """Split and label of the rows of a manifest, or of MELD's folder."""
    folder = os.path.isdir(data)
    for path in [os.path.join(data, f"{split}_sent_emo.csv") for split in SPLITS] if folder else [data]:
        with open(path, encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                split = os.path.basename(path).split("_")[0] if folder else row["split"]
                yield split, row["Emotion" if folder else "label"]


def vectors_of(path):
    if path.endswith(".npy"):
        return np.load(path)
    with open(path, encoding="utf-8") as file:
        return np.array([next(v for v in json.loads(line).values() if isinstance(v, list)) for line in file], np.float32)


def scores_of(labels, answers):
    """Weighted F1, macro F1, unweighted average recall."""
    classes = np.unique(labels)
    hits, support, answered = (np.array([f(c) for c in classes], float) for f in (
        lambda c: ((labels == c) & (answers == c)).sum(), lambda c: (labels == c).sum(), lambda c: (answers == c).sum()))
    f1 = 2 * hits / (support + answered)
    return np.array([f1 @ support / support.sum(), f1.mean(), (hits / support).mean()])


def report(name, runs):
    for split in ("dev", "test"):
        scores = np.array([run[split] for run in runs])
        spread = scores.std(0, ddof=1) if len(runs) > 1 else np.full(3, np.nan)
        print(f"{name}: {split} " + ", ".join(f"{what} {mean:.4f} +-{s:.4f}" for what, mean, s in
                                               zip(("weighted F1", "macro F1", "UAR"), scores.mean(0), spread)), flush=True)


def mixed(x, y, share, other):
    return share * x + (1 - share) * x[other], share * y + (1 - share) * y[other]


def train(splits, n_labels, mixup, seed, epochs=30, size=32):
    """The scores of the epoch that is best on dev, by split."""
    torch.manual_seed(seed)
    x, labels = splits["train"]
    first = nn.Sequential(nn.Dropout(0.3), nn.Linear(x.shape[1], 128), nn.ReLU(), nn.Dropout(0.2))
    model = nn.Sequential(first, nn.Linear(128, n_labels))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    targets, shares = F.one_hot(labels, n_labels).float(), torch.distributions.Beta(0.2, 0.2)
    best = None
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x)).split(size):
            h, y, other = x[rows], targets[rows], torch.randperm(len(rows))
            at_hidden = bool(torch.rand(()) < 0.5)
            if mixup and not at_hidden:
                h, y = mixed(h, y, shares.sample(), other)
            h = first(h)
            if mixup and at_hidden:
                h, y = mixed(h, y, shares.sample(), other)
            optimizer.zero_grad()
            F.cross_entropy(model[1](h), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            scores = {split: scores_of(splits[split][1].numpy(), model(splits[split][0]).argmax(-1).numpy()) for split in ("dev", "test")}
        if best is None or scores["dev"][0] > best["dev"][0]:
            best = scores
    return best


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--rows", required=True)
    ap.add_argument("--vectors", required=True)
    ap.add_argument("--seeds", type=int, default=5)
    args = ap.parse_args()
    torch.set_num_threads(1)
    rows = list(rows_of(args.rows))
    names = sorted({label for _, label in rows})
    labels, places = torch.tensor([names.index(label) for _, label in rows]), {s: [i for i, r in enumerate(rows) if r[0] == s] for s in SPLITS}
    vectors = vectors_of(args.vectors)
    if len(vectors) != len(rows):
        raise SystemExit(f"{args.vectors}: {len(vectors)} vectors, expected {len(rows)}")
    own = vectors[places["train"]]
    vectors = torch.tensor((vectors - own.mean(0)) / own.std(0))
    splits = {split: (vectors[places[split]], labels[places[split]]) for split in SPLITS}
    for mixup in (False, True):
        report("mixup" if mixup else "without", [train(splits, len(names), mixup, seed) for seed in range(args.seeds)])


if __name__ == "__main__":
    main()
