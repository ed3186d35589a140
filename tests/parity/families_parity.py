#!/usr/bin/env python3
"""Full-size classifiers of each family of text encoders with random weights: `mer` beside transformers, f32.

Usage:    families_parity.py MER VOCAB FILE [--work DIR] [--families roberta,mpnet,..] [--texts N] [--time] [--round-trip DATA]
MER: the program, build/release/mer; VOCAB: a vocab.txt of WordPiece, with which all families are fed here, so that their tokenizers
do not matter; FILE: a text in each line, of which the first N are taken.
Makes each checkpoint in DIR (a temporary folder by default) as transformers saves it, and compares the last hidden state of the first
token (`mer embed`) and the probabilities (`mer predict`). --round-trip trains two steps on the data set DATA, opens the result with
AutoModelForSequenceClassification, and compares probabilities again; the same for a bf16 copy. --time alone prints the median time of
one utterance of 12 tokens beside transformers' (sdpa), on the same number of threads, and compares nothing.
Fails if a difference is above 1e-4.

Needs torch, transformers, numpy. Made with torch 2.15.0, transformers 5.24.0.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers
from transformers import AutoConfig, AutoModelForSequenceClassification

TOLERANCE = 1e-4
TIMED = 12
NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
SIZES = {
    "bert": {},
    "distilbert": {},
    "roberta": dict(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5),
    "xlm-roberta": dict(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5),
    "mpnet": dict(vocab_size=30527, max_position_embeddings=514, layer_norm_eps=1e-5),
}


def make(family, folder, vocab):
    torch.manual_seed(0)
    numbers = dict(enumerate(NAMES))
    size = {"vocab_size": len(vocab)} | SIZES[family]
    config = AutoConfig.for_model(family, id2label=numbers, label2id={v: k for k, v in numbers.items()}, **size)
    net = AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():  # scores that differ from each other, and biases that are not 0
        for name, p in net.named_parameters():
            if p.dim() == 1 and not name.endswith("weight"):
                p.normal_(0, 0.02)
            if "classifier" in name and p.dim() == 2:
                p.normal_(0, 0.2)
    net.save_pretrained(folder)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as f:
        f.writelines(piece + "\n" for piece in vocab)
    return net


def run(program, *arguments, lines=None):
    answer = subprocess.run([program, *arguments], check=True, capture_output=True, input=lines)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def predict(program, model, texts):
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts))
    found = run(program, "predict", model, "--quiet", "--jsonl", "-", lines=lines.encode())
    return np.array([[x["probs"][name] for name in NAMES] for x in found])


def probabilities(net, ids):
    with torch.inference_mode():
        return np.stack([net(input_ids=torch.tensor([x])).logits.softmax(1)[0].numpy() for x in ids])


def first_states(net, ids):
    with torch.inference_mode():
        return np.stack([net.base_model(input_ids=torch.tensor([x])).last_hidden_state[0, 0].numpy() for x in ids])


def load(folder):
    net, info = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        sys.exit(f"{folder}: missing {sorted(info['missing_keys'])}, unexpected {sorted(info['unexpected_keys'])}")
    if [net.config.id2label[i] for i in range(len(NAMES))] != NAMES:
        sys.exit(f"{folder}: other labels {net.config.id2label}")
    return net.eval()


def median(call, n):
    times = []
    for _ in range(n + 2):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[2:])


def compare_times(program, folder, net):
    """Milliseconds of one utterance: ours as `mer bench infer` measures it, theirs."""
    threads = str(torch.get_num_threads())
    run = [program, "bench", "infer", "--encoder", folder, "--tokens", str(TIMED), "--repetitions", "30", "--threads", threads, "-o", "json"]
    ours = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["measurements"][0]["median"] * 1e3
    one = torch.randint(1000, 2000, (1, TIMED))
    with torch.inference_mode():
        theirs = median(lambda: net.base_model(input_ids=one), 30)
    return f"{TIMED} tokens on {threads} threads: mer {ours:.2f} ms, transformers {theirs:.2f} ms, {theirs / ours:.2f}x"


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("program")
    ap.add_argument("vocab")
    ap.add_argument("file")
    ap.add_argument("--work")
    ap.add_argument("--families", default=",".join(SIZES))
    ap.add_argument("--texts", type=int, default=20)
    ap.add_argument("--time", action="store_true")
    ap.add_argument("--round-trip")
    args = ap.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    vocab = open(args.vocab, encoding="utf-8").read().split("\n")[:-1]
    texts = open(args.file, encoding="utf-8", newline="\n").read().split("\n")[: args.texts]
    worst = 0
    with tempfile.TemporaryDirectory(dir=args.work) as work:
        path = os.path.join(work, "texts")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(text + "\n" for text in texts)
        for family in args.families.split(","):
            folder = os.path.join(work, family)
            net = make(family, folder, vocab)
            if args.time:
                print(f"{family}:", compare_times(args.program, folder, net), flush=True)
                continue
            ids = [x["ids"] for x in run(args.program, "tokenize", "--encoder", folder, path)]
            states = np.array([x["cls"] for x in run(args.program, "embed", "--encoder", folder, path)], np.float32)
            found = dict(
                hidden=np.abs(states - first_states(net, ids)).max(),
                probability=np.abs(predict(args.program, folder, texts) - probabilities(net, ids)).max(),
            )
            if args.round_trip:
                out = os.path.join(work, "trained")
                train = ["train", "text", "--data", args.round_trip, "--encoder", folder, "--out", out, "--limit", "16"]
                subprocess.run([args.program, *train, "--epochs", "1", "--max-length", "512", "--quiet"], check=True, capture_output=True)
                subprocess.run([args.program, "quantize", out, "--dtype", "bf16", "--out", out + "16"], check=True, capture_output=True)
                for name, model in (("trained", out), ("bf16", out + "16")):
                    found[name] = np.abs(predict(args.program, model, texts) - probabilities(load(model), ids)).max()
            worst = max(worst, *found.values())
            n = sum(p.numel() for p in net.parameters()) / 1e6
            print(f"{family}: {n:.1f} M parameters, largest differences", ", ".join(f"{k} {v:.2e}" for k, v in found.items()), flush=True)
    return int(not worst <= TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
