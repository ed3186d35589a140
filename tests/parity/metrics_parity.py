#!/usr/bin/env python3
"""Compares `mer eval --json` with scikit-learn on the predictions the same call writes.

Usage:    metrics_parity.py MER MODEL --data D [more options of mer eval]
Every number of "metrics" and "majority" has to be equal to 1e-9 (a table prints nine digits), the loss, whose probabilities are
written with six digits, to 1e-6. The intervals are random and have no counterpart. Fails if one differs.

Needs scikit-learn, numpy. Made with scikit-learn 1.9.1.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from sklearn import metrics as M

TOLERANCE, TOLERANCE_LOSS = 1e-9, 1e-6


def expected(labels, predicted, probs, k):
    every = list(range(k))
    precision, recall, f1, support = M.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    out = {
        "n": len(labels),
        "accuracy": M.accuracy_score(labels, predicted),
        "weighted_f1": M.f1_score(labels, predicted, labels=every, average="weighted", zero_division=0),
        "macro_f1": M.f1_score(labels, predicted, average="macro", zero_division=0),  # over the classes that occur
        "uar": M.balanced_accuracy_score(labels, predicted),
        "confusion": M.confusion_matrix(labels, predicted, labels=every),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "support": support,
    }
    if probs is not None:
        out["loss"] = M.log_loss(labels, probs / probs.sum(1, keepdims=True), labels=every)
    return out


def compare(name, found, wanted):
    failed = False
    found = dict(found)
    for key in ("precision", "recall", "f1", "support"):
        found[key] = [c[key] for c in found["classes"]]
    print(f"{name} of {wanted['n']} utterances, largest differences:", end="")
    for key, value in wanted.items():
        if found.get(key) is None:
            sys.exit(f"\n{name}: no '{key}' in the answer: {sorted(found)}")
        difference = np.abs(np.asarray(found[key], float) - np.asarray(value, float)).max()
        failed |= not difference <= (TOLERANCE_LOSS if key == "loss" else TOLERANCE)
        print(f" {key} {difference:.1e}", end="")
    print()
    return failed


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")  # that some classes are never predicted
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "predictions.jsonl")
        run = [sys.argv[1], "eval", *sys.argv[2:], "--json", "--quiet", "--predictions", path]
        answer = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
    names = [c["label"] for c in answer["metrics"]["classes"]]
    labels = np.array([names.index(r["true"]) for r in rows])
    predicted = np.array([names.index(r["label"]) for r in rows])
    probs = np.array([[r["probs"][name] for name in names] for r in rows])
    failed = compare("metrics", answer["metrics"], expected(labels, predicted, probs, len(names)))
    # Of the rows of "majority" the confusion matrix has one column that is not empty: the answer that is always given.
    always = int(np.argmax(np.sum(answer["majority"]["confusion"], 0)))
    failed |= compare("majority", answer["majority"], expected(labels, np.full_like(labels, always), None, len(names)))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
