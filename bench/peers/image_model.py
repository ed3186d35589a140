#!/usr/bin/env python3
"""Makes a classifier of images of random weights in Hugging Face's layout, unless it is there.

Usage:    image_model.py --kind vit|resnet-18 --out DIR
vit has the size of vit-base-patch16-224; images are of 224 x 224 pixels.
"""

import argparse
import json
import os

KINDS = ("vit", "resnet-18")
NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
}  # fmt: skip


def make(kind):
    import torch
    import transformers as t

    labels = {"id2label": dict(enumerate(NAMES)), "label2id": {v: k for k, v in enumerate(NAMES)}}
    torch.manual_seed(0)
    if kind == "vit":
        return t.ViTForImageClassification(t.ViTConfig(**labels))
    shape = {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2], "layer_type": "basic"}
    return t.ResNetForImageClassification(t.ResNetConfig(**shape, **labels))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--kind", choices=KINDS, required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    last = os.path.join(args.out, "preprocessor_config.json")
    if os.path.exists(last):
        return
    make(args.kind).eval().save_pretrained(args.out)
    with open(last, "w", encoding="utf-8") as f:
        json.dump(PROCESSOR, f)


if __name__ == "__main__":
    main()
