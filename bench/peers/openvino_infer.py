#!/usr/bin/env python3
"""Times OpenVINO on the encoder's [CLS] vector, f32 and bf16, from the ONNX file as PyTorch exports it.

Usage:    openvino_infer.py --encoder DIR [--data MELD] [--works one,test] [--settings f32,bf16] [--n 200] [--rounds 3] [--threads 2]
one: one utterance of 12 tokens, with the LATENCY hint. test: all of MELD's test split in batches of 32 of similar length, tokenized and
padded beforehand, with the LATENCY hint one batch after the other and with the THROUGHPUT hint in OpenVINO's queue; the faster one is
measured. A CPU without bf16 arithmetic is said to have none, and bf16 is left out there.
"""

import argparse
import sys

import encoder_onnx
import openvino
import peers


def compile_model(args, setting, hint):
    core = openvino.Core()
    config = {"INFERENCE_PRECISION_HINT": setting, "PERFORMANCE_HINT": hint, "INFERENCE_NUM_THREADS": args.threads}
    return core.compile_model(core.read_model(encoder_onnx.export(args.encoder)), "CPU", config)


def in_turn(args, setting, batches):
    request = compile_model(args, setting, "LATENCY").create_infer_request()

    def run():
        for ids, mask in batches:
            request.infer({"ids": ids, "mask": mask}, share_inputs=True)

    return run


def in_queue(args, setting, batches):
    queue = openvino.AsyncInferQueue(compile_model(args, setting, "THROUGHPUT"))

    def run():
        for ids, mask in batches:
            queue.start_async({"ids": ids, "mask": mask}, share_inputs=True)
        queue.wait_all()

    return run


def measure(args, work, setting, batches):
    if work == "one":
        run, name, n = in_turn(args, setting, batches), "LATENCY", args.n
    else:
        makers = {"LATENCY": in_turn, "THROUGHPUT": in_queue}
        trial = peers.sample_of_all_lengths(batches)
        name, n = peers.fastest({k: make(args, setting, trial) for k, make in makers.items()}, n=2, warmup=1), args.rounds
        run = makers[name](args, setting, batches)
    peers.report(work, f"openvino-{setting}", f"OpenVINO {setting}, {name}", peers.measure(run, n, 1))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data")
    ap.add_argument("--works", default="one,test")
    ap.add_argument("--settings", default="f32,bf16")
    for name, default in {"n": 200, "rounds": 3, "tokens": 12, "batch-size": 32, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    settings = args.settings.split(",")
    if "bf16" in settings and "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        print("OpenVINO: this CPU has no bf16 arithmetic; f32 alone is measured", file=sys.stderr)
        settings.remove("bf16")
    for work in args.works.split(","):
        if work == "one":
            batches = [peers.one_utterance(args.tokens)]
        else:
            batches = peers.sorted_batches(peers.encode(args.encoder, peers.read_texts(args.data)[0]), args.batch_size)
        for setting in settings:
            measure(args, work, setting, batches)


if __name__ == "__main__":
    main()
