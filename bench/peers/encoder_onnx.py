"""Makes the ONNX files that onnx_infer.py, openvino_infer.py and cold_start.py run: ids and mask in, the [CLS] vector out.

They lie in the Python environment's folder, onnx/<encoder>, and are made once for an encoder.
"""

import contextlib
import itertools
import os
import sys

import peers


def folder(encoder):
    return os.path.join(sys.prefix, "onnx", os.path.basename(os.path.normpath(encoder)))


def made(path, encoder, make):
    """`path`, made by `make(path)` unless it is newer than the encoder's weights. Messages go to standard error."""
    weights = os.path.getmtime(os.path.join(encoder, "model.safetensors"))
    if not os.path.exists(path) or os.path.getmtime(path) < weights:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.redirect_stdout(sys.stderr):
            unfinished = path.removesuffix(".onnx") + ".new.onnx"
            make(unfinished)
        os.replace(unfinished, path)
    return path


def export(encoder, attention):
    """The encoder by PyTorch's exporter; `attention` is transformers' implementation, sdpa or eager."""

    def make(path):
        import torch
        import transformers

        class First(torch.nn.Module):
            def __init__(self):
                super().__init__()
                how = {"add_pooling_layer": False, "dtype": torch.float32, "attn_implementation": attention}
                self.bert = transformers.BertModel.from_pretrained(encoder, **how)

            def forward(self, ids, mask):
                return self.bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]

        sample = tuple(map(torch.from_numpy, peers.pad([[101, 2000, 2001, 102], [101, 2000, 102]])))
        b, t = torch.export.Dim("b", min=1, max=4096), torch.export.Dim("t", min=2, max=512)
        torch.onnx.export(First().eval(), sample, path, input_names=["ids", "mask"], output_names=["cls"],
                          dynamic_shapes=({0: b, 1: t}, {0: b, 1: t}), dynamo=True, external_data=False)

    return made(os.path.join(folder(encoder), f"{attention}.onnx"), encoder, make)


def fuse(encoder):
    """ONNX Runtime's own transformer optimizer: attention, layer norm and GELU as one node each."""

    def make(path):
        from onnxruntime.transformers import optimizer

        optimizer.optimize_model(export(encoder, "eager"), model_type="bert", opt_level=1, use_gpu=False).save_model_to_file(path)

    return made(os.path.join(folder(encoder), "fused.onnx"), encoder, make)


def quantize(encoder, source, per_channel, reduce_range):
    """Dynamic int8 of the matrix products."""

    def make(path):
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(source, path, per_channel=per_channel, reduce_range=reduce_range, weight_type=QuantType.QInt8)

    name = os.path.basename(source).removesuffix(".onnx")
    name += "-int8" + ("-channel" if per_channel else "") + ("-reduced" if reduce_range else "")
    return made(os.path.join(folder(encoder), name + ".onnx"), encoder, make)


def variants(encoder, precision):
    """{name: path} of the files of a precision, "f32" or "int8"."""
    sources = {"exported": export(encoder, "sdpa"), "fused": fuse(encoder)}
    if precision == "f32":
        return sources
    out = {}
    for (name, source), channel, reduced in itertools.product(sources.items(), (False, True), (False, True)):
        words = [name] + ["per channel"] * channel + ["reduced range"] * reduced
        out[", ".join(words)] = quantize(encoder, source, channel, reduced)
    return out
