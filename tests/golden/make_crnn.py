"""Golden numbers of the layers of a CRNN, by PyTorch in f32, in training mode, on clips of different lengths.

Makes crnn/layers.safetensors. Rows of the clips (LENGTHS) lie one after the other. For each layer NAME:
  NAME.<parameter>       values; NAME.<buffer>: running statistics before
  NAME.x, NAME.y: the layer's result; NAME.dy; NAME.grad.x, NAME.grad.<parameter>: gradients of the sum of y * dy
  NAME.after.<buffer>    running statistics after one pass;  NAME.eval.y: the result in evaluation mode, with these
lstm: nn.LSTM(bidirectional=True) of packed sequences, y [T, 2 H]; the two biases of a direction are one, `input.bias`
attention: y = sum of softmax(v . tanh(W x + b)) x over each clip
first, second: Conv2d(kernel 3, padding 1) over time and bands of each clip, nn.BatchNorm2d over the pixels of all clips, ReLU,
  MaxPool2d with ceil_mode; x [T, F, C], y [T', F', O]. `first` has one channel, pools (2, 2); `second` pools (1, 2)

Versions: torch 2.15.0, safetensors 0.8.0.
Command:  python make_crnn.py [--out crnn]
"""

import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

LENGTHS = (5, 1, 8, 3)
OUT = {}


def put(prefix, **tensors):
    for name, t in tensors.items():
        OUT[f"{prefix}.{name}"] = np.ascontiguousarray(t.detach().numpy()).copy()


def record(prefix, f, x, parameters):
    """`f` over the rows of all clips; `parameters`: name -> leaf."""
    x = x.requires_grad_()
    y = f(x)
    dy = torch.randn(y.shape)
    (y * dy).sum().backward()
    put(prefix, x=x, y=y, dy=dy, **{"grad.x": x.grad})
    for name, p in parameters.items():
        put(prefix, **{name: p, "grad." + name: p.grad})


def lstm():
    torch.manual_seed(3)
    n_in, hidden = 6, 8
    layer = torch.nn.LSTM(n_in, hidden, bidirectional=True)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randn(p.shape) * 0.4)
        for suffix in ("", "_reverse"):
            getattr(layer, "bias_hh_l0" + suffix).zero_()
    parameters = {}
    for suffix, name in (("", "forward"), ("_reverse", "reverse")):
        parameters[name + ".input.weight"] = getattr(layer, "weight_ih_l0" + suffix)
        parameters[name + ".input.bias"] = getattr(layer, "bias_ih_l0" + suffix)
        parameters[name + ".recurrent.weight"] = getattr(layer, "weight_hh_l0" + suffix)

    def f(x):
        packed = torch.nn.utils.rnn.pack_sequence(x.split(LENGTHS), enforce_sorted=False)
        padded, _ = torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0])
        return torch.cat([padded[:n, i] for i, n in enumerate(LENGTHS)])

    record("lstm", f, torch.randn(sum(LENGTHS), n_in), parameters)


def attention():
    torch.manual_seed(4)
    n_in, hidden = 10, 7
    parameters = {k: (torch.randn(s) * 0.6).requires_grad_() for k, s in (("weight", (hidden, n_in)), ("bias", (hidden,)), ("query", (hidden,)))}

    def f(x):
        keys = torch.tanh(F.linear(x, parameters["weight"], parameters["bias"]))
        scores = (keys @ parameters["query"]).split(LENGTHS)
        return torch.stack([(s.softmax(0)[:, None] * c).sum(0) for s, c in zip(scores, x.split(LENGTHS))])

    record("attention", f, torch.randn(sum(LENGTHS), n_in), parameters)


def block(prefix, channels, out, bands, pool):
    torch.manual_seed(5)
    conv = torch.nn.Conv2d(channels, out, 3, padding=1, bias=False)
    norm = torch.nn.BatchNorm1d(out)
    with torch.no_grad():
        conv.weight.copy_(torch.randn(conv.weight.shape) * 0.3)
        norm.weight.copy_(torch.randn(out))  # of both signs
        norm.bias.copy_(torch.randn(out) * 0.5)
        norm.running_mean.copy_(torch.randn(out) * 0.3)
        norm.running_var.copy_(torch.rand(out) + 0.5)
    put(prefix, **{"norm.running_mean": norm.running_mean, "norm.running_var": norm.running_var})

    def f(x):
        maps = [conv(c.permute(2, 0, 1)[None])[0].permute(1, 2, 0) for c in x.split(LENGTHS)]  # [T, F, O]
        pixels = norm(torch.cat([m.reshape(-1, out) for m in maps])).relu()
        maps = pixels.reshape(-1, bands, out).split(LENGTHS)
        pooled = [F.max_pool2d(m.permute(2, 0, 1)[None], pool, ceil_mode=True)[0].permute(1, 2, 0) for m in maps]
        return torch.cat(pooled)

    x = torch.randn(sum(LENGTHS), bands, channels)
    record(prefix, f, x, {"conv.weight": conv.weight, "norm.weight": norm.weight, "norm.bias": norm.bias})
    put(prefix, **{"after.norm.running_mean": norm.running_mean, "after.norm.running_var": norm.running_var})
    norm.eval()
    put(prefix, **{"eval.y": f(x)})


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "crnn"))
    args = ap.parse_args()
    lstm()
    attention()
    block("first", 1, 16, 10, (2, 2))
    block("second", 5, 8, 6, (1, 2))
    os.makedirs(args.out, exist_ok=True)
    save_file(OUT, os.path.join(args.out, "layers.safetensors"))


if __name__ == "__main__":
    main()
