#!/usr/bin/env python3
"""Times OpenVINO on the encoder's [CLS] vector: f32, bf16, and int8 by NNCF.

Usage:    openvino_infer.py --encoder DIR [--data MELD] [--works one,test] [--settings f32,bf16,int8] [--n 200] [--rounds 3] [--threads 2]
The PyTorch module is converted as it is, since the way over ONNX takes its fused attention apart and is slower. int8 is NNCF's
quantization for transformers after training, calibrated on MELD's training split, in both its presets. one: one utterance of 12 tokens,
of a fixed shape or not, on one thread or on all. test: all of MELD's test split in batches of similar length, tokenized and padded
beforehand: 16, 32 or 64 utterances, with one or two streams in OpenVINO's queue. Every combination is tried on the spot, and the
fastest is measured. A CPU without bf16 arithmetic is said to have none, and bf16 is left out there.
"""

import argparse
import itertools
import os
import sys

import encoder_onnx
import openvino
import peers

N_CALIBRATION = 300
PRESETS = {"f32": [""], "bf16": [""], "int8": ["performance", "mixed"]}


def converted(encoder):
    """The encoder as OpenVINO has it, f32: ids and mask [B, T] to [CLS]."""

    def make(path):
        module, sample = encoder_onnx.first_token(encoder, "sdpa")
        model = openvino.convert_model(module, example_input=sample, input=[("ids", [-1, -1]), ("mask", [-1, -1])])
        openvino.save_model(model, path, compress_to_fp16=False)

    return encoder_onnx.made(os.path.join(encoder_onnx.folder(encoder), "module.xml"), encoder, make)


def quantized(encoder, preset, data):
    def make(path):
        import nncf

        texts = peers.read_texts(data, ["train"])[0][:N_CALIBRATION]
        batches = [dict(zip(("ids", "mask"), peers.pad([ids]))) for ids in peers.encode(encoder, texts)]
        how = {"model_type": nncf.ModelType.TRANSFORMER, "preset": nncf.QuantizationPreset(preset), "subset_size": N_CALIBRATION}
        model = openvino.Core().read_model(converted(encoder))
        openvino.save_model(nncf.quantize(model, nncf.Dataset(batches), **how), path, compress_to_fp16=False)

    return encoder_onnx.made(os.path.join(encoder_onnx.folder(encoder), f"module-{preset}.xml"), encoder, make)


def compile_model(args, setting, preset, shape, config):
    core = openvino.Core()
    model = core.read_model(quantized(args.encoder, preset, args.data) if preset else converted(args.encoder))
    if shape:
        model.reshape({"ids": shape, "mask": shape})
    config["INFERENCE_PRECISION_HINT"] = "f32" if setting == "f32" or not args.bf16 else "bf16"
    return core.compile_model(model, "CPU", config)


def one(args, setting):
    """{name: run} for one utterance."""
    ids, mask = peers.one_utterance(args.tokens)
    out = {}
    for preset, fixed, threads in itertools.product(PRESETS[setting], (True, False), sorted({1, args.threads})):
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
        request = compile_model(args, setting, preset, list(ids.shape) if fixed else None, config).create_infer_request()
        name = ", ".join(filter(None, [preset, "fixed shape" if fixed else "", f"{threads} threads"]))
        out[name] = lambda r=request: r.infer({"ids": ids, "mask": mask}, share_inputs=True)
    return out


def test(args, setting, encoded, sample):
    """{name: run} for many utterances, or for some of them."""
    out = {}
    for preset, streams, size in itertools.product(PRESETS[setting], (1, 2), (16, 32, 64)):
        name = ", ".join(filter(None, [preset, f"{streams} streams", f"batches of {size}"]))
        if sample and sample != name:
            continue
        config = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": args.threads}
        queue = openvino.AsyncInferQueue(compile_model(args, setting, preset, None, config))
        batches = peers.sorted_batches(encoded, size)
        out[name] = lambda q=queue, b=batches: in_queue(q, b)
    return out


def in_queue(queue, batches):
    for ids, mask in batches:
        queue.start_async({"ids": ids, "mask": mask}, share_inputs=True)
    queue.wait_all()


def measure(args, work, setting):
    if work == "one":
        runs = one(args, setting)
        name, n = peers.fastest(runs, n=50, warmup=10), args.n
        run = runs[name]
    else:
        encoded = peers.encode(args.encoder, peers.read_texts(args.data)[0])
        name, n = peers.fastest(test(args, setting, encoded[::6], None), n=2, warmup=1), args.rounds
        run = test(args, setting, encoded, name)[name]
    peers.report(work, f"openvino-{setting}", f"OpenVINO {setting}, {name}", peers.measure(run, n, 1))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data")
    ap.add_argument("--works", default="one,test")
    ap.add_argument("--settings", default="f32,bf16,int8")
    for name, default in {"n": 200, "rounds": 3, "tokens": 12, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    args.bf16 = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    settings = args.settings.split(",")
    if "bf16" in settings and not args.bf16:
        print("OpenVINO: this CPU has no bf16 arithmetic; bf16 is left out", file=sys.stderr)
        settings.remove("bf16")
    for work, setting in itertools.product(args.works.split(","), settings):
        measure(args, work, setting)


if __name__ == "__main__":
    main()
