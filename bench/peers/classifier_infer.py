#!/usr/bin/env python3
"""Times PyTorch, ONNX Runtime, OpenVINO and CTranslate2 on a classifier of texts, sounds or images in Hugging Face's layout.

Usage:    classifier_infer.py --model DIR [--works one,batch] [--settings torch-f32,onnx-int8,..] [--n 30] [--batch-size 16]
              [--tokens 12] [--seconds 3] [--threads 2] [--variant NAME]
What is timed goes from what the network takes to logits: ids [B, tokens], standardized samples [B, seconds at 16 kHz], log-mel of 30 s
(Whisper), normalized values [B, 3, 224, 224]; nothing is padded, and there is no mask. torch: eager, images channels first or last. onnx:
PyTorch's export, as it is or, but for ResNet, fused by ONNX Runtime's transformer optimizer; int8 by ONNX Runtime's own quantization, dynamic
of the matrix products (of both) or static of all (QDQ). openvino: the PyTorch module, converted as it is; int8 by NNCF, in both its presets;
a batch also one by one in its queue, with one or two streams. Calibrated on random input. ctranslate2: RoBERTa and XLM-RoBERTa alone; one
text on one thread or on all, a batch on all or in parts, each on a thread of its own. Of each precision the fastest variant counts, found
on the spot; a setting that fails is named and left out. The peak memory is that of a process of its own that runs this variant alone
(--variant), from the files that were made before.
"""

import argparse
import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import encoder_onnx
import numpy as np
import peers

SETTINGS = "torch-f32 torch-bf16 onnx-f32 onnx-int8 openvino-f32 openvino-bf16 openvino-int8 ctranslate2-f32 ctranslate2-int8"
SOUND = ("wav2vec2", "hubert", "wavlm")  # which take samples
SIZE = 224
N_CALIBRATION = 32


def model_type(args):
    with open(os.path.join(args.model, "config.json"), encoding="utf-8") as f:
        return json.load(f)["model_type"]


def is_image(args):
    return model_type(args) in ("vit", "resnet")


def samples(args, n):
    """Random input of n utterances."""
    random = np.random.default_rng(0)
    kind = model_type(args)
    if is_image(args):
        return pictures(n)
    if kind == "whisper":
        return random.normal(0, 0.5, (n, 80, 3000)).astype(np.float32)
    if kind in SOUND:
        return random.normal(0, 1, (n, int(args.seconds * 16000))).astype(np.float32)
    return random.integers(1000, 5000, (n, args.tokens))


def pictures(n):
    """Values of smooth random pictures [n, 3, SIZE, SIZE]."""
    random = np.random.default_rng(0)
    coarse = random.random((n, 3, SIZE // 8, SIZE // 8), np.float32) * 2 - 1
    return np.clip(np.kron(coarse, np.ones((8, 8), np.float32)) + random.normal(0, 0.05, (n, 3, SIZE, SIZE)).astype(np.float32), -1, 1)


def module(args, attention="sdpa"):
    """The classifier in PyTorch: input to logits."""
    import torch
    import transformers

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            how = {} if model_type(args) == "resnet" else {"attn_implementation": attention}  # it has none
            self.net = getattr(transformers, auto).from_pretrained(args.model, dtype=torch.float32, **how)

        def forward(self, values):
            return self.net(values).logits

    sound = model_type(args) in ("whisper", *SOUND)
    auto = f"AutoModelFor{'Image' if is_image(args) else 'Audio' if sound else 'Sequence'}Classification"
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    return Logits().eval()


def file(args, name, make):
    return encoder_onnx.made(os.path.join(encoder_onnx.folder(args.model), name), args.model, make)


def torch_runs(args, precision, values):
    import torch

    if precision == "bf16" and "bf16" not in peers.torch_settings("bf16", torch):
        return {}
    layouts = {"channels first": torch.contiguous_format, "channels last": torch.channels_last} if is_image(args) else {"": torch.contiguous_format}
    return {name: functools.partial(torch_run, args, precision, values, layout) for name, layout in layouts.items()}


def torch_run(args, precision, values, layout):
    import torch

    dtype = torch.float32 if precision == "f32" else torch.bfloat16
    net = module(args).to(dtype).to(memory_format=layout)
    x = torch.from_numpy(values)
    x = (x if x.dtype == torch.int64 else x.to(dtype)).contiguous(memory_format=layout)

    def run():
        with torch.inference_mode():
            net(x).float().numpy()

    return run


def exported(args):
    def make(path):
        import torch

        shapes = ({0: torch.export.Dim("b", min=1, max=4096)},)
        names = {"input_names": ["values"], "output_names": ["logits"]}
        torch.onnx.export(module(args), (torch.from_numpy(samples(args, 2)),), path, dynamic_shapes=shapes, dynamo=True, external_data=False, **names)

    return file(args, "exported.onnx", make)


def fused(args):
    def make(path):
        import torch

        net, axes = module(args, "eager"), {"values": {0: "b"}, "logits": {0: "b"}}
        names = {"input_names": ["values"], "output_names": ["logits"]}
        encoder_onnx.save_fused(path, net, net.net, (torch.from_numpy(samples(args, 2)),), dynamic_axes=axes, **names)

    return file(args, "fused.onnx", make)


def onnx_dynamic(args, source):
    return encoder_onnx.quantize(args.model, source(args), True, False, ["MatMul", "Gemm", "Attention"])


def onnx_static(args):
    def make(path):
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process

        class Reader(CalibrationDataReader):
            rows = iter(samples(args, N_CALIBRATION)[:, None])

            def get_next(self):
                row = next(self.rows, None)
                return None if row is None else {"values": row}

        ready = path + ".ready"
        quant_pre_process(exported(args), ready)
        quantize_static(ready, path, Reader(), per_channel=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8)
        os.remove(ready)

    return file(args, "static-int8.onnx", make)


def onnx_runs(args, precision, values):
    files = {"": exported}
    if precision == "int8":
        files = {"dynamic": functools.partial(onnx_dynamic, source=exported), "static": onnx_static}
    if model_type(args) != "resnet":
        files["fused"] = fused if precision == "f32" else functools.partial(onnx_dynamic, source=fused)
    return {name: functools.partial(onnx_run, args, values, made) for name, made in files.items()}


def onnx_run(args, values, made):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(made(args), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(["logits"], {"values": values})


def converted(args):
    def make(path):
        import openvino
        import torch

        model = openvino.convert_model(module(args), example_input=torch.from_numpy(samples(args, 2)), input=[("values", [-1, *samples(args, 1).shape[1:]])])
        openvino.save_model(model, path, compress_to_fp16=False)

    return file(args, "module.xml", make)


def quantized(args, preset):
    def make(path):
        import nncf
        import openvino

        how = {"preset": nncf.QuantizationPreset(preset), "subset_size": N_CALIBRATION}
        if model_type(args) != "resnet":
            how["model_type"] = nncf.ModelType.TRANSFORMER
        data = nncf.Dataset(list(samples(args, N_CALIBRATION)[:, None]))
        openvino.save_model(nncf.quantize(openvino.Core().read_model(converted(args)), data, **how), path, compress_to_fp16=False)

    return file(args, f"module-{preset}.xml", make)


def compile_model(args, precision, preset, n, **config):
    import openvino

    core = openvino.Core()
    model = core.read_model(quantized(args, preset) if preset else converted(args))
    model.reshape([n, *samples(args, 1).shape[1:]])
    config["INFERENCE_NUM_THREADS"] = args.threads
    config["INFERENCE_PRECISION_HINT"] = "bf16" if precision == "bf16" else "f32"
    return core.compile_model(model, "CPU", config)


def in_queue(queue, values):
    for i in range(len(values)):
        queue.start_async([values[i : i + 1]], share_inputs=True)
    queue.wait_all()


def openvino_runs(args, precision, values):
    import openvino

    out = {}
    if precision == "bf16" and "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return out
    for preset in ("performance", "mixed") if precision == "int8" else ("",):
        out[preset] = functools.partial(openvino_run, args, precision, preset, values, 0)
        for streams in (1, 2) if len(values) > 1 else ():
            name = ", ".join(filter(None, [preset, f"one by one, {streams} streams"]))
            out[name] = functools.partial(openvino_run, args, precision, preset, values, streams)
    return out


def openvino_run(args, precision, preset, values, streams):
    """All at once, or one by one in so many streams."""
    import openvino

    if streams:
        single = compile_model(args, precision, preset, 1, PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=streams)
        queue = openvino.AsyncInferQueue(single)
        return lambda: in_queue(queue, values)
    request = compile_model(args, precision, preset, len(values), PERFORMANCE_HINT="LATENCY").create_infer_request()
    return lambda: request.infer([values], share_inputs=True)


def ctranslate2_folder(args, precision):
    """Its model is of the encoder and of the head's first layer, as if that were a pooler: dense and tanh of the first token."""

    def make(path):
        import transformers
        from ctranslate2.converters import Converter
        from ctranslate2.converters.transformers import XLMRobertaLoader  # RoBERTa's own takes no classifier

        class Loader(XLMRobertaLoader):
            def get_vocabulary(self, model, tokenizer):
                words = super().get_vocabulary(model, tokenizer)
                return words + [f"unused {i}" for i in range(len(words), model.config.vocab_size)]

        class Classifier(Converter):
            def _load(self):
                net = module(args).net.requires_grad_(False)
                peers.as_ctranslate2_expects(net.config)
                net.roberta.pooler = net.classifier
                return Loader()(net, transformers.AutoTokenizer.from_pretrained(args.model))

        shutil.rmtree(path.removesuffix(".new"), ignore_errors=True)
        Classifier().convert(path, quantization=peers.CTRANSLATE2[precision], force=True)

    return file(args, f"ctranslate2-{precision}", make)


def ctranslate2_runs(args, precision, values):
    if "roberta" not in model_type(args):
        return {}
    n, whole, parts = args.threads, f"{args.threads} threads", f"parts on {args.threads} threads"
    shapes = {"1 thread": (1, 1), whole: (1, n)} if len(values) == 1 else {whole: (1, n), parts: (n, 1)}
    return {name: functools.partial(ctranslate2_run, args, precision, values, *shape) for name, shape in shapes.items()}


def ctranslate2_run(args, precision, values, n_parts, threads):
    folder = ctranslate2_folder(args, precision)
    if args.variant is not None:
        sys.modules["torch"] = None  # CTranslate2 would load PyTorch for its converters, and the peak would be of both
    import ctranslate2
    from safetensors import safe_open

    how = {"compute_type": peers.CTRANSLATE2[precision], "inter_threads": n_parts, "intra_threads": threads}
    encoder = ctranslate2.Encoder(folder, device="cpu", **how)
    with safe_open(os.path.join(args.model, "model.safetensors"), "numpy") as weights:
        w, b = (weights.get_tensor(f"classifier.out_proj.{part}") for part in ("weight", "bias"))
    parts = [part.tolist() for part in np.array_split(values, n_parts)]
    pool = ThreadPoolExecutor(n_parts)

    def scores(ids):
        return np.asarray(encoder.forward_batch(ids).pooler_output) @ w.T + b

    if n_parts == 1:
        return lambda: scores(parts[0])
    return lambda: np.concatenate(list(pool.map(scores, parts)))


RUNS = {
    "torch": ("PyTorch", torch_runs),
    "onnx": ("ONNX Runtime", onnx_runs),
    "openvino": ("OpenVINO", openvino_runs),
    "ctranslate2": ("CTranslate2", ctranslate2_runs),
}


def prepare(variants):
    """{name: run} of those that can be made."""
    runs = {}
    for name, make in variants.items():
        try:
            with contextlib.redirect_stdout(sys.stderr):
                runs[name] = make()
        except Exception as error:
            print(f"{name or 'the only variant'} is left out: {reason_of(error)}", file=sys.stderr)
    return runs


def reason_of(error):
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def own_peak_bytes():
    """Not ru_maxrss, which a process takes over from the one that starts it."""
    with open("/proc/self/status", encoding="ascii") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:"))


def peak_bytes(args, work, setting, variant):
    """Peak memory of a process that runs one variant alone."""
    words = [__file__, "--model", args.model, "--works", work, "--settings", setting, "--variant", variant]
    for name in ("batch_size", "tokens", "seconds", "threads"):
        words += ["--" + name.replace("_", "-"), str(getattr(args, name))]
    out = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["peak_bytes"]


def measure(args, work, setting):
    library, precision = setting.split("-")
    title, make = RUNS[library]
    variants = make(args, precision, samples(args, 1 if work == "one" else args.batch_size))
    if args.variant is not None:
        peers.measure(variants[args.variant](), 3, 0)
        print(json.dumps({"peak_bytes": own_peak_bytes()}))
        return
    runs = prepare(variants)
    if not runs:
        print(f"{title}: nothing to measure in {precision} here; it is left out", file=sys.stderr)
        return
    n = args.n if work == "one" else max(3, args.n // args.batch_size)
    name = peers.fastest(runs, n=max(2, n // 4), warmup=2)
    words = ", ".join(filter(None, [f"{title} {precision}", name]))
    seconds = peers.measure(runs[name], n, 1)
    peers.report(work, setting, words, seconds, peak_bytes=peak_bytes(args, work, setting, name))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--model", required=True)
    ap.add_argument("--works", default="one,batch")
    ap.add_argument("--settings", default=SETTINGS.replace(" ", ","))
    for name, default in {"n": 30, "batch-size": 16, "tokens": 12, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    ap.add_argument("--seconds", type=float, default=3)
    ap.add_argument("--variant", help="runs it alone, and prints the peak memory")
    args = ap.parse_args()
    for work in args.works.split(","):
        for setting in args.settings.split(","):
            try:
                measure(args, work, setting)
            except Exception as error:
                print(f"{setting} is left out: {reason_of(error)}", file=sys.stderr)


if __name__ == "__main__":
    main()
