#!/usr/bin/env python3
"""Makes an encoder directory of bert-base-uncased's size with random weights: for its time, its memory and its file variants.

Usage:    make_random_encoder.py --vocab ENCODER/vocab.txt --out DIR [--layers 12] [--seed 0] [--dtype f32|f16|bf16] [--prefix]
Weights are drawn as BertModel draws them (deviation .02). --dtype is that of the file, so that the same seed gives the same weights,
rounded; --prefix stores them as BertForPreTraining does, with `bert.` before each name.

Needs torch, transformers, safetensors. Made with torch 2.15.0, transformers 5.23.0.
"""

import argparse
import os
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--vocab", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--layers", type=int, default=12)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--dtype", choices=DTYPES, default="f32")
    ap.add_argument("--prefix", action="store_true")
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    bert = BertModel(BertConfig(num_hidden_layers=args.layers)).to(DTYPES[args.dtype])
    bert.save_pretrained(args.out)
    BertTokenizerFast.from_pretrained(os.path.dirname(os.path.abspath(args.vocab))).save_pretrained(args.out)
    shutil.copyfile(args.vocab, os.path.join(args.out, "vocab.txt"))  # transformers 5 writes tokenizer.json alone
    if args.prefix:
        path = os.path.join(args.out, "model.safetensors")
        save_file({"bert." + k: v for k, v in load_file(path).items()}, path, metadata={"format": "pt"})
    print(args.out, sum(p.numel() for p in bert.parameters()), "parameters")


if __name__ == "__main__":
    main()
