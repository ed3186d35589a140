#!/usr/bin/env python3
"""Opens a text model that `mer train text` wrote with transformers, and compares the probabilities with `mer predict`.

Usage:    roundtrip_parity.py MER MODEL FILE        MER: the program, build/release/mer; FILE: a text in each line
The encoder comes from AutoModel.from_pretrained(MODEL), the tokens from AutoTokenizer and from BertTokenizerFast, and the head is
head.0 -> ReLU -> head.1 of model.safetensors. Fails if a parameter of the encoder is missing in the file, or a probability or a
label differs: tolerance 1e-4.

Needs torch, transformers, safetensors, numpy. Made with torch 2.15.0, transformers 5.23.0.
"""

import json
import os
import subprocess
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, BertTokenizerFast

TOLERANCE = 1e-4


def predict(program, model, texts):
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts))
    run = [program, "predict", model, "--quiet", "--jsonl", "-"]
    answer = subprocess.run(run, check=True, capture_output=True, input=lines.encode()).stdout
    return [json.loads(line) for line in answer.splitlines()]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, model, path = sys.argv[1:]
    with open(path, encoding="utf-8", newline="\n") as f:
        texts = f.read().removesuffix("\n").split("\n")
    with open(os.path.join(model, "config.json"), encoding="utf-8") as f:
        ours = json.load(f)["mer"]
    transformers.logging.set_verbosity_error()  # what is missing or unused is looked at below
    bert, info = AutoModel.from_pretrained(model, add_pooling_layer=False, output_loading_info=True)
    if info["missing_keys"]:
        sys.exit(f"parameters that transformers misses: {sorted(info['missing_keys'])}")
    unused = sorted(info["unexpected_keys"])
    tensors = load_file(os.path.join(model, "model.safetensors"))
    tokenizers = [AutoTokenizer.from_pretrained(model), BertTokenizerFast.from_pretrained(model)]
    found = predict(program, model, texts)
    worst = n_other_labels = n_other_tokens = 0
    bert.eval()
    for text, answer in zip(texts, found, strict=True):
        max_length = ours["modalities"][0]["max_length"]
        first, second = (t(text, truncation=True, max_length=max_length, return_tensors="pt") for t in tokenizers)
        n_other_tokens += not torch.equal(first["input_ids"], second["input_ids"])
        with torch.inference_mode():
            cls = bert(**first).last_hidden_state[:, 0]
            hidden = torch.relu(torch.nn.functional.linear(cls, tensors["head.0.weight"], tensors["head.0.bias"]))
            logits = torch.nn.functional.linear(hidden, tensors["head.1.weight"], tensors["head.1.bias"])
        probs = logits.softmax(1)[0].numpy()
        worst = max(worst, np.abs(probs - [answer["probs"][name] for name in ours["labels"]]).max())
        n_other_labels += ours["labels"][int(probs.argmax())] != answer["label"]
    print(f"{len(texts)} texts, largest difference of a probability {worst:.2e}, {n_other_labels} other labels, ", end="")
    print(f"{n_other_tokens} tokenized differently by transformers' two tokenizers; not of the encoder: {' '.join(unused)}")
    return int(not worst <= TOLERANCE or n_other_labels + n_other_tokens > 0)


if __name__ == "__main__":
    sys.exit(main())
