"""ctranslate2.py: reads the model file of CTranslate2, binary version 6 (its python/ctranslate2/specs/model_spec.py).

u32 version, string specification, u32 revision, u32 count; for each variable: string name, u8 rank, u32 dimensions,
u8 type, u32 bytes, data; then u32 count of aliases, for each two strings. A string is u16 length (with the 0 at its
end) and its bytes.
"""
import struct

from .failure import Failure

VERSION = 6
DTYPES = {0: ("F32", 4), 1: ("I8", 1), 2: ("I16", 2), 3: ("I32", 4), 4: ("F16", 2), 5: ("BF16", 2)}


class Reader:
    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise Failure(f"CTranslate2 file: {len(self.data)} bytes, expected more")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def string(self):
        return bytes(self.take(self.number("H"))).rstrip(b"\0").decode()


def read(data, specification):
    """name -> (safetensors' dtype, shape, bytes)."""
    reader = Reader(data)
    version, found = reader.number("I"), reader.string()
    if version != VERSION or found != specification:
        raise Failure(f"CTranslate2 file: '{found}' of version {version}, expected '{specification}' of {VERSION}")
    reader.number("I")  # the specification's revision
    variables = {}
    for _ in range(reader.number("I")):
        name = reader.string()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        dtype, size = DTYPES[reader.number("B")]
        n_bytes, expected = reader.number("I"), size
        for dimension in shape:
            expected *= dimension
        if n_bytes != expected:
            raise Failure(f"CTranslate2 file: {name}: {n_bytes} bytes, expected {expected}")
        variables[name] = (dtype, shape, reader.take(n_bytes))
    return variables
