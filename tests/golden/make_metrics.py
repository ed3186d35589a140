"""Golden classification metrics by scikit-learn on random predictions.

Makes metrics/metrics.json, a list of cases: {"name", "k", "labels" [N], "probs" [N][k] (rows sum to 1), "predictions" [N]
(the first largest of probs), "accuracy", "weighted_f1", "macro_f1" (over all k classes; an undefined F1 counts 0),
"macro_f1_present" (over the classes among labels or predictions: scikit-learn's default), "precision" "recall" "f1" [k]
(undefined: 0), "support" [k], "confusion" [k][k] (row: label), "log_loss" (natural, mean), "uar" (mean recall over
the classes that have labels: balanced_accuracy_score)}.

Versions: scikit-learn 1.9.1, numpy 2.4.6.
Command:  python make_metrics.py [--out metrics]
"""

import argparse
import json
import os
import warnings

import numpy as np
from sklearn import metrics as M


def case(name, k, labels, probs):
    probs = np.round(probs / probs.sum(1, keepdims=True), 6)
    probs[:, -1] += 1 - probs.sum(1)
    pred, every = probs.argmax(1), list(range(k))
    p, r, f, s = M.precision_recall_fscore_support(labels, pred, labels=every, zero_division=0)
    return {
        "name": name,
        "k": k,
        "labels": labels.tolist(),
        "probs": np.round(probs, 6).tolist(),
        "predictions": pred.tolist(),
        "accuracy": M.accuracy_score(labels, pred),
        "weighted_f1": M.f1_score(labels, pred, labels=every, average="weighted", zero_division=0),
        "macro_f1": M.f1_score(labels, pred, labels=every, average="macro", zero_division=0),
        "macro_f1_present": M.f1_score(labels, pred, average="macro", zero_division=0),
        "precision": p.tolist(),
        "recall": r.tolist(),
        "f1": f.tolist(),
        "support": s.tolist(),
        "confusion": M.confusion_matrix(labels, pred, labels=every).tolist(),
        "log_loss": M.log_loss(labels, probs, labels=every),
        "uar": M.balanced_accuracy_score(labels, pred),
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "metrics"))
    args = ap.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(3)

    def random(name, k, n, skill, no_label=(), no_prediction=()):
        labels = rng.choice([c for c in range(k) if c not in no_label], n)
        probs = rng.random((n, k)) + 0.01
        probs[np.arange(n), labels] += skill * rng.random(n)
        probs[:, list(no_prediction)] *= 0.001
        return case(name, k, labels, probs)

    cases = [
        random("k7", 7, 120, 1.0),
        random("k7 chance", 7, 60, 0.0),
        random("k7 classes 2 and 5 never predicted", 7, 80, 1.5, no_prediction=(2, 5)),
        random("k7 classes 1 and 6 without labels", 7, 80, 0.5, no_label=(1, 6)),
        random("k7 class 3 in neither", 7, 80, 1.0, no_label=(3,), no_prediction=(3,)),
        random("k7 one label only", 7, 20, 0.5, no_label=(0, 1, 2, 4, 5, 6)),
        case("k7 always 0", 7, rng.integers(0, 7, 50), np.tile([9.0, 1, 1, 1, 1, 1, 1], (50, 1))),
        random("k7 perfect", 7, 30, 200.0),
        random("k7 single row", 7, 1, 1.0),
        random("k2", 2, 60, 0.7),
        random("k2 one class never predicted", 2, 40, 0.7, no_prediction=(1,)),
        random("k2 one class without labels", 2, 40, 0.2, no_label=(0,)),
    ]
    path = os.path.join(args.out, "metrics.json")
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    print(path, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main()
