#!/usr/bin/env python3
"""Times CTranslate2 on the encoder's [CLS] vector: f32 and int8 (weights and, in products, activations).

Usage:    ctranslate2_infer.py --encoder DIR [--data MELD] [--works one,test] [--settings f32,int8] [--n 200] [--rounds 3] [--threads 2]
one: one utterance of 12 tokens, on one thread or on all; the faster is measured. test: all of MELD's test split, tokenized beforehand, in
batches of 32 of similar length, one batch a thread at a time.
"""

import argparse
import itertools
import os

import ctranslate2
import encoder_onnx
import peers
import transformers


def converted(encoder, setting):
    path = os.path.join(encoder_onnx.folder(encoder), f"ctranslate2-{setting}")
    if not os.path.exists(os.path.join(path, "model.bin")):
        peers.as_ctranslate2_expects(transformers.BertConfig)
        ctranslate2.converters.TransformersConverter(encoder).convert(path, quantization=peers.CTRANSLATE2[setting], force=True)
    return path


def encoder_of(args, setting, inter, intra):
    how = {"compute_type": peers.CTRANSLATE2[setting], "inter_threads": inter, "intra_threads": intra}
    return ctranslate2.Encoder(converted(args.encoder, setting), device="cpu", **how)


def first_vectors(output):
    import numpy as np

    return np.asarray(output.last_hidden_state)[:, 0]


def one(args, setting):
    ids = peers.one_utterance(args.tokens)[0].tolist()
    out = {}
    for threads in sorted({1, args.threads}):
        encoder = encoder_of(args, setting, 1, threads)
        out[f"{threads} threads"] = lambda e=encoder: first_vectors(e.forward_batch(ids))
    return out


def test(args, setting):
    ids = sorted(peers.encode(args.encoder, peers.read_texts(args.data)[0]), key=len, reverse=True)
    batches = [ids[i : i + args.batch_size] for i in range(0, len(ids), args.batch_size)]
    from concurrent.futures import ThreadPoolExecutor

    encoder, pool = encoder_of(args, setting, args.threads, 1), ThreadPoolExecutor(args.threads)
    return lambda: list(pool.map(lambda b: first_vectors(encoder.forward_batch(b)), batches))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data")
    ap.add_argument("--works", default="one,test")
    ap.add_argument("--settings", default="f32,int8")
    for name, default in {"n": 200, "rounds": 3, "tokens": 12, "batch-size": 32, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    for work, setting in itertools.product(args.works.split(","), args.settings.split(",")):
        if work == "one":
            runs = one(args, setting)
            name = peers.fastest(runs, n=50, warmup=10)
            run, n = runs[name], args.n
        else:
            run, name, n = test(args, setting), f"batches of {args.batch_size}", args.rounds
        peers.report(work, f"ctranslate2-{setting}", f"CTranslate2 {setting}, {name}", peers.measure(run, n, 1))


if __name__ == "__main__":
    main()
