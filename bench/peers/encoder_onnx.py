"""Makes the files that onnx_infer.py, openvino_infer.py and cold_start.py run: ids and mask in, the [CLS] vector out.

They lie in the Python environment's folder, onnx/<encoder>, and are made once for an encoder.
"""

import contextlib
import importlib
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
            stem, suffix = os.path.splitext(path)
            make(stem + ".new" + suffix)
        if suffix == ".xml":  # OpenVINO's weights lie in a second file, which it finds by the first one's name
            os.replace(stem + ".new.bin", stem + ".bin")
        os.replace(stem + ".new" + suffix, path)
    return path


def first_token(encoder, attention):
    """The encoder in PyTorch: ids and mask to the last hidden state of [CLS]."""
    import torch
    import transformers

    class FirstToken(torch.nn.Module):
        def __init__(self):
            super().__init__()
            how = {"add_pooling_layer": False, "dtype": torch.float32, "attn_implementation": attention}
            self.bert = transformers.BertModel.from_pretrained(encoder, **how)

        def forward(self, ids, mask):
            if attention == "eager":  # the mask in the form that ONNX Runtime's optimizer knows
                mask = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
            return self.bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]

    transformers.logging.set_verbosity_error()  # the pooler is left out on purpose
    transformers.logging.disable_progress_bar()
    sample = tuple(map(torch.from_numpy, peers.pad([[101, 2000, 2001, 102], [101, 2000, 102]])))
    return FirstToken().eval(), sample


NAMES = {"input_names": ["ids", "mask"], "output_names": ["cls"]}


def export(encoder):
    """As PyTorch's exporter writes it, with its fused attention taken apart."""

    def make(path):
        import torch

        b, t = torch.export.Dim("b", min=1, max=4096), torch.export.Dim("t", min=2, max=512)
        shapes = ({0: b, 1: t}, {0: b, 1: t})
        torch.onnx.export(*first_token(encoder, "sdpa"), path, dynamic_shapes=shapes, dynamo=True, external_data=False, **NAMES)

    return made(os.path.join(folder(encoder), "exported.onnx"), encoder, make)


def divided_attention(_, query, key, value, mask=None, *__, **___):
    """transformers' eager attention, with the scale as a division: so ONNX Runtime's optimizer knows it."""
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    scores = scores if mask is None else scores + mask
    return (scores.softmax(-1) @ value).transpose(1, 2).contiguous(), None


def save_fused(path, module, network, sample, **names_and_axes):
    """By ONNX Runtime's transformer optimizer: embeddings, attention, layer norm and GELU are one node each. `module` is of transformers'
    `network`, with its eager attention.
    """
    import torch
    from onnxruntime.transformers import optimizer

    kind, config = network.config.model_type.replace("-", "_"), network.config
    importlib.import_module(f"transformers.models.{kind}.modeling_{kind}").eager_attention_forward = divided_attention
    torch.onnx.export(module, sample, path, dynamo=False, opset_version=17, **names_and_axes)
    size = {"num_heads": config.num_attention_heads, "hidden_size": config.hidden_size}
    fused = optimizer.optimize_model(path, model_type="vit" if kind == "vit" else "bert", opt_level=1, use_gpu=False, **size)
    if fused.get_fused_operator_statistics()["Attention"] != config.num_hidden_layers:
        print("ONNX Runtime's optimizer has not fused the attention: an encoder below its best", file=sys.stderr)
    fused.save_model_to_file(path)


def fuse(encoder):
    def make(path):
        module, sample = first_token(encoder, "eager")
        axes = {"ids": {0: "b", 1: "t"}, "mask": {0: "b", 1: "t"}, "cls": {0: "b"}}
        save_fused(path, module, module.bert, sample, dynamic_axes=axes, **NAMES)

    return made(os.path.join(folder(encoder), "fused.onnx"), encoder, make)


def quantize(encoder, source, per_channel, reduce_range, operators=None):
    """Dynamic int8 of the matrix products; `operators` are the kinds of nodes, else all that ONNX Runtime knows."""

    def make(path):
        from onnx import TensorProto
        from onnxruntime.quantization import QuantType, quantize_dynamic

        how = {"weight_type": QuantType.QInt8, "extra_options": {"DefaultTensorType": TensorProto.FLOAT}}  # of the fused nodes
        quantize_dynamic(source, path, per_channel=per_channel, reduce_range=reduce_range, op_types_to_quantize=operators, **how)

    name = os.path.basename(source).removesuffix(".onnx")
    name += "-int8" + ("-channel" if per_channel else "") + ("-reduced" if reduce_range else "")
    return made(os.path.join(folder(encoder), name + ".onnx"), encoder, make)


def variants(encoder, precision):
    """{name: path} of the files of a precision, "f32" or "int8"."""
    sources = {"exported": export(encoder), "fused": fuse(encoder)}
    if precision == "f32":
        return sources
    out = {}
    for (name, source), channel, reduced in itertools.product(sources.items(), (False, True), (False, True)):
        words = [name] + ["per channel"] * channel + ["reduced range"] * reduced
        out[", ".join(words)] = quantize(encoder, source, channel, reduced)
    return out
