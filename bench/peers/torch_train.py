#!/usr/bin/env python3
"""Times an optimizer step of the text classifier in PyTorch: BERT, Linear 128, ReLU, Linear 7, cross entropy, AdamW.

Usage:    torch_train.py --encoder DIR --data MELD [--batch-size 8] [--steps 20] [--warmup 3] [--settings padded,f32,bf16] [--threads 2]
padded: 128 tokens in every batch and f32, as the original does it; f32: padded to the longest of the batch; bf16: the same under
autocast. Attention is PyTorch's fused kernel (sdpa), and AdamW the fastest of its three implementations here. The batches are those of
`mer bench train` with the same seed, in the same order: the first step and the warm-up are left out.
"""

import argparse
import contextlib
import os
import sys
import time

import peers
import torch
import transformers

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "..", "tests", "parity"))
import mer_random  # noqa: E402

ADAMW = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


class Classifier(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.bert = transformers.BertModel.from_pretrained(encoder, add_pooling_layer=False, dtype=torch.float32)
        width = self.bert.config.hidden_size
        self.head = torch.nn.Sequential(torch.nn.Linear(width, 128), torch.nn.ReLU(), torch.nn.Linear(128, 7))

    def forward(self, ids, mask):
        return self.head(self.bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0])


def choose_adamw(net):
    """The fastest implementation on this network's parameters; the rate 0 leaves them as they are."""
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    times = {}
    for name, how in ADAMW.items():
        step = torch.optim.AdamW(net.parameters(), lr=0, weight_decay=0.01, **how).step
        times[name] = min(peers.measure(step, 3, 1))
    return min(times, key=times.get)


def step_times(net, optimizer, batches, bf16):
    times = []
    net.train()
    for ids, mask, labels in batches:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = torch.nn.functional.cross_entropy(net(ids, mask), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(time.perf_counter() - start)
    return times


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--settings", default="padded,f32,bf16")
    for name, default in {"batch-size": 8, "steps": 20, "warmup": 3, "threads": 2, "seed": 0}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    transformers.logging.set_verbosity_error()  # the pooler is left out on purpose
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    texts, labels = peers.read_texts(args.data, ["train"])
    ids, n = peers.encode(args.encoder, texts), 1 + args.warmup + args.steps
    order = mer_random.permutation(args.seed, 0, len(ids))
    rows = [order[i * args.batch_size : (i + 1) * args.batch_size] for i in range(n)]
    net = Classifier(args.encoder)
    adamw = choose_adamw(net)
    for setting in peers.torch_settings(args.settings, torch):
        batches = []
        for r in filter(None, rows):
            padded = peers.pad([ids[i] for i in r], peers.MAX_LENGTH if setting == "padded" else 0)
            batches.append((*map(torch.from_numpy, padded), torch.tensor([labels[i] for i in r])))
        optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5, weight_decay=0.01, **ADAMW[adamw])
        seconds = step_times(net, optimizer, batches, setting == "bf16")[1 + args.warmup :]
        name = "padded to 128, f32" if setting == "padded" else f"dynamic padding, {setting}"
        peers.report("train", setting, f"PyTorch, {name}, AdamW {adamw}", seconds)


if __name__ == "__main__":
    main()
