"""Makes torch_hostile/: files that look like torch.save's and that nobody should read, each below 4 KB, and expected.tsv: for each
its name, the status and a part of the message that must refuse it. Python's standard library alone; nothing is executed.
"""
import pathlib
import pickle
import struct
import zlib

FOLDER = pathlib.Path(__file__).parent / "torch_hostile"
ROOT = b"archive"
MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
expected = []


# Pickles, put together by hand.

PROTO, STOP, MARK, TUPLE, REDUCE, DICT, LIST = b"\x80\x02", b".", b"(", b"t", b"R", b"}", b"]"
NONE, EMPTY_TUPLE, PERSID = b"N", b")", b"Q"


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    size = max(1, (value.bit_length() + 8) // 8)
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def type_of(name):
    module, _, member = name.rpartition(".")
    return b"c" + module.encode() + b"\n" + member.encode() + b"\n"


def tuple_of(*values):
    return MARK + b"".join(values) + TUPLE


def numbers(values):
    return tuple_of(*(number(value) for value in values))


def storage_id(kind="Float", key="0", n=4, more=b""):
    return tuple_of(text("storage"), type_of(f"torch.{kind}Storage"), text(key), text("cpu"), number(n), more)


def tensor(shape=(4,), strides=(1,), offset=0, storage=None, more=b""):
    storage = storage or storage_id() + PERSID
    arguments = [storage, number(offset), numbers(shape), numbers(strides), b"\x89", DICT, more]
    return type_of("torch._utils._rebuild_tensor_v2") + tuple_of(*arguments) + REDUCE


def state_of(value, name=None):
    return DICT + MARK + (name or text("a")) + value + b"u"


def whole(body):
    return PROTO + body + STOP


GOOD = whole(state_of(tensor()))
VALUES = struct.pack("<4f", 1, 2, 3, 4)


# Zip files, put together by hand.


class Entry:
    def __init__(self, name, data, **faults):
        self.name, self.data = name if isinstance(name, bytes) else name.encode(), data
        self.flags = faults.get("flags", 0)
        self.method = faults.get("method", 0)
        self.size = faults.get("size", len(data))
        self.packed = faults.get("packed", self.size)
        self.offset = faults.get("offset")
        self.extra = faults.get("extra", b"")
        self.local_name = faults.get("local_name", self.name)


def zip_of(entries, n=None, disk=0, comment=b"", before_end=b"", begin=None):
    body, directory = b"", b""
    for e in entries:
        offset = len(body) if e.offset is None else e.offset
        crc = zlib.crc32(e.data)
        body += struct.pack("<4s5H3I2H", b"PK\3\4", 20, e.flags, e.method, 0, 0, crc, len(e.data), len(e.data), len(e.local_name), 0)
        body += e.local_name + e.data
        sizes = (e.packed, e.size, len(e.name), len(e.extra), 0, 0, 0, 0, offset)
        directory += struct.pack("<4s6H", b"PK\1\2", 20, 20, e.flags, e.method, 0, 0)
        directory += struct.pack("<3I5H2I", crc, *sizes) + e.name + e.extra
    n = len(entries) if n is None else n
    begin = len(body) if begin is None else begin
    end = struct.pack("<4s4H2IH", b"PK\5\6", disk, disk, n, n, len(directory), begin, len(comment))
    return body + directory + before_end + end + comment


def zipped(state, *more, values=VALUES):
    return zip_of([Entry(ROOT + b"/data.pkl", state), Entry(ROOT + b"/data/0", values), *more])


# The older form.


def legacy(state=None, keys=["0"], values=VALUES, version=1001, little=True, count=4, facts=None):
    state = state or whole(state_of(tensor(storage=storage_id(more=NONE) + PERSID)))
    facts = facts or {"protocol_version": 1001, "little_endian": little, "type_sizes": {"int": 4}}
    out = MAGIC + pickle.dumps(version, 2) + pickle.dumps(facts, 2) + state + pickle.dumps(keys, 2)
    return out + b"".join(struct.pack("<q", count) + values for _ in keys)


def add(name, status, message, data):
    assert len(data) < 4096, name
    (FOLDER / f"{name}.bin").write_bytes(data)
    expected.append(f"{name}.bin\t{status}\t{message}\n")


def add_pickle(name, status, message, body):
    add(name, status, message, zipped(whole(body)))


def calls():
    command = text("touch /tmp/mer-was-here") + b"\x85" + REDUCE
    for name in ("os.system", "posix.system", "nt.system", "builtins.eval", "builtins.exec", "__builtin__.eval", "subprocess.Popen"):
        message = f"asks for '{name}', which does not rebuild tensors; nothing was run"
        add_pickle("call-" + name.replace(".", "-"), "UNSUPPORTED", message, type_of(name) + command)
    stack_global = text("posix") + text("system") + b"\x93" + command
    add_pickle("call-by-stack-global", "UNSUPPORTED", "asks for 'posix.system'", stack_global)
    in_state = state_of(type_of("os.system") + command)
    add_pickle("call-in-a-state-dict", "UNSUPPORTED", "asks for 'os.system'", in_state)
    chain = type_of("builtins.getattr") + tuple_of(type_of("builtins.__import__") + text("os") + b"\x85R", text("system"))
    add_pickle("call-getattr-chain", "UNSUPPORTED", "asks for 'builtins.getattr'", chain + REDUCE + command)
    lambdas = type_of("operator.attrgetter") + text("system") + b"\x85R"
    add_pickle("call-attrgetter", "UNSUPPORTED", "asks for 'operator.attrgetter'", lambdas)
    for name in ("torch.storage._load_from_bytes", "torch._utils._rebuild_tensor_v3", "torch.Size", "torch.storage.UntypedStorage"):
        add_pickle("class-" + name.rpartition(".")[2], "UNSUPPORTED", f"asks for '{name}'", type_of(name) + EMPTY_TUPLE + REDUCE)
    add_pickle("class-numpy", "UNSUPPORTED", "'numpy.core.multiarray._reconstruct'", type_of("numpy.core.multiarray._reconstruct"))
    add_pickle("class-of-a-name-with-dots", "UNSUPPORTED", "'torch._utils._rebuild_tensor_v2.__globals__'",
               b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n")
    add_pickle("class-not-a-text", "FORMAT", "the name of a class is a whole number and a text", number(1) + text("system") + b"\x93")
    add_pickle("class-without-end", "FORMAT", "no end of a line within", b"c" + b"o" * 300)
    add_pickle("call-of-a-storage", "FORMAT", "a call of 'torch.FloatStorage' with 1 arguments", type_of("torch.FloatStorage") + number(1) + b"\x85R")
    add_pickle("call-of-a-dict", "FORMAT", "a dict, expected a class", DICT + EMPTY_TUPLE + REDUCE)
    add_pickle("call-arguments-not-a-tuple", "FORMAT", "a list, expected a tuple", type_of("collections.OrderedDict") + LIST + REDUCE)
    add_pickle("call-too-few-arguments", "FORMAT", "'torch._utils._rebuild_tensor_v2' with 0 arguments", type_of("torch._utils._rebuild_tensor_v2") + b")R")


def opcodes():
    for code, name in ((b"i", "INST"), (b"o", "OBJ"), (b"\x81", "NEWOBJ"), (b"\x92", "NEWOBJ_EX"), (b"\x82", "EXT1"), (b"2", "DUP"),
                       (b"0", "POP"), (b"P", "PERSID"), (b"\x96", "BYTEARRAY8"), (b"\x97", "NEXT_BUFFER"),
                       (b"\x98", "READONLY_BUFFER"), (b"\x91", "FROZENSET"), (b"B", "BINBYTES")):
        message = f"opcode {name} (0x{code[0]:02x}) does not belong to tensors"
        add_pickle("opcode-" + name.lower().replace("_", "-"), "UNSUPPORTED", message, DICT + code + b"\1" * 8)
    add_pickle("opcode-unknown", "UNSUPPORTED", "opcode without a name (0xff)", b"\xff")
    add_pickle("protocol-9", "UNSUPPORTED", "protocol 9, at most 5 is read", b"\x80\x09")
    add_pickle("text-of-4-gib", "FORMAT", "cut off: 4294967295 bytes are wanted", b"X\xff\xff\xff\xff")
    add_pickle("text-of-8-eib", "FORMAT", "cut off: 18446744073709551615 bytes", b"\x8d" + b"\xff" * 8)
    add_pickle("frame-too-long", "FORMAT", "a frame of 1099511627776 bytes", b"\x95" + struct.pack("<Q", 1 << 40))
    add_pickle("number-of-255-bytes", "LIMIT", "a number of 255 bytes, at most 8 are read", b"\x8a\xff" + b"\1" * 255)
    add_pickle("number-of-no-digits", "FORMAT", "'1x' is no number", b"I1x\n")
    add_pickle("memo-missing", "FORMAT", "the memo has no entry 7", DICT + b"q\0h\7")
    add_pickle("memo-unset-between", "FORMAT", "the memo has no entry 3", DICT + b"q\5h\3")
    add_pickle("memo-huge", "LIMIT", "entry 4294967295 of the memo", DICT + b"r\xff\xff\xff\xff")
    add_pickle("memo-of-nothing", "FORMAT", "the stack is empty", b"q\0")
    add_pickle("mark-missing", "FORMAT", "no mark", TUPLE)
    add_pickle("mark-left", "FORMAT", "1 values and 1 marks at the end", DICT + MARK)
    add_pickle("mark-hides-the-stack", "FORMAT", "the stack is empty", type_of("collections.OrderedDict") + EMPTY_TUPLE + MARK + REDUCE)
    add_pickle("tuple-of-too-few", "FORMAT", "1 values on the stack, expected 3", NONE + b"\x87")
    add_pickle("stack-empty-at-the-end", "FORMAT", "0 values and 0 marks at the end", b"")
    add_pickle("stack-full-at-the-end", "FORMAT", "2 values and 0 marks at the end", NONE + NONE)
    add_pickle("key-without-value", "FORMAT", "a key without a value", DICT + MARK + text("a") + b"u")
    add_pickle("members-of-a-number", "FORMAT", "a whole number, expected a dict", number(1) + MARK + text("a") + NONE + b"u")
    add_pickle("attributes-of-a-tensor", "FORMAT", "a tensor, expected a dict", tensor() + DICT + b"b")
    add("pickle-cut-off", "FORMAT", "cut off", zipped(GOOD[:-20]))
    add("pickle-without-stop", "FORMAT", "cut off: no STOP", zipped(GOOD[:-1]))
    add("pickle-empty", "FORMAT", "cut off: no STOP", zipped(b""))


def states():
    add_pickle("recursive-list", "FORMAT", "holds a list, expected a dict of tensors", LIST + b"q\0h\0a")
    add_pickle("recursive-dict", "FORMAT", "tensor 'a': is a dict, expected a dict of tensors", DICT + b"q\0" + text("a") + b"h\0s")
    add_pickle("state-a-number", "FORMAT", "holds a whole number", number(3))
    add_pickle("state-of-numbers", "FORMAT", "tensor 'epoch': is a whole number", state_of(number(3), text("epoch")))
    add_pickle("state-nested", "FORMAT", "tensor 'state_dict': is a dict", state_of(state_of(tensor()), text("state_dict")))
    add_pickle("name-a-number", "FORMAT", "the name of a tensor is a whole number", state_of(tensor(), number(3)))
    add_pickle("name-with-nul", "FORMAT", "the name of a tensor is not a plain text", state_of(tensor(), text("a\0b")))
    twice = DICT + MARK + text("a") + tensor() + text("a") + tensor() + b"u"
    add_pickle("name-twice", "FORMAT", "tensor 'a': is there twice", twice)


def tensors():
    def bad(name, message, status="FORMAT", **arguments):
        add_pickle("tensor-" + name, status, message, state_of(tensor(**arguments)))

    outside = "shape, strides and offset"
    bad("negative-dimension", "a negative dimension", shape=(-4,))
    bad("negative-stride", outside, strides=(-1,), offset=3)
    bad("negative-offset", outside, offset=-1)
    bad("offset-over-the-storage", outside, offset=1)
    bad("empty-over-the-storage", outside, shape=(0,), offset=5)
    bad("strides-over-the-storage", outside, shape=(2, 2), strides=(3, 1))
    bad("stride-overflow", outside, shape=(3,), strides=(1 << 62,))
    bad("sum-overflow", outside, shape=(2, 2), strides=((1 << 63) - 1, (1 << 63) - 1))
    bad("elements-overflow", "or too many elements", shape=(1 << 62, 1 << 62), strides=(0, 0))
    bad("bytes-overflow", "or too many elements", shape=(1 << 62,), strides=(0,))
    bad("few-bytes-many-times", "copies of more than the file's", "LIMIT", shape=(1 << 40,), strides=(0,))
    bad("more-dimensions-than-strides", "a tensor of 2 dimensions with 1 strides", shape=(2, 2))
    bad("nine-dimensions", "a tensor of 9 dimensions, at most 8", "UNSUPPORTED", shape=(1,) * 9, strides=(1,) * 9)
    bad("of-a-number", "a tensor of a whole number at a whole number", storage=number(3))
    bad("conjugate", "a tensor with a conjugate or negative bit", "UNSUPPORTED", more=DICT + text("conj") + b"\x88s")
    body = type_of("torch._utils._rebuild_tensor_v2") + tuple_of(storage_id() + PERSID, number(0), number(4), numbers([1]), NONE, NONE) + REDUCE
    add_pickle("tensor-shape-a-number", "FORMAT", "a tensor's shape is a whole number", state_of(body))
    body = type_of("torch._utils._rebuild_tensor") + tuple_of(storage_id() + PERSID, number(0), tuple_of(text("4")), numbers([1])) + REDUCE
    add_pickle("tensor-shape-of-texts", "FORMAT", "a tensor's shape has a text", state_of(body))
    body = type_of("torch._utils._rebuild_parameter") + tuple_of(DICT, b"\x88", DICT) + REDUCE
    add_pickle("parameter-of-a-dict", "FORMAT", "a parameter of a dict", state_of(body))


def storages():
    def bad(name, message, storage, status="FORMAT"):
        add_pickle("storage-" + name, status, message, state_of(tensor(storage=storage + PERSID)))

    not_an_id = "a persistent id that is not"
    bad("too-long", "storage '0': 16 bytes, expected 5 elements of F32", storage_id(n=5))
    bad("too-short", "storage '0': 16 bytes, expected 3 elements of F32", storage_id(n=3))
    bad("of-another-type", "storage '0': 16 bytes, expected 4 elements of F64", storage_id("Double"))
    bad("absent", "storage '7': no such entry", storage_id(key="7"))
    bad("elsewhere", "storage '../data.pkl': no such entry", storage_id(key="../data.pkl"))
    bad("of-a-long-key", "no such entry", storage_id(key="0" * 300))
    bad("huge", "elements are too many", storage_id("Double", n=1 << 62))
    bad("negative", not_an_id, storage_id(n=-4))
    bad("unknown-type", "asks for 'torch.QInt8Storage'", storage_id("QInt8"), "UNSUPPORTED")
    bad("view", "a storage that is a view of another one", storage_id(more=tuple_of(text("v"), number(0), number(2))), "UNSUPPORTED")
    bad("module", not_an_id, tuple_of(text("module"), type_of("torch.FloatStorage"), text("x.py"), text("import os"), number(1)))
    bad("id-a-text", not_an_id, text("storage"))


def zips():
    good = zipped(GOOD)
    add("zip-cut-off", "FORMAT", "no end of the directory: the file is cut off", good[: len(good) // 2])
    add("zip-end-cut-off", "FORMAT", "no end of the directory", good[:-1])
    add("zip-of-nothing", "FORMAT", "no end of the directory", b"PK\3\4")
    add("zip-compressed", "UNSUPPORTED", "is compressed by method 8", zipped(GOOD, Entry("archive/x", zlib.compress(b"x" * 99), method=8)))
    bomb = zlib.compress(bytes(1 << 20), 9)
    pickle_bomb = zip_of([Entry("archive/data.pkl", bomb, method=8, size=1 << 20, packed=len(bomb))])
    add("zip-bomb", "UNSUPPORTED", "entry 'archive/data.pkl': is compressed by method 8", pickle_bomb)
    add("zip-bomb-that-says-stored", "FORMAT", "bytes are stored, expected", zip_of([Entry("archive/data.pkl", GOOD, size=1 << 30, packed=len(GOOD))]))
    overlap = [Entry("archive/data.pkl", GOOD), Entry("archive/data/0", VALUES), Entry("archive/data/0", VALUES, offset=0, local_name=b"")]
    overlap[2].name, overlap[2].size, overlap[2].packed = b"archive/data.pkl", 16, 16
    add("zip-overlap", "FORMAT", "its bytes are another entry's", zip_of(overlap))
    add("zip-entry-twice", "FORMAT", "entry 'archive/data/0': is there twice", zipped(GOOD, Entry("archive/data/0", VALUES)))
    for name, path in (("traversal", "archive/../../etc/passwd"), ("absolute", "/etc/passwd"), ("backslash", "archive\\..\\x"), ("parent", ".."), ("nul", "archive/a\0b"), ("empty", "")):
        add(f"zip-name-{name}", "FORMAT", "its name leads out of the file", zipped(GOOD, Entry(path, b"x")))
    add("zip-encrypted", "UNSUPPORTED", "is encrypted", zipped(GOOD, Entry("archive/x", b"x", flags=1)))
    add("zip-outside", "FORMAT", "no header at byte 100000", zipped(GOOD, Entry("archive/x", b"x", offset=100000)))
    add("zip-size-outside", "FORMAT", "2147483647 bytes at byte", zipped(GOOD, Entry("archive/x", b"x", size=(1 << 31) - 1)))
    add("zip-other-name-in-header", "FORMAT", "another name in its header", zipped(GOOD, Entry("archive/x", b"x", local_name=b"archive/y")))
    add("zip-offset-in-the-middle", "FORMAT", "no header at byte 3", zipped(GOOD, Entry("archive/x", b"x", offset=3)))
    wide = Entry("archive/x", b"x", size=0xFFFFFFFF, extra=struct.pack("<2HI", 1, 4, 1))
    add("zip64-field-cut-off", "FORMAT", "its zip64 field is cut off", zipped(GOOD, wide))
    wide = Entry("archive/x", b"x", size=0xFFFFFFFF, extra=struct.pack("<2H2Q", 1, 16, (1 << 64) - 1, (1 << 64) - 1))
    add("zip64-size-outside", "FORMAT", "18446744073709551615 bytes at byte", zipped(GOOD, wide))
    entries = [Entry("archive/data.pkl", GOOD), Entry("archive/data/0", VALUES)]
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, 1 << 40, 1)
    add("zip64-end-nowhere", "FORMAT", "no zip64 end of the directory at byte 1099511627776", zip_of(entries, before_end=locator))
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 1 << 62, 1 << 63)
    size = len(zip_of(entries)) - 22
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, size, 1)
    add("zip64-huge-directory", "FORMAT", "a directory of 1152921504606846976 entries", zip_of(entries, before_end=end64 + locator))
    add("zip-many-entries", "FORMAT", "a directory of 65535 entries", zip_of(entries, n=65535))
    add("zip-too-many-entries", "FORMAT", "no entry of the directory at byte", zip_of([*entries, Entry("archive/" + "x" * 100, b"")], n=4))
    add("zip-volumes", "UNSUPPORTED", "one of several volumes", zip_of(entries, disk=1))
    add("zip-directory-elsewhere", "FORMAT", "no entry of the directory at byte 0", zip_of(entries, begin=0))
    add("zip-no-pickle", "FORMAT", "no entry NAME/data.pkl", zip_of([Entry("archive/data/0", VALUES)]))
    add("zip-two-pickles", "FORMAT", "two state dicts", zipped(GOOD, Entry("other/data.pkl", GOOD)))
    add("zip-of-torchscript", "UNSUPPORTED", "asks for '__torch__.Model'", zipped(whole(type_of("__torch__.Model") + EMPTY_TUPLE + b"\x81")))
    add("byteorder-big", "UNSUPPORTED", "byteorder is 'big'", zipped(GOOD, Entry("archive/byteorder", b"big")))
    add("not-torch", "FORMAT", "neither zip nor its older form", b"version https://git-lfs.github.com/spec/v1\n")
    add("empty", "FORMAT", "neither zip nor its older form", b"")
    add("pickle-alone", "FORMAT", "neither zip nor its older form", whole(type_of("os.system") + text("id") + b"\x85R"))


def legacies():
    good = legacy()
    facts = {"protocol_version": 1001, "little_endian": 1}
    add("legacy-other-magic", "FORMAT", "neither zip nor its older form", good.replace(MAGIC, pickle.dumps(0x1950A86A20F9469CFC6D, 2)))
    add("legacy-other-version", "UNSUPPORTED", "torch's form of another version than 1001", legacy(version=1002))
    add("legacy-big-endian", "UNSUPPORTED", "little_endian is not True", legacy(little=False))
    add("legacy-endian-a-number", "UNSUPPORTED", "little_endian is not True", legacy(facts=facts))
    add("legacy-cut-off", "FORMAT", "storage '0': 16 bytes at byte", good[:-1])
    add("legacy-cut-off-in-a-count", "FORMAT", "cut off", good[:-17])
    add("legacy-cut-off-in-a-pickle", "FORMAT", "cut off", good[: len(MAGIC) + 40])
    add("legacy-only-magic", "FORMAT", "neither zip nor its older form", MAGIC)
    add("legacy-other-count", "FORMAT", "storage '0': 4 elements of F32, expected 5", legacy(count=5))
    add("legacy-more-at-the-end", "FORMAT", "the storages end at byte", good + b"x")
    add("legacy-unknown-key", "FORMAT", "the list of storages has one that no tensor has", legacy(keys=["0", "1"]))
    add("legacy-key-a-number", "FORMAT", "the list of storages has one that no tensor has", legacy(keys=[0]))
    add("legacy-no-keys", "FORMAT", "storage '0': not in the list of storages", legacy(keys=[]))
    add("legacy-keys-a-dict", "FORMAT", "no list of storages", legacy(keys={}))
    two = b"".join(text(n) + tensor(storage=storage_id(kind, more=NONE) + PERSID) for n, kind in (("a", "Float"), ("b", "Double")))
    add("legacy-two-types", "FORMAT", "expected 4 of", legacy(whole(DICT + MARK + two + b"u"), keys=["0"]))
    call = whole(type_of("os.system") + text("id") + b"\x85R")
    add("legacy-call", "UNSUPPORTED", "asks for 'os.system'", legacy(call))
    add("legacy-call-in-the-facts", "UNSUPPORTED", "asks for 'os.system'", MAGIC + pickle.dumps(1001, 2) + call)
    add("legacy-call-in-the-keys", "UNSUPPORTED", "asks for 'os.system'", good[: -len(VALUES) - 8 - len(pickle.dumps(["0"], 2))] + call)


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for kind in (calls, opcodes, states, tensors, storages, zips, legacies):
        kind()
    (FOLDER / "expected.tsv").write_text("".join(sorted(expected)), encoding="utf-8")


if __name__ == "__main__":
    main()
