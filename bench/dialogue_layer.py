#!/usr/bin/env python3
"""What a layer over the turns of a dialogue would give upon vectors of single turns, by PyTorch: MELD's text.

Usage:    bench/dialogue_layer.py --data MELD --texts texts.txt
          mer embed --encoder MODEL texts.txt >vectors.jsonl
          bench/dialogue_layer.py --data MELD --vectors vectors.jsonl [--kinds own,lstm,attention] [--seeds 3]

The first writes the texts of all splits, one a line. The last trains a classifier on the vectors of each training split, standardized by it:
`own` sees the utterance's vector alone (a hidden layer of 128), `lstm` also the state of an LSTM of 128 that has read it and the turns
before it, `attention` also a sum over these by 4 heads of 32, with a bias by distance and one for the same speaker. 12 epochs of AdamW at
1e-3, 16 dialogues a step, the epoch chosen on dev by weighted F1. Prints means over the seeds on dev and test. Needs numpy and torch.
"""

import argparse
import csv
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LABELS = "neutral surprise fear sadness joy disgust anger".split()
SPLITS = ("train", "dev", "test")
HIDDEN, EPOCHS, MOST_DISTANCE = 128, 12, 39


def rows_of(data):
    for split in SPLITS:
        with open(os.path.join(data, f"{split}_sent_emo.csv"), encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                yield split, row


class Classifier(nn.Module):
    def __init__(self, n_in, n_context):
        super().__init__()
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(n_in + n_context, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, len(LABELS)))

    def forward(self, x, speakers):
        return self.head(torch.cat([x, self.context(x, speakers)], -1))


class Own(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, 0)

    def context(self, x, speakers):
        return x[..., :0]


class Lstm(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, HIDDEN)
        self.dropout, self.lstm = nn.Dropout(0.3), nn.LSTM(n_in, HIDDEN, batch_first=True)

    def context(self, x, speakers):
        return self.lstm(self.dropout(x))[0]


class Attention(Classifier):
    def __init__(self, n_in, heads=4):
        super().__init__(n_in, HIDDEN)
        self.heads, self.dropout = heads, nn.Dropout(0.3)
        self.project = nn.ModuleList(nn.Linear(n_in, HIDDEN) for _ in range(3))
        self.distance, self.same = nn.Parameter(torch.zeros(heads, MOST_DISTANCE + 1)), nn.Parameter(torch.zeros(heads))

    def context(self, x, speakers):
        n, t, _ = x.shape
        z = self.dropout(x)
        q, k, v = (p(z).view(n, t, self.heads, -1).transpose(1, 2) for p in self.project)
        steps = torch.arange(t)
        distance = (steps[:, None] - steps[None]).clamp(0, MOST_DISTANCE)
        same = (speakers[:, None, :, None] == speakers[:, None, None, :]).float()
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 + self.distance[:, distance] + self.same[None, :, None, None] * same
        scores = scores.masked_fill(steps[None] > steps[:, None], float("-inf"))
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, HIDDEN)


KINDS = {"own": Own, "lstm": Lstm, "attention": Attention}


def dialogues_of(rows, vectors, split):
    """Padded dialogues: vectors, labels (-1: none) and numbers of speakers."""
    turns = {}
    for i, (of, row) in enumerate(rows):
        if of == split:
            turns.setdefault(int(row["Dialogue_ID"]), []).append((int(row["Utterance_ID"]), i))
    dialogues = [[i for _, i in sorted(d)] for d in turns.values()]
    longest = max(map(len, dialogues))
    x = torch.zeros(len(dialogues), longest, vectors.shape[1])
    labels, speakers = torch.full(x.shape[:2], -1), torch.zeros(x.shape[:2], dtype=torch.long)
    for b, d in enumerate(dialogues):
        names = {}
        x[b, : len(d)] = torch.tensor(vectors[d])
        labels[b, : len(d)] = torch.tensor([LABELS.index(rows[i][1]["Emotion"]) for i in d])
        speakers[b, : len(d)] = torch.tensor([names.setdefault(rows[i][1]["Speaker"], len(names)) for i in d])
    return x, labels, speakers


def f1_of(labels, answers):
    """Weighted and macro F1."""
    scores, shares = [], []
    for c in range(len(LABELS)):
        hits, total = ((labels == c) & (answers == c)).sum(), (labels == c).sum() + (answers == c).sum()
        scores.append(2 * hits / total if total else 0)
        shares.append((labels == c).mean())
    return np.dot(scores, shares), np.mean(scores)


def train(kind, splits, seed):
    """The scores of the best epoch on dev, by split."""
    torch.manual_seed(seed)
    model = KINDS[kind](splits["train"][0].shape[2])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    best = None
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(splits["train"][0])).split(16):
            x, labels, speakers = (t[rows] for t in splits["train"])
            longest = int((labels >= 0).sum(1).max())
            logits = model(x[:, :longest], speakers[:, :longest])
            optimizer.zero_grad()
            F.cross_entropy(logits.flatten(0, 1), labels[:, :longest].flatten(), ignore_index=-1).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            scores = {}
            for split in ("dev", "test"):
                x, labels, speakers = splits[split]
                known = labels >= 0
                scores[split] = f1_of(labels[known].numpy(), model(x, speakers).argmax(-1)[known].numpy())
        if best is None or scores["dev"][0] > best["dev"][0]:
            best = scores
    return best


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--data", required=True)
    ap.add_argument("--texts")
    ap.add_argument("--vectors")
    ap.add_argument("--kinds", default="own,lstm,attention")
    ap.add_argument("--seeds", type=int, default=3)
    args = ap.parse_args()
    torch.set_num_threads(1)
    rows = list(rows_of(args.data))
    if args.texts:
        with open(args.texts, "w", encoding="utf-8") as file:
            file.writelines(" ".join(row["Utterance"].split()) + "\n" for _, row in rows)
        return
    with open(args.vectors, encoding="utf-8") as file:
        vectors = np.array([next(v for v in json.loads(line).values() if isinstance(v, list)) for line in file], np.float32)
    if len(vectors) != len(rows):
        raise SystemExit(f"{args.vectors}: {len(vectors)} vectors, expected {len(rows)}")
    own = vectors[: sum(split == "train" for split, _ in rows)]
    vectors = (vectors - own.mean(0)) / own.std(0)
    splits = {split: dialogues_of(rows, vectors, split) for split in SPLITS}
    for kind in args.kinds.split(","):
        scores = [train(kind, splits, seed) for seed in range(args.seeds)]
        dev, test = (np.array([s[split] for s in scores]) for split in ("dev", "test"))
        print(f"{kind}: dev weighted F1 {dev[:, 0].mean():.4f} +-{dev[:, 0].std(ddof=1):.4f}, test {test[:, 0].mean():.4f} "
              f"+-{test[:, 0].std(ddof=1):.4f}, macro F1 {test[:, 1].mean():.4f}", flush=True)


main()
