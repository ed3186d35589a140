"""Golden numbers of a layer over the turns of dialogues, by PyTorch in f32 without dropout.

Makes turn_layer.safetensors. The vectors of the turns of four utterances (LENGTHS, the last of each the utterance's own) lie
one after the other: turns.x [T, 6]. turns.mean, turns.deviation: by what they are standardized; turns.y [4, 14]: the own vectors,
standardized, beside the states of nn.LSTM after them; turns.dy; turns.lstm.forward.<parameter> and turns.grad.lstm.forward.<parameter>:
gradients of the sum of y * dy. The two biases are one, `input.bias`.

Versions: torch 2.15.0, safetensors 0.8.0.
Command:  python make_turn_layer.py [--out turn_layer.safetensors]
"""

import argparse

import numpy as np
import torch
from safetensors.numpy import save_file

LENGTHS, IN, HIDDEN = (5, 1, 8, 3), 6, 8


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default="turn_layer.safetensors")
    args = ap.parse_args()
    torch.manual_seed(5)
    lstm = torch.nn.LSTM(IN, HIDDEN, batch_first=True)
    with torch.no_grad():
        for p in lstm.parameters():
            p.copy_(torch.randn(p.shape) * 0.4)
        lstm.bias_hh_l0.zero_()
    x, mean, deviation = torch.randn(sum(LENGTHS), IN), torch.randn(IN), torch.rand(IN) + 0.5
    y = []
    for turns in ((x - mean) / deviation).split(LENGTHS):
        y.append(torch.cat([turns[-1], lstm(turns[None])[0][0, -1]]))
    y = torch.stack(y)
    dy = torch.randn(y.shape)
    (y * dy).sum().backward()
    out = {"x": x, "mean": mean, "deviation": deviation, "y": y, "dy": dy}
    for name, p in (("input.weight", lstm.weight_ih_l0), ("input.bias", lstm.bias_ih_l0), ("recurrent.weight", lstm.weight_hh_l0)):
        out["lstm.forward." + name] = p
        out["grad.lstm.forward." + name] = p.grad
    save_file({"turns." + k: np.ascontiguousarray(v.detach().numpy()) for k, v in out.items()}, args.out)


main()
