#!/usr/bin/env python3
"""Compares `mer embed` with transformers: the last hidden state of the first token, f32, at most 128 tokens.

Usage:    text_parity.py MER ENCODER FILE...        MER: the program, build/release/mer; FILE: a text in each line
Prints the largest and the mean absolute difference for each file and how many texts were truncated, and fails if the largest is above
1e-4. The tokens come from transformers' own tokenizer, and are compared with `mer tokenize` as well.

Needs torch, transformers, numpy. Made with torch 2.15.0, transformers 5.23.0.
"""

import json
import subprocess
import sys

import numpy as np
import torch
import transformers
from transformers import AutoModel, AutoTokenizer

MAX_LENGTH, TOLERANCE, BATCH = 128, 1e-4, 16


def lines_of(program, command, encoder, path):
    run = [program, command, "--encoder", encoder, "--max-length", str(MAX_LENGTH), "--threads", str(torch.get_num_threads()), path]
    return [json.loads(line) for line in subprocess.run(run, check=True, capture_output=True).stdout.splitlines()]


def embed(model, ids):
    """The first token of every text; texts of one length go together, so that nothing is padded."""
    out = np.empty((len(ids), model.config.hidden_size), np.float32)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    while order:
        n = len(ids[order[0]])
        rows = [i for i in order[:BATCH] if len(ids[i]) == n]
        order = order[len(rows) :]
        with torch.inference_mode():
            out[rows] = model(input_ids=torch.tensor([ids[i] for i in rows])).last_hidden_state[:, 0].numpy()
    return out


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    program, encoder, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    transformers.logging.set_verbosity_error()  # a pooler that the file lacks is not used
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModel.from_pretrained(encoder, dtype=torch.float32).eval()
    failed = False
    for path in files:
        with open(path, encoding="utf-8", newline="\n") as f:
            texts = f.read().removesuffix("\n").split("\n")
        ids = tokenizer(texts, truncation=True, max_length=MAX_LENGTH)["input_ids"]
        cut = sum(len(x) > MAX_LENGTH for x in tokenizer(texts)["input_ids"])
        found = np.array([x["cls"] for x in lines_of(program, "embed", encoder, path)], np.float32)
        other_tokens = sum(x["ids"] != y for x, y in zip(lines_of(program, "tokenize", encoder, path), ids, strict=True))
        difference = np.abs(found - embed(model, ids))
        failed |= other_tokens > 0 or not difference.max() <= TOLERANCE
        print(f"{path}: {len(texts)} texts, {sum(map(len, ids))} tokens, {cut} truncated, {other_tokens} tokenized differently, ", end="")
        print(f"width {found.shape[1]}, largest difference {difference.max():.2e}, mean {difference.mean():.2e}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
