#!/usr/bin/env python3
"""Times ONNX Runtime on the encoder's [CLS] vector, f32 and dynamic int8.

Usage:    onnx_infer.py --encoder DIR [--data MELD] [--works one,test] [--settings f32,int8] [--n 200] [--rounds 3] [--threads 2]
one: one utterance of 12 tokens; test: all of MELD's test split in batches of 32 of similar length, tokenized and padded beforehand.
Of each precision every file of encoder_onnx.py is tried (as exported or fused by ONNX Runtime's optimizer; int8 per channel or not, with
reduced range or not), on one thread and on all for the single utterance, and the fastest is measured.
"""

import argparse

import encoder_onnx
import onnxruntime
import peers


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def runner(path, threads, batches):
    s = session(path, threads)
    feeds = [{"ids": ids, "mask": mask} for ids, mask in batches]

    def run():
        for feed in feeds:
            s.run(["cls"], feed)

    return run


def measure(args, work, setting, batches, n):
    trial = peers.sample_of_all_lengths(batches)
    threads = [args.threads] if work == "test" else sorted({1, args.threads})
    variants = encoder_onnx.variants(args.encoder, setting)
    names = {f"{name}, {t} thread{'s' * (t > 1)}": (path, t) for name, path in variants.items() for t in threads}
    times = {name: min(peers.measure(runner(path, t, trial), 2 if work == "test" else 30, 1)) for name, (path, t) in names.items()}
    best = min(times, key=times.get)
    seconds = peers.measure(runner(*names[best], batches), n)
    peers.report(work, f"onnx-{setting}", f"ONNX Runtime {setting}, {best}", seconds)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data")
    ap.add_argument("--works", default="one,test")
    ap.add_argument("--settings", default="f32,int8")
    for name, default in {"n": 200, "rounds": 3, "tokens": 12, "batch-size": 32, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    for work in args.works.split(","):
        if work == "one":
            batches, n = [peers.one_utterance(args.tokens)], args.n
        else:
            batches, n = peers.sorted_batches(peers.encode(args.encoder, peers.read_texts(args.data)[0]), args.batch_size), args.rounds
        for setting in args.settings.split(","):
            measure(args, work, setting, batches, n)


if __name__ == "__main__":
    main()
