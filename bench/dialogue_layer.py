#!/usr/bin/env python3
"""What a layer over the turns of a dialogue would give upon vectors of single turns, by PyTorch: MELD's text.

Usage:    bench/dialogue_layer.py --data MELD --texts texts.txt
          mer embed --encoder MODEL texts.txt >vectors.jsonl
          bench/dialogue_layer.py --data MELD --vectors vectors.jsonl [--kinds own,lstm,attention] [--seeds 3] [--answers answers.jsonl]

The first writes the texts of all splits, one a line. The last trains a classifier on the vectors of each training split, standardized by it:
`own` sees the utterance's vector alone (a hidden layer of 128), `lstm` also the state of an LSTM of 128 that has read it and the turns
before it, `attention` also a sum over these by 4 heads of 32, with a bias by distance and one for the same speaker. `past` is `lstm` that
also reads, at each turn, what the model itself answered to the turn before: the "probs" of the lines of --answers, which are those of
`mer eval MODEL --data MELD --split S --predictions FILE` for train, dev and test, one after the other. `speaker` is `lstm` beside a second
LSTM of 128 that has read only the turns of the utterance's speaker (after the party state of DialogueRNN, Majumder et al., 2019).

12 epochs of AdamW at 1e-3, 16 dialogues a step, the epoch chosen on dev by weighted F1. Prints means and deviations over the seeds on dev
and test, and if `lstm` is among the kinds, how much better than it those after it are: by the mean of the seeds, with an interval of 95 %
and p from 2,000 resamples of the dialogues. --vectors may also be an array of numpy (.npy). Needs numpy and torch.
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

    def forward(self, x, speakers, past):
        return self.head(torch.cat([x, self.context(x, speakers, past)], -1))


class Own(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, 0)

    def context(self, x, speakers, past):
        return x[..., :0]


class Lstm(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, HIDDEN)
        self.dropout, self.lstm = nn.Dropout(0.3), nn.LSTM(n_in, HIDDEN, batch_first=True)

    def context(self, x, speakers, past):
        return self.lstm(self.dropout(x))[0]


class Past(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, HIDDEN)
        self.dropout, self.lstm = nn.Dropout(0.3), nn.LSTM(n_in + len(LABELS), HIDDEN, batch_first=True)

    def context(self, x, speakers, past):
        return self.lstm(torch.cat([self.dropout(x), past], -1))[0]


class Speaker(Classifier):
    def __init__(self, n_in):
        super().__init__(n_in, 2 * HIDDEN)
        self.dropout = nn.Dropout(0.3)
        self.lstm, self.party = (nn.LSTM(n_in, HIDDEN, batch_first=True) for _ in range(2))

    def context(self, x, speakers, past):
        z, (n, t) = self.dropout(x), speakers.shape
        place = (speakers[:, :, None] == speakers[:, None]).tril().sum(-1) - 1  # how many turns of the same speaker are before
        _, party = (speakers + t * torch.arange(n)[:, None]).unique(return_inverse=True)
        apart = z.new_zeros(int(party.max()) + 1, int(place.max()) + 1, z.shape[-1]).index_put((party, place), z)
        return torch.cat([self.lstm(z)[0], self.party(apart)[0][party, place]], -1)


class Attention(Classifier):
    def __init__(self, n_in, heads=4):
        super().__init__(n_in, HIDDEN)
        self.heads, self.dropout = heads, nn.Dropout(0.3)
        self.project = nn.ModuleList(nn.Linear(n_in, HIDDEN) for _ in range(3))
        self.distance, self.same = nn.Parameter(torch.zeros(heads, MOST_DISTANCE + 1)), nn.Parameter(torch.zeros(heads))

    def context(self, x, speakers, past):
        n, t, _ = x.shape
        z = self.dropout(x)
        q, k, v = (p(z).view(n, t, self.heads, -1).transpose(1, 2) for p in self.project)
        steps = torch.arange(t)
        distance = (steps[:, None] - steps[None]).clamp(0, MOST_DISTANCE)
        same = (speakers[:, None, :, None] == speakers[:, None, None, :]).float()
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 + self.distance[:, distance] + self.same[None, :, None, None] * same
        scores = scores.masked_fill(steps[None] > steps[:, None], float("-inf"))
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, HIDDEN)


KINDS = {"own": Own, "lstm": Lstm, "attention": Attention, "past": Past, "speaker": Speaker}


def dialogues_of(rows, vectors, answers, split):
    """Padded dialogues: vectors, labels (-1: none), numbers of speakers, and the answers to the turns before (zeros: none)."""
    turns = {}
    for i, (of, row) in enumerate(rows):
        if of == split:
            turns.setdefault(int(row["Dialogue_ID"]), []).append((int(row["Utterance_ID"]), i))
    dialogues = [[i for _, i in sorted(d)] for d in turns.values()]
    longest = max(map(len, dialogues))
    x = torch.zeros(len(dialogues), longest, vectors.shape[1])
    labels, speakers = torch.full(x.shape[:2], -1), torch.zeros(x.shape[:2], dtype=torch.long)
    past = torch.zeros(*x.shape[:2], len(LABELS))
    for b, d in enumerate(dialogues):
        names = {}
        x[b, : len(d)] = torch.tensor(vectors[d])
        labels[b, : len(d)] = torch.tensor([LABELS.index(rows[i][1]["Emotion"]) for i in d])
        speakers[b, : len(d)] = torch.tensor([names.setdefault(rows[i][1]["Speaker"], len(names)) for i in d])
        past[b, 1 : len(d)] = torch.tensor(answers[d[:-1]])
    return x, labels, speakers, past


def counts_of(labels, answers):
    """Of each dialogue and class: hits, labels, answers."""
    y, a = (F.one_hot(t.clamp(min=0), len(LABELS)) * (labels >= 0)[..., None] for t in (labels, answers))
    return torch.stack([y * a, y, a], 1).sum(2).numpy()


def f1_of(counts):
    """Weighted and macro F1."""
    hits, of, answered = np.moveaxis(counts, -2, 0)
    f1 = 2 * hits / np.maximum(of + answered, 1)
    return (f1 * of).sum(-1) / of.sum(-1), f1.mean(-1)


def difference(runs, others, resamples=2000):
    """Of the means over the seeds of weighted F1, by a paired bootstrap over the dialogues: interval and p."""
    n = len(runs[0])
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), resamples)
    mean, other = (np.mean([f1_of(np.tensordot(drawn, counts, 1))[0] for counts in of], 0) for of in (runs, others))
    low, high = np.percentile(mean - other, [2.5, 97.5])
    return low, high, min(1, 2 * min((mean <= other).mean(), (mean >= other).mean()))


def train(kind, splits, seed):
    """The counts of the epoch that is best on dev, by split."""
    torch.manual_seed(seed)
    model = KINDS[kind](splits["train"][0].shape[2])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    best = None
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(splits["train"][0])).split(16):
            longest = int((splits["train"][1][rows] >= 0).sum(1).max())
            x, labels, speakers, past = (t[rows, :longest] for t in splits["train"])
            optimizer.zero_grad()
            F.cross_entropy(model(x, speakers, past).flatten(0, 1), labels.flatten(), ignore_index=-1).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            counts = {s: counts_of(labels, model(x, speakers, past).argmax(-1)) for s, (x, labels, speakers, past) in splits.items() if s != "train"}
        score = f1_of(counts["dev"].sum(0))[0]
        if best is None or score > best[0]:
            best = score, counts
    return best[1]


def vectors_of(path):
    if path.endswith(".npy"):
        return np.load(path)
    with open(path, encoding="utf-8") as file:
        return np.array([next(v for v in json.loads(line).values() if isinstance(v, list)) for line in file], np.float32)


def answers_of(path, rows):
    """The probabilities of each row; of zeros without a path."""
    if not path:
        return np.zeros((len(rows), len(LABELS)), np.float32)
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if [line["id"] for line in lines] != [f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}" for _, row in rows]:
        raise SystemExit(f"{path}: not the rows of train, dev and test in their order")
    return np.array([[line["probs"][label] for label in LABELS] for line in lines], np.float32)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--data", required=True)
    ap.add_argument("--texts")
    ap.add_argument("--vectors")
    ap.add_argument("--answers")
    ap.add_argument("--kinds", default="own,lstm,attention")
    ap.add_argument("--seeds", type=int, default=3)
    args = ap.parse_args()
    torch.set_num_threads(1)
    rows = list(rows_of(args.data))
    if args.texts:
        with open(args.texts, "w", encoding="utf-8") as file:
            file.writelines(" ".join(row["Utterance"].split()) + "\n" for _, row in rows)
        return
    kinds = args.kinds.split(",")
    if "past" in kinds and not args.answers:
        raise SystemExit("past needs --answers")
    vectors, answers = vectors_of(args.vectors), answers_of(args.answers, rows)
    if len(vectors) != len(rows):
        raise SystemExit(f"{args.vectors}: {len(vectors)} vectors, expected {len(rows)}")
    own = vectors[: sum(split == "train" for split, _ in rows)]
    vectors = (vectors - own.mean(0)) / own.std(0)
    splits = {split: dialogues_of(rows, vectors, answers, split) for split in SPLITS}
    lstm = None
    for kind in kinds:
        runs = [train(kind, splits, seed) for seed in range(args.seeds)]
        lstm = runs if kind == "lstm" else lstm
        for split in ("dev", "test"):
            f1, macro = np.array([f1_of(run[split].sum(0)) for run in runs]).T
            line = f"{kind}: {split} weighted F1 {f1.mean():.4f} +-{f1.std(ddof=1):.4f}, macro F1 {macro.mean():.4f} +-{macro.std(ddof=1):.4f}"
            if lstm and kind != "lstm":
                line += "; less lstm {:.4f} ({:.4f} to {:.4f}, p {:.3f})".format(
                    f1.mean() - np.mean([f1_of(run[split].sum(0))[0] for run in lstm]),
                    *difference([run[split] for run in runs], [run[split] for run in lstm]))
            print(line, flush=True)


if __name__ == "__main__":
    main()
