"""onnx_file.py: the weights of an ONNX file (github.com/onnx/onnx, onnx.proto), as far as they are f32 tensors of the graph
itself. A file is nested messages of protobuf: fields of a number and a type, of which these are read: a ModelProto's graph
(7), whose initializers (5) are TensorProtos with dims (1), data_type (2), float_data (4) or raw_data (9), and name (8), and whose nodes (1)
have inputs (1), an op_type (4) and attributes (5) of a name (1) and perhaps a float (2)."""
import struct
from collections import namedtuple

from .failure import Failure

# A node of the graph: its kind ("Conv"), the names of its inputs, its attributes that are one float.
Node = namedtuple("Node", "kind inputs floats")

VARINT, I64, BYTES, I32 = 0, 1, 2, 5
FLOAT = 1  # TensorProto.DataType


def read_varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data):
            raise Failure("the ONNX file is cut short")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a message; a value is an integer or a view of bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
        elif kind in (I64, I32, BYTES):
            size, at = read_varint(data, at) if kind == BYTES else (8 if kind == I64 else 4, at)
            if at + size > len(data):
                raise Failure("the ONNX file is cut short")
            value, at = data[at : at + size], at + size
        else:
            raise Failure(f"a field of type {kind} in the ONNX file")
        yield number, value


def dims_of(value):
    """Dimensions come one by one or packed."""
    if isinstance(value, int):
        return [value]
    dims, at = [], 0
    while at < len(value):
        dim, at = read_varint(value, at)
        dims.append(dim)
    return dims


def weights(data):
    """Name -> (shape, bytes) of the f32 initializers."""
    found = {}
    for number, graph in fields(memoryview(data)):
        for field, tensor in fields(graph) if number == 7 else ():
            if field != 5:
                continue
            shape, kind, name, raw = [], 0, "", b""
            for part, value in fields(tensor):
                if part == 1:
                    shape += dims_of(value)
                elif part == 2:
                    kind = value
                elif part == 8:
                    name = bytes(value).decode()
                elif part in (4, 9):
                    raw += bytes(value)
            if kind == FLOAT:
                found[name] = (shape, raw)
    return found


def node_of(message):
    kind, inputs, floats = "", [], {}
    for part, value in fields(message):
        if part == 1:
            inputs.append(bytes(value).decode())
        elif part == 4:
            kind = bytes(value).decode()
        elif part == 5:
            attribute = dict(fields(value))
            if 2 in attribute:
                floats[bytes(attribute[1]).decode()] = struct.unpack("<f", attribute[2])[0]
    return Node(kind, inputs, floats)


def nodes(data):
    """The nodes in their order."""
    graphs = [graph for number, graph in fields(memoryview(data)) if number == 7]
    return [node_of(message) for graph in graphs for field, message in fields(graph) if field == 1]
