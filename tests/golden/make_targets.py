"""Golden numbers of several labels and of values: losses and their gradients by PyTorch, five steps of a BERT classifier of each by
transformers, metrics by scikit-learn and numpy.

Makes targets/targets.safetensors:
  loss.{x [6,4], labels [6,4], values [6,4]}        logits; 0 or 1; numbers
  loss.{bce,mse,ccc}, loss.d{bce,mse,ccc} [6,4]     BCEWithLogitsLoss, MSELoss, 1 - CCC (mean over columns); d loss / d x
  {labels,values}.targets [5,4]                     of the batch of families/bert.safetensors, whose checkpoint is that of make_families.py
  {labels,values}.losses [6]                        the loss after 0..5 steps of AdamW (lr 1e-3, decay .01 on all parameters)
  {labels,values}.dweight [4,32], .dbias [4]        d loss / d classifier before the first
and targets/metrics.json, a list of {"name", "target", "k", "targets" [N][k], "answers" [N][k], and of labels "accuracy" (of whole rows),
"micro_f1", "macro_f1", "weighted_f1", "map" (over labels that occur), "loss", lists "precision", "recall", "f1", "support",
"average_precision" (null: no row has the label); of values "loss" (mean squared error), lists "ccc", "pearson", "mae", "rmse"}.

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0, scikit-learn 1.9.1, numpy 2.4.6.
Command:  python make_targets.py [--out targets]
"""

import argparse
import json
import os
import warnings

import numpy as np
import torch
from adamw_losses import adamw_losses
from make_families import FAMILIES, NAMES, array, batch, weights
from safetensors.numpy import save_file
from sklearn import metrics as M
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification


def ccc_loss(x, y):
    mx, my = x.mean(0), y.mean(0)
    covariance = ((x - mx) * (y - my)).mean(0)
    return (1 - 2 * covariance / (x.var(0, unbiased=False) + y.var(0, unbiased=False) + (mx - my) ** 2)).mean()


def losses():
    torch.manual_seed(6)
    x, labels, values = torch.randn(6, 4) * 3, (torch.rand(6, 4) < 0.4).float(), torch.randn(6, 4)
    x[5, 0], x[5, 1], labels[5, 0], labels[5, 1] = 90, -90, 0, 1
    out = {"loss.x": array(x), "loss.labels": array(labels), "loss.values": array(values)}
    for name, loss, y in (("bce", F.binary_cross_entropy_with_logits, labels), ("mse", F.mse_loss, values), ("ccc", ccc_loss, values)):
        leaf = x.clone().requires_grad_()
        result = loss(leaf, y)
        result.backward()
        out |= {"loss." + name: array(result).reshape(1), "loss.d" + name: array(leaf.grad)}
    return out


def training(name, problem, targets):
    config = AutoConfig.for_model("bert", id2label=dict(enumerate(NAMES)), problem_type=problem, **FAMILIES["bert"])
    net = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").train()
    with torch.no_grad():
        for parameter, p in net.named_parameters():
            p.copy_(torch.from_numpy(weights(parameter, p.shape)))
    ids, mask, _ = batch(config)
    loss_of = lambda: net(input_ids=ids, attention_mask=mask, labels=targets).loss
    loss_of().backward()
    out = {name + ".targets": array(targets), name + ".dweight": array(net.classifier.weight.grad).copy(),
           name + ".dbias": array(net.classifier.bias.grad).copy()}  # fmt: skip
    out[name + ".losses"] = np.array(adamw_losses(net.parameters(), loss_of), np.float32)
    print(name, out[name + ".losses"])
    return out


def labels_case(name, targets, answers):
    answers = np.round(answers, 4)
    predicted = answers >= 0.5
    p, r, f, s = M.precision_recall_fscore_support(targets, predicted, zero_division=0)
    occurs = targets.sum(0) > 0
    average = [M.average_precision_score(t, a) if o else None for t, a, o in zip(targets.T, answers.T, occurs)]
    return dict(name=name, target="labels", k=targets.shape[1], targets=targets.tolist(), answers=answers.tolist(),
                accuracy=M.accuracy_score(targets, predicted), loss=float(np.mean([M.log_loss(t, a, labels=[0, 1]) for t, a in zip(targets.T, answers.T)])),
                **{k + "_f1": M.f1_score(targets, predicted, average=k, zero_division=0) for k in ("micro", "macro", "weighted")},
                map=float(np.mean([a for a in average if a is not None])), precision=p.tolist(), recall=r.tolist(), f1=f.tolist(),
                support=s.tolist(), average_precision=average)  # fmt: skip


def values_case(name, targets, answers):
    targets, answers = np.round(targets, 4), np.round(answers, 4)
    columns = list(zip(answers.T, targets.T))
    ccc = [2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2) for x, y in columns]
    return dict(name=name, target="values", k=targets.shape[1], targets=targets.tolist(), answers=answers.tolist(), ccc=ccc,
                loss=float(((answers - targets) ** 2).mean()), pearson=[float(np.corrcoef(x, y)[0, 1]) for x, y in columns],
                mae=[M.mean_absolute_error(y, x) for x, y in columns], rmse=[M.root_mean_squared_error(y, x) for x, y in columns])  # fmt: skip


def metrics():
    rng = np.random.default_rng(8)

    def labels(name, k, n, skill, absent=(), digits=4):
        targets = (rng.random((n, k)) < 0.3).astype(int)
        targets[:, list(absent)] = 0
        answers = np.clip(rng.random((n, k)) * (1 - skill) + targets * skill * rng.random((n, k)), 0.01, 0.99)
        return labels_case(name, targets, np.round(answers, digits))

    y = rng.normal(0, 1, (60, 3))
    return [labels("seven labels", 7, 90, 0.7), labels("ties", 3, 60, 0.3, digits=1), labels("a label that no row has", 4, 40, 0.5, (2,)),
            labels("two rows", 2, 2, 0.9), values_case("values", y, 0.7 * y + rng.normal(0.2, 0.4, y.shape)),
            values_case("far off", y, -y + 3)]  # fmt: skip


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "targets"))
    args = ap.parse_args()
    warnings.simplefilter("ignore")
    out = losses()
    torch.manual_seed(7)
    out |= training("labels", "multi_label_classification", (torch.rand(5, 4) < 0.5).float())
    out |= training("values", "regression", torch.randn(5, 4))
    os.makedirs(args.out, exist_ok=True)
    save_file(out, os.path.join(args.out, "targets.safetensors"))
    with open(os.path.join(args.out, "metrics.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in metrics()) + "\n]\n")


if __name__ == "__main__":
    main()
