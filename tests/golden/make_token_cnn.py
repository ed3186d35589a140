"""Golden numbers of convolutions over the rows of utterances, by PyTorch in f32.

Makes token_cnn.safetensors. Rows of the utterances (LENGTHS) lie one after the other:
  cnn.<width>.weight, .bias  of nn.Conv1d;  cnn.x [T, in];  cnn.y [B, 3 filters]: for each width the largest over time of ReLU of
                             the convolution of an utterance alone, to which rows of zeros are added until there are 4. A window that begins in the utterance ends in it, but where that is shorter
  cnn.dy; cnn.grad.x, cnn.grad.<width>.weight, .bias  gradients of the sum of y * dy

Versions: torch 2.15.0, safetensors 0.8.0.
Command:  python make_token_cnn.py
"""

import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

LENGTHS, WIDTHS, N_IN, FILTERS = (5, 1, 8, 3), (2, 3, 4), 10, 16


def main():
    torch.manual_seed(9)
    parameters = {}
    for width in WIDTHS:
        conv = torch.nn.Conv1d(N_IN, FILTERS, width)
        parameters |= {f"{width}.weight": conv.weight, f"{width}.bias": conv.bias}
    x = torch.randn(sum(LENGTHS), N_IN).requires_grad_()
    rows = []
    for own in x.split(LENGTHS):
        own = F.pad(own, (0, 0, 0, max(0, max(WIDTHS) - len(own)))).T[None]
        # A window reaches into zeros only where the utterance is shorter than it.
        rows.append([F.conv1d(own, parameters[f"{w}.weight"], parameters[f"{w}.bias"]).relu() for w in WIDTHS])
    y = []
    for n, maps in zip(LENGTHS, rows):
        y.append(torch.cat([m[0, :, : max(1, n - w + 1)].amax(1) for w, m in zip(WIDTHS, maps)]))
    y = torch.stack(y)
    dy = torch.randn(y.shape)
    (y * dy).sum().backward()
    out = {"x": x, "y": y, "dy": dy, "grad.x": x.grad}
    for name, p in parameters.items():
        out |= {name: p, "grad." + name: p.grad}
    here = os.path.dirname(os.path.abspath(__file__))
    arrays = {"cnn." + name: np.ascontiguousarray(t.detach().numpy()) for name, t in out.items()}
    save_file(arrays, os.path.join(here, "token_cnn.safetensors"))


main()
