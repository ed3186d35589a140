"""Golden numbers of calibration: temperatures by scipy, errors of probabilities by torch, scikit-learn and numpy.

Makes calibration/calibration.json, a list of {"name", "target" ("label" or "labels"), "k", "logits" [N][k], "targets" [N][k],
"temperature", "plain", "scaled"}; the last two, of the logits and of those divided by the temperature, are {"nll" (cross entropy, or the
mean binary one), "brier" (brier_score_loss without its factor 1/2, or the mean squared error), "ece", "bins" [15]: {"n", "confidence",
"accuracy"}}.

Versions: torch 2.15.0, scipy 1.17.1, scikit-learn 1.9.1, numpy 2.4.6.
Command:  python make_calibration.py [--out calibration]
"""

import argparse
import json
import os

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from sklearn.metrics import brier_score_loss
from torch.nn import functional as F


def nll_of(logits, targets, of_label):
    loss = F.cross_entropy if of_label else F.binary_cross_entropy_with_logits
    return float(loss(torch.from_numpy(logits), torch.from_numpy(targets)))


def measures(logits, targets, of_label):
    x = torch.from_numpy(logits)
    probs = (x.softmax(1) if of_label else x.sigmoid()).numpy()
    if of_label:
        answers = probs.argmax(1)
        confidence, right = probs.max(1), (answers == targets.argmax(1)).astype(float)
        brier = brier_score_loss(targets.argmax(1), probs, labels=range(probs.shape[1]), scale_by_half=False)
    else:
        confidence, right = probs.ravel(), targets.ravel()
        brier = float(((probs - targets) ** 2).mean())
    edges = np.linspace(0, 1, 16)
    bins, ece = [], 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        n = int(inside.sum())
        bins.append(dict(n=n, confidence=float(confidence[inside].mean()) if n else None, accuracy=float(right[inside].mean()) if n else None))
        if n:
            ece += n / len(confidence) * abs(bins[-1]["accuracy"] - bins[-1]["confidence"])
    return dict(nll=nll_of(logits, targets, of_label), brier=float(brier), ece=ece, bins=bins)


def case(name, logits, targets, of_label):
    logits = np.round(logits, 3).astype(np.float32).astype(np.float64)
    targets = targets.astype(np.float64)
    best = minimize_scalar(lambda b: nll_of(b * logits, targets, of_label), bounds=(1e-3, 1e3), method="bounded", options=dict(xatol=1e-10))
    temperature = 1 / best.x
    return dict(name=name, target="label" if of_label else "labels", k=logits.shape[1], logits=np.round(logits, 3).tolist(),
                targets=targets.tolist(), temperature=temperature, plain=measures(logits, targets, of_label),
                scaled=measures(logits / temperature, targets, of_label))  # fmt: skip


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "calibration"))
    args = ap.parse_args()
    rng = np.random.default_rng(11)

    def one_label(name, n, k, sharpness):
        logits = rng.normal(0, 1, (n, k))
        gumbel = rng.gumbel(0, 1, (n, k))
        return case(name, sharpness * logits, np.eye(k)[(1.2 * logits + gumbel).argmax(1)], True)

    def several_labels(name, n, k, sharpness):
        logits = rng.normal(-0.5, 1.5, (n, k))
        return case(name, sharpness * logits, rng.random((n, k)) < 1 / (1 + np.exp(-logits)), False)

    cases = [one_label("too sure", 60, 7, 4), one_label("too unsure", 60, 3, 0.3), one_label("two labels", 40, 2, 2),
             several_labels("several labels, too sure", 30, 4, 3), several_labels("several labels, too unsure", 30, 4, 0.4)]  # fmt: skip
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "calibration.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
