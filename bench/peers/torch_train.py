#!/usr/bin/env python3
"""Times an optimizer step of the text classifier in PyTorch: BERT, Linear 128, ReLU, Linear 7, cross entropy, AdamW.

Usage:    torch_train.py --encoder DIR --data MELD [--batch-size 8] [--steps 20] [--warmup 3] [--settings padded,f32,packed-f32,bf16,packed] [--threads 2]
padded: 128 tokens in every batch and f32, as the original does it; f32: padded to the longest of the batch; bf16: the same under
autocast; packed-f32, packed (bf16): all utterances of the batch in one row without padding, each seeing only itself (a mask of blocks).
Attention is PyTorch's fused kernel (sdpa), and AdamW the fastest of its three implementations here. The batches are those of
`mer bench train` with the same seed, in the same order: the first step and the warm-up are left out. The process has glibc's allocator
keep what is freed (peers.keep_freed_memory).
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

NAMES = {"padded": "padded to 128, f32", "packed": "packed, bf16", "packed-f32": "packed, f32"}
ADAMW = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


class Classifier(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.bert = transformers.BertModel.from_pretrained(encoder, add_pooling_layer=False, dtype=torch.float32)
        width = self.bert.config.hidden_size
        self.head = torch.nn.Sequential(torch.nn.Linear(width, 128), torch.nn.ReLU(), torch.nn.Linear(128, 7))

    def forward(self, ids, mask, positions=None, firsts=None):
        hidden = self.bert(input_ids=ids, attention_mask=mask, position_ids=positions).last_hidden_state
        return self.head(hidden[:, 0] if firsts is None else hidden[0, firsts])


def choose_adamw(net):
    """The fastest implementation on this network's parameters; the rate 0 leaves them as they are."""
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    times = {}
    for name, how in ADAMW.items():
        step = torch.optim.AdamW(net.parameters(), lr=0, weight_decay=0.01, **how).step
        times[name] = min(peers.measure(step, 3, 1))
    return min(times, key=times.get)


def packed(rows):
    """One row of all tokens, the mask [1, 1, T, T] that is true within an utterance, positions, and where each utterance begins."""
    lengths = torch.tensor([len(r) for r in rows])
    owner = torch.repeat_interleave(torch.arange(len(rows)), lengths)
    positions = torch.cat([torch.arange(n) for n in lengths])
    mask = (owner[:, None] == owner[None, :])[None, None]
    return torch.tensor(sum(rows, []))[None], mask, positions[None], lengths.cumsum(0) - lengths


def inputs(setting, rows):
    if setting.startswith("packed"):
        return packed(rows)
    return tuple(map(torch.from_numpy, peers.pad(rows, peers.MAX_LENGTH if setting == "padded" else 0)))


def step_times(net, optimizer, batches, setting):
    times = []
    net.train()
    for tensors, labels in batches:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16) if setting in ("bf16", "packed") else contextlib.nullcontext():
            loss = torch.nn.functional.cross_entropy(net(*tensors), labels)
        optimizer.zero_grad(set_to_none=setting != "packed")
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(time.perf_counter() - start)
    return times


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--settings", default="padded,f32,packed-f32,bf16,packed")
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
        batches = [(inputs(setting, [ids[i] for i in r]), torch.tensor([labels[i] for i in r])) for r in rows if r]
        optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5, weight_decay=0.01, **ADAMW[adamw])
        seconds = step_times(net, optimizer, batches, setting)[1 + args.warmup :]
        name = NAMES.get(setting, f"dynamic padding, {setting}")
        peers.report("train", setting, f"PyTorch, {name}, AdamW {adamw}", seconds)


if __name__ == "__main__":
    peers.keep_freed_memory()
    main()
