"""whisper.py: Whisper from CTranslate2's names to those of Hugging Face (transformers, WhisperForConditionalGeneration).

CTranslate2 keeps query, key and value of one attention as one Linear layer; the key's bias, which Whisper does not have,
is zeros there. All else is renamed. What the tensors do not say is the same in every published Whisper.
"""
import json

from . import ctranslate2
from .failure import Failure

HEAD_SIZE = 64


def norms_and_linears(layer, to, attention, n_attention):
    """Pairs (CTranslate2's name, Hugging Face's) of one attention with its norm."""
    yield f"{layer}/layer_norm/gamma", f"{to}{attention}_layer_norm.weight"
    yield f"{layer}/layer_norm/beta", f"{to}{attention}_layer_norm.bias"
    for end in ("weight", "bias"):
        yield f"{layer}/linear_{n_attention - 1}/{end}", f"{to}{attention}.out_proj.{end}"


def layer_names(layer, to):
    yield from norms_and_linears(f"{layer}/self_attention", to, "self_attn", 2)
    yield f"{layer}/ffn/layer_norm/gamma", f"{to}final_layer_norm.weight"
    yield f"{layer}/ffn/layer_norm/beta", f"{to}final_layer_norm.bias"
    for end in ("weight", "bias"):
        yield f"{layer}/ffn/linear_0/{end}", f"{to}fc1.{end}"
        yield f"{layer}/ffn/linear_1/{end}", f"{to}fc2.{end}"


def split(tensor, n):
    """The n parts of a tensor along its first dimension."""
    dtype, shape, data = tensor
    rows, size = shape[0] // n, len(data) // n
    return [(dtype, [rows, *shape[1:]], data[i * size : (i + 1) * size]) for i in range(n)]


def put_projections(out, to, names, variables, linear):
    """q, k, v (those of `names`) out of one Linear layer."""
    weights = split(variables[f"{linear}/weight"], len(names))
    biases = split(variables[f"{linear}/bias"], len(names))
    for name, weight, bias in zip(names, weights, biases):
        out[f"{to}.{name}_proj.weight"] = weight
        if name != "k":
            out[f"{to}.{name}_proj.bias"] = bias
        elif any(bias[2]):
            raise Failure(f"{linear}/bias: the key has one, expected zeros")


def n_layers(variables, side):
    n = 0
    while f"{side}/layer_{n}/ffn/linear_0/weight" in variables:
        n += 1
    return n


def put_side(out, variables, side):
    names = {f"{side}/layer_norm/gamma": "layer_norm.weight", f"{side}/layer_norm/beta": "layer_norm.bias"}
    names[f"{side}/position_encodings/encodings"] = "embed_positions.weight"
    for name, new in names.items():
        out[f"model.{side}.{new}"] = variables[name]
    for i in range(n_layers(variables, side)):
        layer, to = f"{side}/layer_{i}", f"model.{side}.layers.{i}."
        for name, new in layer_names(layer, to):
            out[new] = variables[name]
        put_projections(out, f"{to}self_attn", "qkv", variables, f"{layer}/self_attention/linear_0")
        if side == "decoder":
            for name, new in norms_and_linears(f"{layer}/attention", to, "encoder_attn", 3):
                out[new] = variables[name]
            put_projections(out, f"{to}encoder_attn", "q", variables, f"{layer}/attention/linear_0")
            put_projections(out, f"{to}encoder_attn", "kv", variables, f"{layer}/attention/linear_1")


def tensors(variables):
    out = {}
    for convolution in ("conv1", "conv2"):
        for end in ("weight", "bias"):
            out[f"model.encoder.{convolution}.{end}"] = variables[f"encoder/{convolution}/{end}"]
    put_side(out, variables, "encoder")
    out["model.decoder.embed_tokens.weight"] = variables["decoder/embeddings/weight"]
    put_side(out, variables, "decoder")
    return out


def config(variables):
    vocabulary, width = variables["decoder/embeddings/weight"][1]
    end = 50257 if vocabulary >= 51865 else 50256  # English-only models lack one token before <|endoftext|>
    sizes = {"d_model": width, "vocab_size": vocabulary, "num_mel_bins": variables["encoder/conv1/weight"][1][1]}
    for side, positions in (("encoder", "max_source_positions"), ("decoder", "max_target_positions")):
        sizes[f"{side}_layers"] = n_layers(variables, side)
        sizes[f"{side}_attention_heads"] = width // HEAD_SIZE
        sizes[f"{side}_ffn_dim"] = variables[f"{side}/layer_0/ffn/linear_0/weight"][1][0]
        sizes[positions] = variables[f"{side}/position_encodings/encodings"][1][0]
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "is_encoder_decoder": True,
        **sizes,
        "num_hidden_layers": sizes["encoder_layers"],
        "activation_function": "gelu",
        "activation_dropout": 0.0,
        "attention_dropout": 0.0,
        "dropout": 0.0,
        "encoder_layerdrop": 0.0,
        "decoder_layerdrop": 0.0,
        "init_std": 0.02,
        "scale_embedding": False,
        "use_cache": True,
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": end + 1,
        "torch_dtype": "float16",
    }


def generation_config(settings, converted):
    """What CTranslate2's config.json says of decoding."""
    out = {key: converted[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")}
    out["alignment_heads"] = settings["alignment_heads"]
    out["suppress_tokens"] = settings["suppress_ids"]
    out["begin_suppress_tokens"] = settings["suppress_ids_begin"]
    out["max_length"] = converted["max_target_positions"]
    return out


def preprocessor_config(converted):
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": converted["num_mel_bins"],
        "sampling_rate": 16000,
        "n_fft": 400,
        "hop_length": 160,
        "chunk_length": 30,
        "n_samples": 480000,
        "nb_max_frames": 3000,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def tokenizer_config(tokenizer):
    end = next(token for token in tokenizer["added_tokens"] if token["content"] == "<|endoftext|>")["content"]
    return {
        "tokenizer_class": "WhisperTokenizer",
        "processor_class": "WhisperProcessor",
        "add_prefix_space": False,
        "model_max_length": 1024,
        "errors": "replace",
        "bos_token": end,
        "eos_token": end,
        "pad_token": end,
        "unk_token": end,
    }


def convert(model, settings, tokenizer):
    """(tensors, file name -> JSON value) of CTranslate2's model.bin, config.json and tokenizer.json, all as bytes."""
    variables = ctranslate2.read(model, "WhisperSpec")
    converted = config(variables)
    files = {
        "config.json": converted,
        "generation_config.json": generation_config(json.loads(settings), converted),
        "preprocessor_config.json": preprocessor_config(converted),
        "tokenizer_config.json": tokenizer_config(json.loads(tokenizer)),
    }
    return tensors(variables), files
