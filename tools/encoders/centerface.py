"""centerface.py: CenterFace from its ONNX file to names of its own (src/face/face_network.h).

Its layers have no names in the file, so they are known by their order: a MobileNetV2 (stem, blocks), from whose last map
three layers go up again, each with the map of the same size from the side, and the heads. The batch norms that the file
has left become a part of the convolutions before them.
"""
import math
import struct

from . import onnx_file
from .failure import Failure

N_BLOCKS = 17
N_UP = 3
CONFIG = {
    "architectures": ["CenterFace"],
    "model_type": "centerface",
    "channels": [32, 16, 24, 32, 64, 96, 160, 320],
    "expansion": 6,
    "neck_channels": 24,
    "torch_dtype": "float32",
}


def names():
    """The convolutions in the order of the file."""
    yield "stem"
    for block in range(N_BLOCKS):
        if block:
            yield f"blocks.{block}.expand"
        yield f"blocks.{block}.depthwise"
        yield f"blocks.{block}.project"
    yield "neck.top"
    for up in range(N_UP):
        yield f"neck.side.{up}"
    yield "head.conv"
    yield "head.score"
    yield "head.size"
    yield "head.offset"
    yield None  # the eyes, the nose and the corners of the mouth


def packed(values, shape):
    return "F32", shape, struct.pack(f"<{len(values)}f", *values)


def values_of(tensor):
    shape, data = tensor
    return shape, struct.unpack(f"<{len(data) // 4}f", data)


def up_layer(weight, norm, epsilon):
    """A transposed convolution [in, out, 2, 2] of stride 2 and its norm, as one of 1 x 1 [4 * out, in]."""
    (n_in, n_out, height, width), values = values_of(weight)
    if (height, width) != (2, 2):
        raise ValueError
    scale, shift, mean, variance = (values_of(tensor)[1] for tensor in norm)
    scale = [s / math.sqrt(v + epsilon) for s, v in zip(scale, variance)]
    rows = [values[(i * n_out + o) * 4 + place] * scale[o] for place in range(4) for o in range(n_out) for i in range(n_in)]
    bias = [shift[o] - mean[o] * scale[o] for o in range(n_out)] * 4
    return packed(rows, [4 * n_out, n_in, 1, 1]), packed(bias, [4 * n_out])


def rename(nodes, tensors):
    out, free, n_up, weight = {}, names(), 0, None
    for node in nodes:
        own = [tensors[name] for name in node.inputs[1:] if name in tensors]
        if node.kind == "Conv" and (name := next(free)):
            out[f"{name}.weight"], out[f"{name}.bias"] = (("F32", *tensor) for tensor in own)
        elif node.kind == "ConvTranspose":
            (weight,) = own
        elif node.kind == "BatchNormalization":
            out[f"neck.up.{n_up}.weight"], out[f"neck.up.{n_up}.bias"] = up_layer(weight, own, node.floats["epsilon"])
            n_up += 1
    if n_up != N_UP or next(free, "end") != "end":
        raise ValueError
    return out


def convert(data):
    try:
        return rename(onnx_file.nodes(data), onnx_file.weights(data))
    except (StopIteration, ValueError, KeyError, TypeError, struct.error) as fault:
        raise Failure("the ONNX file is not that of CenterFace") from fault
