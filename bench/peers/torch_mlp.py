#!/usr/bin/env python3
"""Times an optimizer step of the audio and the fusion classifier in PyTorch, on vectors that lie in memory.

Usage:    torch_mlp.py --data FOLDER [--kinds audio,fusion] [--text-width 384] [--steps 300] [--warmup 3] [--threads 2]
FOLDER is what bench/make_audio_set made; its audio.npy is standardized beforehand, and the fusion's [CLS] vectors are random numbers,
as the encoder is frozen. Adam is the fastest of PyTorch's three implementations here.
"""

import argparse
import os
import time

import numpy as np
import peers
import torch

ADAM = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def mlp(*widths):
    layers = []
    for a, b in zip(widths, widths[1:-1]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU(), torch.nn.Dropout(0.2)]
    return torch.nn.Sequential(*layers, torch.nn.Linear(*widths[-2:]))


class Audio(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.head = mlp(width, 256, 128, 7)

    def forward(self, audio, _):
        return self.head(audio)


class Fusion(torch.nn.Module):
    def __init__(self, width, text_width):
        super().__init__()
        self.text, self.audio = torch.nn.Linear(text_width, 128), torch.nn.Linear(width, 128)
        self.head = mlp(256, 256, 128, 7)

    def forward(self, audio, text):
        return self.head(torch.cat([self.text(text).relu(), self.audio(audio).relu()], 1))


def steps(net, optimizer, audio, text, labels, rows):
    """Seconds of each step."""
    times = []
    net.train()
    for r in rows:
        start = time.perf_counter()
        loss = torch.nn.functional.cross_entropy(net(audio[r], text[r]), labels[r])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(time.perf_counter() - start)
    return times


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--data", required=True)
    ap.add_argument("--kinds", default="audio,fusion")
    for name, default in {"batch-size": 8, "text-width": 384, "steps": 300, "warmup": 3, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    x = np.load(os.path.join(args.data, "audio.npy"))
    audio = torch.from_numpy((x - x.mean(0)) / x.std(0))
    text, labels = torch.randn(len(x), args.text_width), torch.randint(7, (len(x),))
    n = 1 + args.warmup + args.steps
    epochs = -(-n * args.batch_size // len(x))
    rows = torch.cat([torch.randperm(len(x)) for _ in range(epochs)]).split(args.batch_size)[:n]
    for kind in args.kinds.split(","):
        net = Audio(x.shape[1]) if kind == "audio" else Fusion(x.shape[1], args.text_width)
        makers = {name: torch.optim.Adam(net.parameters(), lr=1e-4, **how) for name, how in ADAM.items()}
        name = peers.fastest({k: lambda o=o: steps(net, o, audio, text, labels, rows[:20]) for k, o in makers.items()}, n=3, warmup=1)
        seconds = steps(net, makers[name], audio, text, labels, rows)[1 + args.warmup :]
        peers.report("train", kind, f"PyTorch, f32, Adam {name}", seconds)


if __name__ == "__main__":
    main()
