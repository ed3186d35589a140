#!/usr/bin/env python3
"""Classifiers of images of full size with random weights: `mer` beside transformers, f32.

Usage:    vision_parity.py MER [--kinds vit,resnet-18,resnet-50] [--work DIR]        MER: the program, build/release/mer
Makes each checkpoint in DIR (a temporary folder by default) as transformers saves it and as pytorch_model.bin, and pictures of the size
that it takes (.bmp, so that nothing but the network differs), and compares the probabilities of `mer predict` and transformers. Then each
is trained by mer for one epoch, and opened by transformers: the same probabilities again. Fails if one differs by more than 1e-4.

Needs torch, transformers, safetensors, numpy. Made with torch 2.15.0, transformers 5.24.0.
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageClassification, ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

TOLERANCE = 1e-4
SIZE = 224
NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
LABELS = dict(id2label=dict(enumerate(NAMES)), label2id={v: k for k, v in enumerate(NAMES)})
KINDS = {
    "vit": lambda: ViTForImageClassification(ViTConfig(**LABELS)),
    "resnet-18": lambda: ResNetForImageClassification(
        ResNetConfig(hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2], layer_type="basic", **LABELS)
    ),
    "resnet-50": lambda: ResNetForImageClassification(ResNetConfig(**LABELS)),
}
# Pictures are taken as they are: no size is changed, and the values are bytes / 255 * 2 - 1.
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor", "size": {"height": SIZE, "width": SIZE}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip


def make(kind, folder):
    torch.manual_seed(0)
    net = KINDS[kind]().eval()
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if buffer.dim():
                buffer.copy_(torch.rand(buffer.shape) * 0.2 + (0.9 if name.endswith("var") else -0.1))
    net.save_pretrained(folder)
    json.dump(PROCESSOR, open(os.path.join(folder, "preprocessor_config.json"), "w"))
    return net


def write_bmp(path, pixels):
    """pixels [SIZE, SIZE, 3]: red, green, blue."""
    data = np.ascontiguousarray(pixels[::-1, :, ::-1]).tobytes()
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + len(data), 0, 0, 54, 40, SIZE, SIZE, 1, 24, 0, len(data), 0, 0, 0, 0)
    open(path, "wb").write(head + data)


def theirs(net, pictures):
    values = torch.tensor(np.stack(pictures).astype(np.float32) / 255 * 2 - 1).permute(0, 3, 1, 2)
    with torch.no_grad():
        return net(values).logits.softmax(-1).numpy()


def ours(program, folder, paths):
    lines = "".join(json.dumps({"image": path}) + "\n" for path in paths)
    run = subprocess.run([program, "predict", folder, "--jsonl", "-"], check=True, capture_output=True, input=lines.encode())
    return np.array([[json.loads(line)["probs"][name] for name in NAMES] for line in run.stdout.splitlines()])


def check(what, a, b):
    difference = np.abs(a - b).max()
    print(f"{what}: largest difference of a probability {difference:.2g}", flush=True)
    return difference <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--work")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8) for _ in range(8)]
    paths = [os.path.join(work, f"{i}.bmp") for i in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        write_bmp(path, picture)
    table = os.path.join(work, "pictures.csv")
    with open(table, "w") as f:
        f.write("split,image,label\n" + "".join(f"{'dev' if i == 7 else 'train'},{i}.bmp,{NAMES[i % 7]}\n" for i in range(8)))
    good = True
    for kind in args.kinds.split(","):
        folder, trained = os.path.join(work, kind), os.path.join(work, kind + "-trained")
        net = make(kind, folder)
        good &= check(kind, ours(args.program, folder, paths), theirs(net, pictures))
        weights = os.path.join(folder, "model.safetensors")
        torch.save(load_file(weights), os.path.join(folder, "pytorch_model.bin"))
        os.remove(weights)
        good &= check(kind + ", .bin", ours(args.program, folder, paths), theirs(net, pictures))
        command = [args.program, "train", "image", "--data", table, "--image-encoder", folder, "--epochs", "1", "--lr", "1e-4", "--out", trained]
        subprocess.run(command, check=True, capture_output=True)
        again = AutoModelForImageClassification.from_pretrained(trained).eval()
        good &= check(kind + ", trained", ours(args.program, trained, paths), theirs(again, pictures))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
