"""Golden numbers of the fusions, by PyTorch in f32: networks of three modalities of vectors, of which rows lack some.

Makes fusions/fusions.safetensors:
  vectors.m0, m1, m2 [4, width]; present [4, 3]: 1 where the row has the modality; labels [4]
  KIND.<parameter>, KIND.logits [4, 5], KIND.grad.<parameter>: of the mean cross entropy; KIND: concat, gated, attention, late
  KIND.alone.m0, m1, m2 [rows that have it, 5]: logits of one modality alone
  KIND.unimodal.<parameter>: gradients if half the cross entropy of these, its sum divided by 4 rows, is added
Parts are h[m] = ReLU(W v + b) [8]; what is missing counts nowhere.
  concat:     h side by side, zeros where one is missing; a head of 10, 7 and 5 with ReLU between
  gated:      y = sum over m of softmax over m of (G[m] h[m] + g[m]) * h[m], number by number; the same head
  attention:  y = sum over m of softmax over m of (q . tanh(K h[m] + k)) h[m]; the same head
  late:       logits = sum over m of S[m] h[m] + s[m]

Versions: torch 2.15.0, safetensors 0.8.0.
Command:  python make_fusions.py [--out fusions]
"""

import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

WIDTHS, ROWS, PART, HEAD = (6, 9, 4), 4, 8, (10, 7, 5)
PRESENT = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=torch.bool)
LABELS = torch.tensor([0, 3, 1, 4])


def parameter(parameters, name, shape, scale):
    if name not in parameters:
        parameters[name] = torch.nn.Parameter(torch.randn(shape) * scale)
    return parameters[name]


def linear(parameters, name, n_in, n_out):
    for suffix, shape in (("weight", (n_out, n_in)), ("bias", (n_out,))):
        parameter(parameters, f"{name}.{suffix}", shape, 0.4)
    return lambda x: F.linear(x, parameters[name + ".weight"], parameters[name + ".bias"])


def head_of(parameters, n_in):
    sizes = (n_in,) + HEAD
    layers = [linear(parameters, f"head.{i}", sizes[i], sizes[i + 1]) for i in range(len(HEAD))]
    return lambda x: layers[2](layers[1](layers[0](x).relu()).relu())


def weighted(scores, h, present):
    """Sum over the modalities of h [rows, 3, PART] by the softmax of the scores of those that are present."""
    weights = scores.masked_fill(~present[..., None], float("-inf")).softmax(1)
    return (weights * h).sum(1)


def logits_of(kind, parameters, vectors, present):
    h = torch.stack([linear(parameters, f"projection.m{m}.0", WIDTHS[m], PART)(v).relu() for m, v in enumerate(vectors)], 1)
    if kind == "concat":
        return head_of(parameters, 3 * PART)((h * present[..., None]).flatten(1))
    if kind == "late":
        scores = torch.stack([linear(parameters, f"scores.m{m}.0", PART, HEAD[-1])(h[:, m]) for m in range(3)], 1)
        return (scores * present[..., None]).sum(1)
    if kind == "gated":
        gates = torch.stack([linear(parameters, f"gate.m{m}.0", PART, PART)(h[:, m]) for m in range(3)], 1)
        return head_of(parameters, PART)(weighted(gates, h, present))
    keys = linear(parameters, "attention", PART, PART)(h).tanh()
    query = parameter(parameters, "attention.query", (PART,), 1)
    return head_of(parameters, PART)(weighted((keys @ query)[..., None], h, present))


def gradients(parameters, loss):
    return dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values()), retain_graph=True)))


def add_kind(tensors, kind, vectors):
    parameters = {}
    logits = logits_of(kind, parameters, vectors, PRESENT)
    loss = F.cross_entropy(logits, LABELS)
    tensors[f"{kind}.logits"] = logits
    for name, gradient in gradients(parameters, loss).items():
        tensors[f"{kind}.{name}"], tensors[f"{kind}.grad.{name}"] = parameters[name], gradient
    for m in range(3):
        rows = PRESENT[:, m]
        only = torch.zeros(int(rows.sum()), 3, dtype=torch.bool)
        only[:, m] = True
        alone = logits_of(kind, parameters, [v[rows] for v in vectors], only)
        tensors[f"{kind}.alone.m{m}"] = alone
        loss = loss + 0.5 * F.cross_entropy(alone, LABELS[rows], reduction="sum") / ROWS
    for name, gradient in gradients(parameters, loss).items():
        tensors[f"{kind}.unimodal.{name}"] = gradient


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "fusions"))
    out = ap.parse_args().out
    torch.manual_seed(5)
    vectors = [torch.randn(ROWS, w) for w in WIDTHS]
    tensors = {f"vectors.m{m}": v for m, v in enumerate(vectors)}
    tensors.update({"present": PRESENT.float(), "labels": LABELS.float()})
    for kind in ("concat", "gated", "attention", "late"):
        add_kind(tensors, kind, vectors)
    os.makedirs(out, exist_ok=True)
    arrays = {name: np.ascontiguousarray(t.detach().numpy()) for name, t in tensors.items()}
    save_file(arrays, os.path.join(out, "fusions.safetensors"))


if __name__ == "__main__":
    main()
