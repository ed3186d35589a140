"""Golden numbers of the network that finds faces (src/face/face_network.h), by PyTorch in f32, of small random weights.

Makes faces/network/ (config.json, model.safetensors, as tools/get-encoder lays out CenterFace, but with few channels) and
faces/expected.safetensors: image [64, 96, 3] of U8, and score [16, 24], size and offset [16, 24, 2] of it. The network calls
some places of that image faces and leaves others, so that commands can be tried with it.

Versions: torch 2.15.0, safetensors 0.8.0.
Command:  python make_faces.py [--out faces]
"""

import argparse
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

CHANNELS, EXPANSION, NECK = [8, 4, 8, 8, 16, 8, 8, 16], 2, 4
BLOCKS, STRIDES = [1, 2, 3, 4, 3, 3, 1], [1, 2, 2, 2, 1, 2, 1]
SIDE_STAGES = [5, 3, 2]


def conv(weights, name, out, n_in, kernel=1, groups=1):
    fan_in = n_in // groups * kernel * kernel
    weights[f"{name}.weight"] = torch.randn(out, n_in // groups, kernel, kernel) * (2 / fan_in) ** 0.5
    weights[f"{name}.bias"] = torch.randn(out) * 0.1


def make_weights():
    w, n_in, index = {}, CHANNELS[0], 0
    conv(w, "stem", n_in, 3, 3)
    w["stem.weight"] /= 128
    for stage, n in enumerate(BLOCKS):
        for _ in range(n):
            wide = n_in * (EXPANSION if index else 1)
            if index:
                conv(w, f"blocks.{index}.expand", wide, n_in)
            conv(w, f"blocks.{index}.depthwise", wide, wide, 3, wide)
            conv(w, f"blocks.{index}.project", CHANNELS[stage + 1], wide)
            n_in, index = CHANNELS[stage + 1], index + 1
    conv(w, "neck.top", NECK, n_in)
    for i, stage in enumerate(SIDE_STAGES):
        conv(w, f"neck.up.{i}", 4 * NECK, NECK)
        conv(w, f"neck.side.{i}", NECK, CHANNELS[stage])
    conv(w, "head.conv", NECK, NECK, 3)
    for name, n in (("score", 1), ("size", 2), ("offset", 2)):
        conv(w, f"head.{name}", n, NECK)
    return w


def forward(w, image):
    def run(name, x, stride=1, padding=0, groups=1):
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding, 1, groups)

    x = image.permute(2, 0, 1)[None].float()
    x, index, kept = F.relu(run("stem", x, 2, 1)), 0, {}
    for stage, n in enumerate(BLOCKS):
        for i in range(n):
            stride = 1 if i else STRIDES[stage]
            y = F.relu(run(f"blocks.{index}.expand", x)) if index else x
            y = F.relu(run(f"blocks.{index}.depthwise", y, stride, 1, y.shape[1]))
            y = run(f"blocks.{index}.project", y)
            x, index = (x + y if stride == 1 and x.shape == y.shape else y), index + 1
        kept[stage + 1] = x
    x = F.relu(run("neck.top", x))
    for i, stage in enumerate(SIDE_STAGES):
        y = F.relu(run(f"neck.up.{i}", x))  # [1, 4 * NECK, h, w]: channels of the four places one after the other
        h, width = y.shape[2:]
        y = y.reshape(2, 2, NECK, h, width).permute(2, 3, 0, 4, 1).reshape(1, NECK, 2 * h, 2 * width)
        x = y + F.relu(run(f"neck.side.{i}", kept[stage]))
    x = F.relu(run("head.conv", x, 1, 1))
    return [run(f"head.{name}", x)[0].permute(1, 2, 0) for name in ("score", "size", "offset")]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "faces"))
    out = ap.parse_args().out
    torch.manual_seed(1)
    torch.set_num_threads(1)
    w = make_weights()
    image = torch.randint(0, 256, (64, 96, 3), dtype=torch.uint8)
    # Sizes of some ten pixels, and a tenth of the places above the threshold, log(.4 / .6).
    w["head.size.weight"] *= 0.1
    w["head.size.bias"] += 1
    score = forward(w, image)[0]
    w["head.score.weight"] /= score.std()
    w["head.score.bias"] /= score.std()
    w["head.score.bias"] -= forward(w, image)[0].quantile(0.9) + 0.4
    score, size, offset = forward(w, image)
    os.makedirs(os.path.join(out, "network"), exist_ok=True)
    save_file({k: v.numpy() for k, v in w.items()}, os.path.join(out, "network", "model.safetensors"))
    config = {"model_type": "centerface", "channels": CHANNELS, "expansion": EXPANSION, "neck_channels": NECK}
    with open(os.path.join(out, "network", "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    expected = {"image": image, "score": score[..., 0], "size": size, "offset": offset}
    save_file({k: np.ascontiguousarray(v.numpy()) for k, v in expected.items()}, os.path.join(out, "expected.safetensors"))


main()
