#!/usr/bin/env python3
"""Times a Python process that answers one text with ONNX Runtime int8: from its start to its exit, with its peak memory.

Usage:    cold_start.py --encoder DIR [--text TEXT] [--n 10] [--threads 2]
The process imports tokenizers, numpy and ONNX Runtime alone, and has a head of random numbers after the [CLS] vector. Its "peak_bytes" are in
bytes. The file was quantized per channel, from the graph that ONNX Runtime's optimizer had fused.
"""

import argparse
import sys

import peers


def answer(encoder, model, text, threads):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    ids, mask = peers.pad(peers.encode(encoder, [text]))
    cls = session.run(["cls"], {"ids": ids, "mask": mask})[0][0]
    draw = np.random.default_rng(0).standard_normal
    logits = np.maximum(draw((128, len(cls))) @ cls, 0) @ draw((128, 7))
    print(peers.LABELS[int(logits.argmax())])


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--model", help="of the process that answers: the ONNX file")
    ap.add_argument("--text", default="You did all this for me?")
    ap.add_argument("--n", type=int, default=10)
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    if args.model:
        answer(args.encoder, args.model, args.text, args.threads)
        return
    import encoder_onnx

    model = encoder_onnx.quantize(args.encoder, encoder_onnx.fuse(args.encoder), True, False)
    command = [sys.executable, __file__, "--encoder", args.encoder, "--model", model, "--text", args.text, "--threads", str(args.threads)]
    runs = [peers.run_process(command) for _ in range(args.n + 2)][2:]
    seconds, peaks = zip(*runs)
    peers.report("cold-start", "onnx-int8", "ONNX Runtime int8, Python", seconds, peak_bytes=max(peaks))


if __name__ == "__main__":
    main()
