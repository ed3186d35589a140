#!/usr/bin/env python3
"""Trains in PyTorch with the initial head, the order of utterances and the dropout masks that `mer train` draws, and compares the losses.

Usage:    train_parity.py MER text  --data MELD --encoder DIR [--limit 100] [--epochs 10] [--batch-size 8] [--lr 2e-5] [--seed 0]
          train_parity.py MER audio --data MANIFEST.csv       [--limit 0]   [--epochs 20] [--batch-size 16] [--lr 1e-4] [--seed 0]
The text side is transformers' own BertModel (eager attention, padded batches) and torch.optim.AdamW over all parameters; the audio side
is the MLP of the reference experiment on the standardized output of `mer features`; only torch's dropout function is replaced. What is
left between the two is rounding: fails if the loss summed over an epoch differs by more than 1e-6 of itself. Seen is up to 1.3e-7;
with another mask at one of 19 sites of the encoder it is 2e-4 in the first epoch, without weight decay 1e-6 in the second, and growing.

Needs torch, transformers, numpy. Made with torch 2.15.0, transformers 5.23.0.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile

import mer_random
import numpy as np
import torch
import transformers
from transformers import AutoTokenizer, BertModel

EMOTIONS = "neutral surprise fear sadness joy disgust anger".split()
WEIGHT_DECAY, TOLERANCE = 0.01, 1e-6


class Draws:
    """Stands in for torch.nn.functional.dropout. BertModel reaches its places in the order embeddings, then probabilities, attention
    output and output of each layer. In the last layer only the first token of each utterance counts, and `mer` draws for it alone."""

    def __init__(self, seed):
        self.seed, self.step, self.calls, self.mask, self.n_layers = seed, 0, 0, None, 0

    def factors(self, site, rate, n):
        return torch.from_numpy(mer_random.dropout_factors(self.seed, self.step, site, rate, n))

    def __call__(self, x, p=0.5, training=True, inplace=False):
        call, self.calls = self.calls, self.calls + 1
        if not training or p == 0:
            return x
        if x.dim() == 2:  # rows of an MLP
            return x * self.factors(mer_random.SITE_MLP + call, p, x.numel()).view_as(x)
        layer, place = divmod(call - 1, 3)
        site = 3 * (layer + 1) + place if call else 0
        first_only = call > 0 and layer == self.n_layers - 1
        lengths, out = self.mask.sum(1).tolist(), torch.zeros_like(x)
        if x.dim() == 3:  # tokens, which `mer` packs
            mask = torch.zeros_like(self.mask) if first_only else self.mask
            mask[:, 0] = True
            out[mask] = self.factors(site, p, mask.sum().item() * x.shape[2]).view(-1, x.shape[2])
            return x * out
        sizes = [(1 if first_only else t) * t * x.shape[1] for t in lengths]
        drawn = self.factors(site, p, sum(sizes)).split(sizes)
        for b, t in enumerate(lengths):  # attention
            rows = 1 if first_only else t
            out[b, :, :rows, :t] = drawn[b].view(x.shape[1], rows, t)
        return x * out


def make_mlp(seed, widths, rate):
    layers = []
    for i, (weight, bias) in enumerate(mer_random.linears(seed, widths)):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        linear.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        layers += [linear] + ([torch.nn.ReLU(), torch.nn.Dropout(rate)] if i + 2 < len(widths) else [])
    return torch.nn.Sequential(*layers)


class Text(torch.nn.Module):
    def __init__(self, args, draws):
        super().__init__()
        path = os.path.join(args.data, "train_sent_emo.csv")
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))[: args.limit or None]
        tokenizer = AutoTokenizer.from_pretrained(args.encoder)
        texts = [r["Utterance"].replace("\r", " ").replace("\n", " ") for r in rows]
        self.ids = tokenizer(texts, truncation=True, max_length=128)["input_ids"]
        self.labels = torch.tensor([EMOTIONS.index(r["Emotion"].lower()) for r in rows])
        self.bert = BertModel.from_pretrained(args.encoder, add_pooling_layer=False, attn_implementation="eager")
        self.head, self.draws = make_mlp(args.seed, [self.bert.config.hidden_size, 128, 7], 0), draws

    def forward(self, rows):
        longest = max(len(self.ids[i]) for i in rows)
        ids = torch.tensor([self.ids[i] + [0] * (longest - len(self.ids[i])) for i in rows])
        self.draws.calls, self.draws.mask, self.draws.n_layers = 0, ids != 0, self.bert.config.num_hidden_layers
        hidden = self.bert(input_ids=ids, attention_mask=self.draws.mask.long()).last_hidden_state
        return self.head(hidden[:, 0])


class Audio(torch.nn.Module):
    def __init__(self, args, draws):
        super().__init__()
        with open(args.data, newline="", encoding="utf-8") as f:
            rows = [r for r in csv.DictReader(f) if r["split"] == "train"][: args.limit or None]
        self.labels = torch.tensor([EMOTIONS.index(r["label"]) for r in rows])
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "mfcc.npy")
            files = [os.path.join(os.path.dirname(args.data), r["audio"]) for r in rows]
            subprocess.run([args.mer, "features", "--quiet", "-o", out, *files], check=True)
            x = np.load(out).reshape(len(rows), -1).astype(np.float64)
        deviation = x.std(0)
        deviation[deviation < 1e-5] = 1
        self.x = torch.from_numpy(((x - x.mean(0)) / deviation).astype(np.float32))
        self.head, self.draws = make_mlp(args.seed, [x.shape[1], 256, 128, 7], 0.2), draws

    def forward(self, rows):
        self.draws.calls = 0
        return self.head(self.x[rows])


def train(net, args, draws):
    """Yields the loss summed over batches, and the accuracy, of each epoch."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.999), eps=1e-8)
    net.train()
    for epoch in range(args.epochs):
        order = mer_random.permutation(args.seed, epoch, len(net.labels))
        loss_sum = n_right = 0
        for first in range(0, len(order), args.batch_size):
            rows = order[first : first + args.batch_size]
            draws.step += 1
            logits = net(rows)
            loss = torch.nn.functional.cross_entropy(logits, net.labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
            n_right += (logits.argmax(1) == net.labels[rows]).sum().item()
        yield loss_sum, n_right / len(order)


def train_mer(args):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log.jsonl")
        run = [args.mer, "train", args.kind, "--data", args.data, "--out", os.path.join(folder, "model"), "--dtype", "f32", "--log", log, "--quiet"]
        run += ["--limit", args.limit, "--epochs", args.epochs, "--batch-size", args.batch_size, "--lr", args.lr, "--seed", args.seed]
        run += ["--optimizer", "adamw", "--weight-decay", WEIGHT_DECAY, "--keep", "last", "--threads", torch.get_num_threads()]
        run += ["--encoder", args.encoder] if args.kind == "text" else []
        subprocess.run([str(word) for word in run], check=True, stdout=subprocess.DEVNULL)
        with open(log) as f:
            return [e for e in map(json.loads, f) if e["event"] == "epoch"]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("mer")
    ap.add_argument("kind", choices=["text", "audio"])
    ap.add_argument("--data", required=True)
    ap.add_argument("--encoder")
    for name, kind in {"limit": int, "epochs": int, "batch-size": int, "lr": float}.items():
        ap.add_argument("--" + name, type=kind)
    ap.add_argument("--seed", type=int, default=0)
    args = ap.parse_args()
    usual = dict(limit=100, epochs=10, batch_size=8, lr=2e-5) if args.kind == "text" else dict(limit=0, epochs=20, batch_size=16, lr=1e-4)
    for name, value in usual.items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    transformers.logging.set_verbosity_error()  # the pooler is left out on purpose
    torch.nn.functional.dropout = draws = Draws(args.seed)
    net = (Text if args.kind == "text" else Audio)(args, draws)
    failed = False
    for i, (ours, (loss_sum, accuracy)) in enumerate(zip(train_mer(args), train(net, args, draws), strict=True)):
        difference = abs(ours["loss_sum"] - loss_sum) / loss_sum
        failed |= not difference <= TOLERANCE
        print(f"epoch {i + 1:2}  loss sum: mer {ours['loss_sum']:.5f}, PyTorch {loss_sum:.5f}, ", end="")
        print(f"relative difference {difference:.1e}  accuracy {ours['accuracy']:.3f} {accuracy:.3f}", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
