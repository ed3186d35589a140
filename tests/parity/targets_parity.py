#!/usr/bin/env python3
"""Trains classifiers of several labels and of values with `mer train text`, opens them with transformers, and compares the answers.

Usage:    targets_parity.py MER        MER: the program, build/release/mer
Each begins with a small random BERT classifier that transformers writes; AutoModelForSequenceClassification must find the problem and
the names in config.json, and give the probabilities (sigmoid) or values of `mer predict`: tolerance 1e-4.

Needs torch, transformers. Made with torch 2.15.0, transformers 5.24.0.
"""

import json
import os
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification

TEXTS = ["what a lovely day", "stop that at once", "she is gone now", "what a day she is gone"]
CASES = {
    "multi_label_classification": ("labels", ["joy", "anger", "sadness"], [("joy",), ("anger",), ("sadness",), ("joy|sadness",)], "probs"),
    "regression": ("values", ["arousal", "valence"], [(0.5, 0.9), (0.9, -0.8), (-0.6, -0.5), (0.1, 0.2)], "values"),
}


def write_checkpoint(folder):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({w for t in TEXTS for w in t.split()})]
    shape = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=32)
    torch.manual_seed(1)
    BertForSequenceClassification(BertConfig(vocab_size=len(words), **shape)).save_pretrained(folder)
    with open(os.path.join(folder, "vocab.txt"), "w") as f:
        f.write("\n".join(words) + "\n")


def check(program, work, problem):
    target, names, rows, key = CASES[problem]
    start, model, manifest = (os.path.join(work, name) for name in ("start", problem, "manifest.csv"))
    write_checkpoint(start)
    with open(manifest, "w") as f:
        print("split,text,label" if target == "labels" else "split,text," + ",".join(names), file=f)
        for split in ("train", "train", "dev"):
            for text, row in zip(TEXTS, rows):
                print(split, text, *row, sep=",", file=f)
    subprocess.run([program, "train", "text", "--data", manifest, "--target", target, "--labels", ",".join(names), "--encoder", start,
                    "--out", model, "--epochs", "20", "--lr", "1e-3", "--dtype", "f32", "-q"], check=True, stdout=sys.stderr)  # fmt: skip
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    run = subprocess.run([program, "predict", model, "-q", "--jsonl", "-"], check=True, capture_output=True, input=lines.encode())
    answers = [json.loads(line)[key] for line in run.stdout.splitlines()]
    net, tokenizer = AutoModelForSequenceClassification.from_pretrained(model).eval(), AutoTokenizer.from_pretrained(model)
    assert net.config.problem_type == problem and list(net.config.id2label.values()) == names
    with torch.inference_mode():
        scores = torch.cat([net(**tokenizer(text, return_tensors="pt")).logits for text in TEXTS])
    expected = scores.sigmoid() if key == "probs" else scores
    return (expected - torch.tensor([[a[name] for name in names] for a in answers])).abs().max().item()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as work:
        differences = {problem: check(os.path.abspath(sys.argv[1]), work, problem) for problem in CASES}
    print("largest differences: " + ", ".join(f"{problem} {d:.2e}" for problem, d in differences.items()))
    return int(not max(differences.values()) <= 1e-4)


if __name__ == "__main__":
    sys.exit(main())
