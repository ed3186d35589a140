"""Golden numbers of stacks of transformer layers in each arrangement, by PyTorch in f32 (gradients by autograd).

Makes transformer/stacks.safetensors. For each stack of STACKS, with the loss sum(result * dresult):
  <stack>.x [T, H]                    the input: utterances of LENGTHS one after the other
  <stack>.param.<name>, .grad.<name>  parameters and their gradients
  <stack>.dx                          the gradient of the input
  <stack>.result, .dresult            [B, H] of the first rows, or [T, H]
  <stack>.weights, .dweights [L + 1]  of a sum over the layers
  <stack>.hidden.<l>                  the input of layer l
and buckets.<n>.<distance>: the buckets of relative positions -1000 .. 1000, as transformers' MPNet and WavLM have them.

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_transformer.py [--out transformer]
"""

import argparse
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

LENGTHS = [5, 1, 9]
L, H, A, WIDE = 2, 8, 2, 12
STACKS = {
    "post": dict(pre=False, act=F.gelu, key_bias=True, buckets=8, result="first"),
    "pre": dict(pre=True, act=lambda x: F.gelu(x, approximate="tanh"), key_bias=False, buckets=0, result="sum"),
    "pre_first": dict(pre=True, act=F.relu, key_bias=True, buckets=0, result="first"),
    "post_sum": dict(pre=False, act=F.relu, key_bias=False, buckets=8, result="sum"),
    "gated": dict(pre=True, act=F.gelu, key_bias=True, buckets=8, gated=True, result="sum"),
}  # fmt: skip


def shapes(pre, key_bias, buckets, gated=False, **_):
    out = {}
    for l in range(L):
        for part, (n, k) in dict(q=(H, H), k=(H, H), v=(H, H), o=(H, H), up=(WIDE, H), down=(H, WIDE)).items():
            out[f"layer.{l}.{part}.weight"] = (n, k)
            if part != "k" or key_bias:
                out[f"layer.{l}.{part}.bias"] = (n,)
        for norm in ("n1", "n2"):
            out |= {f"layer.{l}.{norm}.{part}": (H,) for part in ("weight", "bias")}
        if gated:
            out |= {f"layer.{l}.gate.weight": (8, H // A), f"layer.{l}.gate.bias": (8,), f"layer.{l}.constant": (1, A, 1, 1)}
    if pre:
        out |= {f"final.{part}": (H,) for part in ("weight", "bias")}
    if buckets:
        out["relative"] = (buckets, A)
    return out


def bucket(distances, buckets, most):
    return MPNetEncoder.relative_position_bucket(distances, num_buckets=buckets, max_distance=most)


def gates(x, weight, bias, constant):
    """As WavLMAttention computes them."""
    scores = F.linear(x, weight, bias).view(*x.shape[:-1], 2, 4).sum(-1)
    a, b = scores.sigmoid().chunk(2, dim=-1)
    return a * (b * constant[0] - 1.0) + 2.0


def layer(x, p, l, pre, act, bias):
    get = lambda name: p.get(f"layer.{l}.{name}")
    linear = lambda y, name: F.linear(y, get(name + ".weight"), get(name + ".bias"))
    norm = lambda y, name: F.layer_norm(y, (H,), get(name + ".weight"), get(name + ".bias"), 1e-5)
    heads = lambda y: y.view(len(x), A, H // A).transpose(0, 1)

    def attention(y):
        q, k, v = (heads(linear(y, name)) for name in "qkv")
        scores = q @ k.transpose(-1, -2) / math.sqrt(H // A)
        if get("gate.weight") is not None:
            scores = scores + gates(heads(y), get("gate.weight"), get("gate.bias"), get("constant")) * bias
        elif bias is not None:
            scores = scores + bias
        context = scores.softmax(-1) @ v
        return linear(context.transpose(0, 1).reshape(len(x), H), "o")

    feed = lambda y: linear(act(linear(y, "up")), "down")
    if pre:
        x = x + attention(norm(x, "n1"))
        return x + feed(norm(x, "n2"))
    x = norm(x + attention(x), "n1")
    return norm(x + feed(x), "n2")


def utterance(x, p, weights, pre, act, buckets, result, **_):
    """The result and every layer's input of one utterance."""
    bias = None
    if buckets:
        positions = torch.arange(len(x))
        bias = p["relative"][bucket(positions[None, :] - positions[:, None], buckets, 20)].permute(2, 0, 1)
    hidden = [x]
    for l in range(L):
        hidden.append(layer(hidden[-1], p, l, pre, act, bias))
    if pre:
        hidden[-1] = F.layer_norm(hidden[-1], (H,), p["final.weight"], p["final.bias"], 1e-5)
    if result == "sum":
        return sum(w * h for w, h in zip(weights, hidden)), hidden
    return hidden[-1][:1], hidden


def array(x):
    return np.ascontiguousarray(x.detach().numpy())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "transformer"))
    args = ap.parse_args()
    torch.manual_seed(3)
    out = {}
    for name, kind in STACKS.items():
        params = {}
        for key, shape in shapes(**kind).items():
            scale = key.endswith("weight") and len(shape) == 1
            params[key] = (torch.randn(shape) * (0.5 if len(shape) > 1 else 0.3) + (1.0 if scale else 0.0)).requires_grad_()
        x = torch.randn(sum(LENGTHS), H, requires_grad=True)
        weights = torch.rand(L + 1, requires_grad=True)
        results, hidden = zip(*(utterance(part, params, weights, **kind) for part in x.split(LENGTHS)))
        result = torch.cat(results)
        dresult = torch.randn(result.shape)
        result.backward(dresult)
        out |= {f"{name}.x": x, f"{name}.dx": x.grad, f"{name}.result": result, f"{name}.dresult": dresult}
        out |= {f"{name}.param.{k}": v for k, v in params.items()} | {f"{name}.grad.{k}": v.grad for k, v in params.items()}
        out |= {f"{name}.hidden.{l}": torch.cat([h[l] for h in hidden]) for l in range(L)}
        if kind["result"] == "sum":
            out |= {f"{name}.weights": weights, f"{name}.dweights": weights.grad}
    out = {k: array(v) for k, v in out.items()}
    distances = torch.arange(-1000, 1001)
    for n, most in ((32, 128), (320, 800), (8, 20)):
        out[f"buckets.{n}.{most}"] = array(bucket(distances, n, most)).astype(np.int32)
    save_file(out, os.path.join(args.out, "stacks.safetensors"))
    print(len(out), "tensors,", sum(v.nbytes for v in out.values()), "bytes")


if __name__ == "__main__":
    main()
