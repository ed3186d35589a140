"""Golden numbers of single layers and optimizers, by PyTorch in f32 (gradients by autograd from a random d output).

Makes nn/nn.safetensors. `d`+name is the gradient of the loss sum(y * dy) with respect to name:
  linear.{x [N,I], w [O,I], b [O], y, dy, dx, dw, db}
  layer_norm.{x [N,H], w, b, y, dy, dx, dw, db}          eps 1e-12
  gelu.{x [N], y, dy, dx}                                erf form
  attention.{q,k,v [B,A,T,D], lengths [B] i32, probs, y, dy, dq, dk, dv}   scale 1/sqrt(D); all is 0 beyond the lengths
  cross_entropy.{x [N,K], labels [N] i32, loss [1], dx}  mean;  .weight [K], .weighted_loss, .weighted_dx: class weights;
                                                         .smooth_loss, .smooth_dx: label smoothing .1
  {adam,adamw}.{p0 [P], g [10,P], p [10,P]}              lr 1e-2, betas .9/.999, eps 1e-8; adamw decay .01; p after each step
  {adam,adamw}.schedule.{lr [20], g [20,P], p [20,P]}    peak lr 1e-2, linear warm-up over 2 of 20 steps, linear decay to 0
  clip.{0,1,2}.{g, out}, clip.norm [1]                   clip_grad_norm_ to 1.0; clip.small.*: norm below 1, unchanged

Versions: torch 2.15.0, transformers 5.23.0, safetensors 0.8.0.
Command:  python make_nn.py [--out nn]
"""

import argparse
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from transformers import get_linear_schedule_with_warmup

OUT = {}


def put(prefix, **tensors):
    for name, t in tensors.items():
        a = t.detach().numpy()
        OUT[f"{prefix}.{name}"] = np.array(a.astype(np.int32) if a.dtype == np.int64 else a).reshape(a.shape or (1,))


def layer(prefix, f, mask=1.0, **inputs):
    leaves = {k: v.clone().requires_grad_() for k, v in inputs.items()}
    y = f(**leaves)
    dy = torch.randn(y.shape) * mask
    y.backward(dy)
    put(prefix, **inputs, y=y * mask, dy=dy, **{"d" + k: v.grad for k, v in leaves.items()})


def attention(q, k, v, lengths):
    valid = torch.arange(q.shape[2])[None, :] < lengths[:, None]
    scores = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).masked_fill(~valid[:, None, None, :], -1e30)
    return scores.softmax(-1)


def optimizers(name, make):
    p0, g = torch.randn(17), torch.randn(20, 17) * torch.logspace(-3, 1, 17)
    g[:, 3] = 0.0
    for schedule, steps in ((False, 10), (True, 20)):
        p = p0.clone().requires_grad_()
        optimizer = make([p])
        lr = get_linear_schedule_with_warmup(optimizer, 2, 20) if schedule else None
        rates, rows = [], []
        for t in range(steps):
            p.grad = g[t].clone()
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            rows.append(p.detach().clone())
            if lr:
                lr.step()
        if schedule:
            put(name + ".schedule", lr=torch.tensor(rates), g=g, p=torch.stack(rows))
        else:
            put(name, p0=p0, g=g[:10], p=torch.stack(rows))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "nn"))
    args = ap.parse_args()
    torch.manual_seed(2)

    layer("linear", F.linear, input=torch.randn(5, 7), weight=torch.randn(3, 7), bias=torch.randn(3))
    norm = lambda input, weight, bias: F.layer_norm(input, (11,), weight, bias, 1e-12)
    layer("layer_norm", norm, input=torch.randn(6, 11) * 3 + 1, weight=torch.randn(11), bias=torch.randn(11))
    for prefix in ("linear", "layer_norm"):
        for long, short in (("input", "x"), ("weight", "w"), ("bias", "b")):
            for d in ("", "d"):
                OUT[f"{prefix}.{d}{short}"] = OUT.pop(f"{prefix}.{d}{long}")
    edges = torch.tensor([0.0, -0.0, 1e-8, -1e-8, 5.0, -5.0, 12.0, -12.0, 40.0, -40.0])
    layer("gelu", lambda x: F.gelu(x), x=torch.cat([torch.linspace(-6, 6, 61), edges]))

    lengths = torch.tensor([5, 3, 1])
    mask = (torch.arange(5)[None, :] < lengths[:, None]).float()[:, None, :, None]
    q, k, v = (torch.randn(3, 2, 5, 4) * mask for _ in range(3))
    layer("attention", lambda q, k, v: attention(q, k, v, lengths) @ v, mask, q=q, k=k, v=v)
    put("attention", lengths=lengths, probs=attention(q, k, v, lengths) * mask)

    x, labels, weight = torch.randn(6, 7) * 3, torch.tensor([0, 6, 3, 3, 1, 5]), torch.rand(7) + 0.5
    x[5] *= 30
    put("cross_entropy", x=x, labels=labels, weight=weight)
    for prefix, options in (("", {}), ("weighted_", {"weight": weight}), ("smooth_", {"label_smoothing": 0.1})):
        leaf = x.clone().requires_grad_()
        loss = F.cross_entropy(leaf, labels, **options)
        loss.backward()
        put("cross_entropy", **{prefix + "loss": loss, prefix + "dx": leaf.grad})

    optimizers("adam", lambda p: torch.optim.Adam(p, lr=1e-2))
    optimizers("adamw", lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.01))

    for prefix, scale in (("clip", 1.0), ("clip.small", 0.01)):
        params = [torch.nn.Parameter(torch.zeros(s)) for s in ((3, 4), (5,), (2, 2, 2))]
        for i, p in enumerate(params):
            p.grad = torch.randn(p.shape) * scale
            put(f"{prefix}.{i}", g=p.grad.clone())
        put(prefix, norm=torch.nn.utils.clip_grad_norm_(params, 1.0))
        for i, p in enumerate(params):
            put(f"{prefix}.{i}", out=p.grad)

    save_file(OUT, os.path.join(args.out, "nn.safetensors"))
    for name, a in OUT.items():
        print(name, a.dtype, a.shape)


if __name__ == "__main__":
    main()
