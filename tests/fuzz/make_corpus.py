#!/usr/bin/env python3
"""make_corpus.py [FOLDER]: writes the first inputs of the fuzz targets, FOLDER/TARGET/seed-*, by default in tests/fuzz/corpus.

Inputs that a target was mended for (regression-*) stand beside them and are left alone. Python's
standard library is enough."""
import base64
import json
import pathlib
import struct
import wave
import io
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "golden"))
import make_torch_hostile as torch_files  # noqa: E402 (the path first)

CORPUS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus")
# Checksums (XXH3, 64 bits) of the two marks of make_part_file, as the program writes them.
MARKS = (b"cb03fb7f2ac8c072", b"d49bd489572b6494")
PART = b"\xff\xff"  # separates the parts of an input, see fuzz.h


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def safetensors(tensors, metadata=None, pad=0):
    """tensors: {name: (dtype, shape, bytes)}"""
    header, at = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode() + b" " * pad
    return struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values())


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def make_safetensors():
    good = safetensors({"a": ("F32", [2, 2], floats(1, 2, 3, 4)), "b": ("F16", [2], b"\0\x3c\0\x40"),
                        "c": ("BF16", [1], b"\x80\x3f"), "d": ("I8", [3], b"\1\2\3"),
                        "e": ("F64", [], struct.pack("<d", 1))}, {"format": "pt"}, pad=3)
    put("safetensors", "types", good)
    put("safetensors", "empty", safetensors({"a": ("F32", [0, 5], b"")}))
    put("safetensors", "cut", good[:-1])
    put("safetensors", "header-too-long", struct.pack("<Q", 1 << 62) + good[8:])


def make_torch():
    t = torch_files
    put("torch", "zip", t.zipped(t.GOOD))
    strided = t.whole(t.state_of(t.tensor(shape=(2, 2), strides=(1, 2))))
    put("torch", "strided", t.zipped(strided, t.Entry("archive/byteorder", b"little")))
    put("torch", "legacy", t.legacy())
    put("torch", "legacy-call", t.legacy(t.whole(t.type_of("os.system") + t.text("id") + b"\x85R")))
    put("torch", "compressed", t.zipped(t.GOOD, t.Entry("archive/x", b"x", method=8)))


def make_tensor_index():
    def index(**files):
        return json.dumps({"metadata": {"total_size": 16}, "weight_map": files}).encode()

    put("tensor_index", "two-files", index(a="1.safetensors", b="2.safetensors"))
    put("tensor_index", "one-file", index(a="1.safetensors"))
    put("tensor_index", "other-file", index(a="2.safetensors"))
    put("tensor_index", "elsewhere", index(a="../1.safetensors"))


def npy(header, data, version=1):
    text = header.encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def make_npy():
    head = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
    put("npy", "f4", npy(head % ("<f4", False, "(2, 3)"), bytes(24)))
    put("npy", "f8", npy(head % ("<f8", False, "(2,)"), bytes(16)))
    put("npy", "f2-version-2", npy(head % ("<f2", False, "()"), b"\0\x3c", 2))
    put("npy", "fortran", npy(head % ("<f4", True, "(2, 3)"), struct.pack("<6f", 1, 2, 3, 4, 5, 6)))
    put("npy", "integers", npy(head % ("<i8", False, "(3,)"), bytes(24)))
    put("npy", "empty", npy(head % ("<f4", False, "(0, 4)"), b""))
    put("npy", "too-large", npy(head % ("<f4", False, "(4611686018427387904, 4)"), b""))


def make_dataset():
    manifest, meld, labels = b"\0", b"\3", 2
    put("dataset", "manifest", bytes([labels]) +
        b"split,text,audio,label,speaker,dialogue,utterance,start,end\r\n"
        b'train,"one, two\nthree",a.wav,Joy,Ann,1,0,0.5,"1:02,5"\r\n\r\n'
        b"validation,four,,anger,,d2,1,,\r\ntest,\"say \"\"five\"\"\",b.mp4,neutral,Bob,,,0:0:1,2\r\n")
    put("dataset", "manifest-no-labels", manifest + b"\xef\xbb\xbftext\nhello\n\xe9t\xe9\n")
    put("dataset", "semicolons", manifest + b"sep=;\nsplit;text;label\ntrain;a;joy\n;;\n")
    put("dataset", "tabs", manifest + b"split\ttext\tlabel\ntrain\ta\tjoy\n")
    put("dataset", "open-quote", manifest + b'split,text\ntrain,"a\nb\n')
    put("dataset", "utf16", manifest + "split,text,label\ntrain,a,joy\n".encode("utf-16"))
    put("dataset", "meld", meld +
        b"Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
        b'1,"It is, you know.",Ann,joy,positive,0,0,1,1,"00:16:16,059","00:16:21,731"\n'
        b"2,No!,Bob,anger,negative,0,1,1,1,00:16:21,00:16:23\n")
    put("dataset", "several", bytes([labels | 4]) + b"split,text,label\ntrain,a,joy|Fear \ntest,b,\n")
    put("dataset", "one-of-several", bytes([labels]) + b"split,text,label\ntrain,a,joy|fear\ntest,b,joy\n")
    put("dataset", "values", bytes([labels | 8]) + b"split,text,arousal,valence\ntrain,a,-.5,1e-1\ntest,b,+2,\"0,5\"\n")


def make_objects():
    put("objects", "table", b"id,text,mood\n1,hi,x\n2,\"a, \"\"b\"\"\nc\",y\n\n3,  d  ,z\n")
    put("objects", "stated", b"\xef\xbb\xbfsep=;\r\nText;Dialogue;speaker\r\na;1;Ann\r\n")
    put("objects", "faults", b"text,id\na,1,2\nb\n\"c\" d,3\n\"e\"f\",4\n\0,5\n\"g,6\n")
    put("objects", "tabs", b"\n\t\nid\ttext\n1\t\"a\tb\" \n")
    put("objects", "utf16", "text,id\na,1\n".encode("utf-16"))
    put("objects", "lines", b'\n {"id": 1, "text": "a"}\n[]\n{"id": 2')


def make_part_file():
    head = b"mer parts 1\nmodel m\ninputs i\n\n"
    marks = [(0, 0, 0, MARKS[0]), (4, 2, 1, MARKS[1])]
    marks = b"".join(b"%019d %019d %019d %s   \n" % mark for mark in marks)
    put("part_file", "marks", head + marks + PART + b"one two")
    put("part_file", "cut", head + marks + PART + b"on")
    put("part_file", "other", head.replace(b"inputs i", b"inputs j") + marks + PART + b"one two")
    put("part_file", "torn", head + marks[:-30] + PART + b"one two")
    put("part_file", "head", head[:20] + PART + b"one")
    put("part_file", "none", PART + b"one")


def make_label_map():
    put("label_map", "several-to-one", b"\4happy=joy, glad = joy,sad=sadness,calm=")
    put("label_map", "lines", b"\1# a comment, happy=\nglad=happy\r\n\nfear=afraid\n")
    put("label_map", "values", b"\2happy=valence,calm=,sad=,fear=,glad=")
    put("label_map", "twice", b"\4happy=joy,happy=fear")


VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nc d\n"


def make_text():
    put("vocabulary", "plain", VOCABULARY.encode())
    put("vocabulary", "ends", (VOCABULARY + "x\r\ny \u00a0\na\n\u00e9\n##\n[PAD]").encode())
    put("vocabulary", "not-utf8", VOCABULARY.encode() + b"\xff\xfe\n")
    config = {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": False,
              "added_tokens_decoder": {"9": {"content": "<new>", "special": False, "lstrip": True}}}
    added = {"<new>": 9, "[X]": 10}
    specials = {"unk_token": "[UNK]", "cls_token": {"content": "[CLS]", "lstrip": False}}
    parts = [VOCABULARY.encode(), json.dumps(config).encode(), b"A <new> b [MASK] ab[X]"]
    put("tokenizer", "plain", PART.join([parts[0], b"", b"a b"]))
    put("tokenizer", "config", PART.join(parts))
    put("tokenizer", "added", PART.join(parts + [json.dumps(added).encode(),
                                                 json.dumps(specials).encode()]))
    put("wordpiece", "plain", b"\x20The ab, abc! [SEP] 1 2 3" + PART + b"a b")
    put("wordpiece", "scripts", b"\5" + "\u00c9t\u00e9 \u4e00\u4e8c \ud55c\uae00 \u0391\u0301 \u00df \u0130".encode())
    put("wordpiece", "not-text", b"\0\xc3\x28\xf0\x9f\0\xed\xa0\x80\xf4\x90\x80\x80")
    put("wordpiece", "long-word", b"\xc8" + b"a" * 300)
    put("request", "whole", b'{"id": 12345678901234567890, "text": "a \\u00e9\\ud83d\\ude00", "audio": "b.wav"}')
    put("request", "other-members", b'{"x": [1e5, -0.0, {"y": null}], "id": {"a": ["b"]}, "text": null}')
    put("request", "numbers", b'{"id": NaN, "start": 4800.2560, "z": -Infinity, "text": "\\ud800 \\u0000"}')
    put("request", "context", b'{"text": "a", "speaker": 1.50, "dialogue": [1], "context": [{"speaker": "b", "text": "c"}, "\\ud800", {}, '
        b'{"text": null}], "future": ["d", "e"]}')
    put("request", "no-context", b'{"text": "a", "context": ["b", 5], "future": {}}')
    put("request", "twice", b'{"text": "a", "text": "b", "id": "last"}')
    put("request", "not-an-object", b'[{"text": "a"}]')
    put("text", "ends", b"\xffone\ntwo\r\n\n\rthree\r\r\nfour")
    put("text", "short-lines", b"\3abc\nabcd\nabcde\n\xc3\xa9\xc3\xa9\n")
    put("text", "windows-1252", b"\xff\xe9t\xe9 \x80\x81 \xe2\x82\xac\n")
    put("text", "utf16", b"\xff" + "one\r\n\u20ac\U0001f600\n".encode("utf-16"))
    put("text", "utf16-no-mark", b"\xff" + "one two\n".encode("utf-16-be"))
    put("text", "utf16-cut", b"\xff" + "\ufeffone\U0001f600".encode("utf-16-le")[:-3])
    put("text", "mark", b"\xff\xef\xbb\xbfone\n")
    put("text", "zero", b"\xffone\0two\nthree\n")


BPE = {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "\u0120": 4, "ab": 5, "\u0120ab": 6},
       "merges": ["a b", ["\u0120", "ab"]], "unk_token": "<s>", "fuse_unk": True}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "byte_fallback": True,
           "vocab": [["<unk>", 0], ["\u2581", -2.5], ["\u2581a", -1.5], ["a", -3], ["<0x62>", -9]]}
WORDPIECE = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
             "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "##b": 2, "e": 4}}


def step(name, **settings):
    return {"type": name, **settings}


def small_charsmap():
    """a -> x, U+00E9 -> e: offset 1 from the root, then leaves."""
    units = [0] * 512
    units[0] = 256 << 10
    units[256 ^ 0x61] = 0x61 | 1 << 8 | ((256 ^ 0x61) ^ 300) << 10
    units[300] = 1 << 31
    units[256 ^ 0xC3] = 0xC3 | ((256 ^ 0xC3) ^ 3) << 10
    units[3 ^ 0xA9] = 0xA9 | 1 << 8 | ((3 ^ 0xA9) ^ 301) << 10
    units[301] = 1 << 31 | 2
    return struct.pack("<I512I", 2048, *units) + b"x\0e\0"


def make_tokenizer_json():
    def write(name, model, text="ab a", pair="b", **parts):
        root = json.dumps({"model": model, **parts}, ensure_ascii=False, separators=(",", ":"))
        put("tokenizer_json", name, PART.join([root.encode(), text.encode(), pair.encode()]))
    mark = {"id": 0, "content": "<s>", "lstrip": True, "rstrip": True, "single_word": False, "normalized": False, "special": True}
    template = step("TemplateProcessing", single=[{"SpecialToken": {"id": "x", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                    pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                    special_tokens={"x": {"id": "x", "ids": [1, 0], "tokens": ["x", "y"]}})
    bytes_ = step("ByteLevel", add_prefix_space=True, use_regex=True)
    write("bpe", BPE, "ab <s> it's 12  ab", pre_tokenizer=bytes_, added_tokens=[mark],
          post_processor=step("RobertaProcessing", sep=["</s>", 1], cls=["<s>", 0]))
    write("bpe-lists", BPE, "Ab 1", normalizer=step("Sequence", normalizers=[step("NFC"), step("Lowercase"), step("Prepend", prepend="a")]),
          pre_tokenizer=step("Sequence", pretokenizers=[step("Digits", individual_digits=True), bytes_]), post_processor=template)
    write("unigram", UNIGRAM, "a \u00e9\u0301ab\r\n", normalizer=step("Precompiled", precompiled_charsmap=base64.b64encode(small_charsmap()).decode()),
          pre_tokenizer=step("Sequence", pretokenizers=[step("WhitespaceSplit"), step("Metaspace", replacement="\u2581", prepend_scheme="always", split=True)]))
    write("unigram-lists", UNIGRAM, " a  b.a ", normalizer=step("Sequence", normalizers=[
              step("NFKD"), step("StripAccents"), step("Replace", pattern={"Regex": " {2,}"}, content=" "),
              step("Replace", pattern={"String": "b"}, content=""), step("Strip", strip_left=True, strip_right=False)]),
          pre_tokenizer=step("Sequence", pretokenizers=[step("Punctuation", behavior="Contiguous"),
              step("Split", pattern={"String": "a"}, behavior="MergedWithNext", invert=True), step("Whitespace")]))
    write("wordpiece", WORDPIECE, "AB e\u0301 [UNK]", normalizer=step("BertNormalizer", clean_text=True, lowercase=True),
          pre_tokenizer=step("BertPreTokenizer"), added_tokens=[dict(mark, content="[UNK]"), dict(mark, id=5, content="new", normalized=True)])
    put("charsmap", "small", small_charsmap() + PART + "ba\u00e9\u0301\r\n".encode())
    put("charsmap", "cut", small_charsmap()[:900] + PART + b"a")
    put("charsmap", "texts-not-utf8", small_charsmap() + b"\xe9" + PART + b"a")


def make_bpe_files():
    vocabulary = json.dumps(BPE["vocab"], ensure_ascii=False).encode()
    merges = "#version: 0.2\na b\n\u0120 ab\n".encode()
    put("bpe_files", "plain", PART.join([vocabulary, merges, b"", b"ab ab <s> don't\n\n 12"]))
    put("bpe_files", "config", PART.join([vocabulary, merges, b'{"add_prefix_space": true}', "ab\u00e9".encode()]))
    put("bpe_files", "long-word", PART.join([vocabulary, merges, b"", b"ab" * 60]))
    put("bpe_files", "other-token", PART.join([vocabulary, merges + b"a x\n", b"", b"a"]))


def metrics(labels=2):
    return {"n": 3, "accuracy": 0.5, "weighted_f1": 0.5, "macro_f1": 0.4, "uar": 0.5, "loss": 1.25,
            "classes": [{"label": "a", "precision": 1, "recall": 0.5, "f1": 0.6, "support": 2}] * labels,
            "confusion": [[1, 1], [0, 1]], "intervals": {"accuracy": [0.1, 0.9]}}


def make_results():
    epochs = [{"epoch": e, "train": {"loss": 2 / e, "loss_sum": 4, "accuracy": 0.5}, "dev": None,
               "test": {"loss": 1, "accuracy": 0.4}} for e in (1, 2)]
    run = {"name": "r", "title": "R <&>", "settings": {"lr": 0.1, "name": "x", "on": True},
           "seeds": [{"seed": 0, "seconds": 1.5, "best_epoch": 1, "epochs": epochs, "test": metrics()}]}
    document = {"format": "mer-results", "version": 1, "title": "T", "command": "mer compare",
                "machine": {"cpu": "c", "threads": 2}, "data": {
                    "labels": ["a", "b"], "path": "p", "note": None, "splits": {
                        "test": {"utterances": 3, "label_counts": [2, 1], "clips": {"usable": 3}}}},
                "majority": {"label": "a", "test": metrics()}, "runs": [run]}
    put("results", "whole", json.dumps(document, separators=(",", ":")).encode())
    small = dict(document, runs=[{"name": "r", "seeds": [{"test": {"n": 1}}]}],
                 majority={"label": "a", "test": {"n": 1}}, data={"labels": ["a"]})
    put("results", "least", json.dumps(small, separators=(",", ":")).encode())
    bins = [{"n": 1, "confidence": 0.5, "accuracy": 1}] + [{"n": 0, "confidence": None, "accuracy": None}] * 14
    calibration = {"temperature": 2, "n": 1, "ece": 0.5, "brier": 0.5, "nll": 0.7, "bins": bins}
    both = {"test": dict(calibration, before=dict(calibration, temperature=1))}
    calibrated = dict(small, runs=[{"name": "r", "seeds": [{"test": {"n": 1}, "calibration": both}]}])
    put("results", "calibrated", json.dumps(calibrated, separators=(",", ":")).encode())
    many = dict(small, runs=[{"name": str(i), "seeds": [{"test": {"n": i}}] * 2} for i in range(16)])
    disturbed = [{"kind": "noise", "amount": 5, "metrics": {"n": 1}}, {"kind": "words", "amount": 0.5, "metrics": {"n": 1}},
                 {"kind": "without", "modality": "text", "metrics": {"n": 1, "accuracy": 0.5}}]
    robust = dict(small, runs=[{"name": "r", "seeds": [{"test": {"n": 1}, "robustness": disturbed}]}])
    put("results", "robustness", json.dumps(robust, separators=(",", ":")).encode())
    examples = [{"id": "r", "text": "<t>", "label": "a", "predicted": "b", "probability": 0.5, "sound": "data:video/mp4;base64,AA==",
                 "image": "https://x"}]
    curves = [{"name": str(n), "curve": "c", "utterances": n, "seeds": [{"test": {"n": 1}, "examples": examples}]} for n in (9, 3)]
    put("results", "curve", json.dumps(dict(small, runs=curves), separators=(",", ":")).encode())
    difference = {"difference": 0.1, "interval": [-0.1, None], "p": 0.5}
    pair = {"run": "r", "other": "q", "baseline": True, "n": 1, "mcnemar": {"p": 0.0001},
            **{key: difference for key in ("accuracy", "weighted_f1", "macro_f1", "uar")}}
    part = {"name": "one", **{key: small[key] for key in ("data", "majority", "runs")}, "comparisons": [pair]}
    parts = {key: small[key] for key in small if key not in ("data", "majority", "runs")}
    parts.update(parts=[part, dict(part, name="<two>")], failures=[{"run": "x", "seed": 3, "message": "m"}, 4])
    put("results", "parts", json.dumps(parts, separators=(",", ":")).encode())
    put("results", "many-runs", json.dumps(many, separators=(",", ":")).encode())


def wav(samples, rate=8000, width=2, channels=1):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return out.getvalue()


def make_audio():
    ramp = b"".join(struct.pack("<h", (i * 701) % 20000 - 10000) for i in range(400))
    put("audio", "wav16", wav(ramp))
    put("audio", "wav8-stereo", wav(bytes(range(256)), 11025, 1, 2))
    # 32-bit floats, one of them not a number, and a length that a pipe could not know
    data = floats(0.5, float("nan"), -0.5, float("inf"), 0)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 3, 1, 16000,
                       64000, 4, 32, b"data", 0xFFFFFFFF)
    put("audio", "wav-float-pipe", head + data * 40)
    put("audio", "au", struct.pack(">4sIIIII", b".snd", 24, 0xFFFFFFFF, 1, 8000, 1) + bytes(range(256)))
    put("audio", "aiff", b"FORM" + struct.pack(">I4s4sIhIh", 312, b"AIFF", b"COMM", 18, 1, 256, 8)
        + base64.b64decode("QAv6AAAAAAAAAA==") + b"SSND" + struct.pack(">III", 264, 0, 0) + bytes(range(256)))


def make_checkpoint():
    scores = [3, 0.5, 0.4, 0.3]
    epoch = {"loss": 1.0, "loss_sum": 2.0, "accuracy": 0.5, "seconds": 0.25, "dev": scores, "test": scores}
    state = {"step": 4, "batch": 1, "loss_sum": 0.5, "n_correct": 1, "n_seen": 2, "best_epoch": 1,
             "best_score": 0.3, "epochs": [epoch]}
    array = ("F32", [4], floats(1, 2, 3, 4))
    settings = '{"epochs":3}'

    def write(name, state, settings=settings):
        put("checkpoint", name, safetensors({"params": array, "m": array, "v": array, "best": array},
                                            {"state": json.dumps(state), "settings": settings}))
    write("whole", state)
    write("start", dict(state, best_epoch=0, epochs=[]))
    write("other-settings", state, '{"epochs":4}')
    write("numbers", dict(state, step=1 << 62, batch=-1, best_epoch=9))


def encoder_tensors(hidden=4, inner=8, words=8, positions=16, dtype="F32"):
    """The tensors of a BERT of one layer; of int8 as panels and tables with their scales."""
    lines = []

    def linear(name, rows, columns):
        if dtype == "I8":
            lines.append(f"{name}.weight I8 {-(-rows // 16)} {1 + -(-columns // 4)} 16 4")
            lines.append(f"{name}.weight_scale F32 {rows}")
        else:
            lines.append(f"{name}.weight {dtype} {rows} {columns}")
        lines.append(f"{name}.bias F32 {rows}")

    def norm(name):
        lines.extend(f"{name}.{part} F32 {hidden}" for part in ("weight", "bias"))
    for name, rows in (("word", words), ("position", positions), ("token_type", 2)):
        lines.append(f"embeddings.{name}_embeddings.weight {dtype} {rows} {hidden}")
        if dtype == "I8":
            lines.append(f"embeddings.{name}_embeddings.weight_scale F32 {rows}")
    norm("embeddings.LayerNorm")
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        linear(f"~attention.{part}", hidden, hidden)
    norm("~attention.output.LayerNorm")
    linear("~intermediate.dense", inner, hidden)
    linear("~output.dense", hidden, inner)
    norm("~output.LayerNorm")
    return lines


def mlp(name, widths):
    return [f"{name}.{i}.{part} F32 {shape}" for i, (n, m) in enumerate(zip(widths, widths[1:]))
            for part, shape in (("weight", f"{m} {n}"), ("bias", f"{m}"))]


BERT = {"model_type": "bert", "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "max_position_embeddings": 16, "vocab_size": 8}
FEATURES = {"kind": "mfcc", "rate_hz": 8000, "n_fft": 16, "hop": 8, "n_mels": 4, "n_coefficients": 3,
            "top_db": 80, "n_frames": 2}
TEXT = {"name": "text", "type": "bert", "max_length": 8}
AUDIO = {"name": "audio", "type": "vector", "width": 6, "standardized": True, "features": FEATURES}
CONSTANTS = ["audio.mean F32 6", "audio.deviation F32 6"]


CRNN = {"name": "audio", "type": "crnn", "channels": [2, 3], "time_pooling": [2, 1], "hidden": 2, "attention": 2, "dropout": 0.1,
        "trim_db": 30.0, "features": {**FEATURES, "kind": "logmel", "n_mels": 8, "n_frames": 0}}


def crnn_tensors():
    lines = ["audio.deviation F32 8"]
    for i, (n, out) in enumerate(((1, 2), (2, 3))):
        lines.append(f"audio.blocks.{i}.conv.weight F32 {out} {n} 3 3")
        lines += [f"audio.blocks.{i}.norm.{name} F32 {out}" for name in ("weight", "bias", "running_mean", "running_var")]
    for direction in ("forward", "reverse"):
        lines += [f"audio.lstm.{direction}.input.weight F32 8 6", f"audio.lstm.{direction}.input.bias F32 8",
                  f"audio.lstm.{direction}.recurrent.weight F32 8 2"]
    return lines + ["audio.attention.weight F32 2 4", "audio.attention.bias F32 2", "audio.attention.query F32 2"]


def make_model():
    def write(name, kind, modalities, lines, root={}, **ours):
        mer = {"format": 1, "kind": kind, "labels": ["x", "y"], "modalities": modalities,
               "hidden": [3], "dropout": 0.1, **ours}
        config = json.dumps({**root, "mer": mer}, separators=(",", ":")).encode()
        put("model", name, PART.join([config, "\n".join(lines).encode(), b"", b"a b"]))
    write("text", "text", [TEXT], encoder_tensors() + mlp("head", [4, 3, 2]), BERT)
    write("calibrated", "text", [TEXT], encoder_tensors() + mlp("head", [4, 3, 2]), BERT, temperature=1.5)
    write("text-int8", "text", [TEXT], encoder_tensors(dtype="I8") + mlp("head", [4, 3, 2]),
          dict(BERT, mer_dtype="int8", mer_int8_layout=1, mer_reduce_range=True))
    write("text-bf16", "text", [TEXT], encoder_tensors(dtype="BF16") + mlp("head", [4, 3, 2]),
          dict(BERT, mer_dtype="bf16"))
    write("audio", "audio", [AUDIO], CONSTANTS + mlp("head", [6, 3, 2]))
    write("crnn", "audio", [CRNN], crnn_tensors() + mlp("head", [4, 3, 2]))
    write("precomputed", "audio", [{"name": "video", "type": "vector", "width": 2}],
          mlp("head", [2, 3, 2]))
    write("fusion", "fusion", [TEXT, AUDIO], CONSTANTS + encoder_tensors() + mlp("head", [6, 3, 2])
          + mlp("projection.text", [4, 3]) + mlp("projection.audio", [6, 3]), BERT, projection=3)
    parts = CONSTANTS + encoder_tensors() + mlp("projection.text", [4, 3]) + mlp("projection.audio", [6, 3])
    write("gated", "fusion", [TEXT, AUDIO], parts + mlp("gate.text", [3, 3]) + mlp("gate.audio", [3, 3]) + mlp("head", [3, 3, 2]),
          BERT, projection=3, fusion="gated")
    write("late", "fusion", [TEXT, AUDIO], parts + mlp("scores.text", [3, 2]) + mlp("scores.audio", [3, 2]),
          BERT, projection=3, fusion="late", hidden=[])


MPNET_NAMES = {"attention.self.query": "attention.attn.q", "attention.self.key": "attention.attn.k",
               "attention.self.value": "attention.attn.v", "attention.output.dense": "attention.attn.o",
               "attention.output.LayerNorm": "attention.LayerNorm"}


def make_checkpoints():
    """Classifiers in Hugging Face's layout."""
    def write(name, root, prefix, lines, head):
        lines = [f"{prefix}.{line.replace('~', 'encoder.layer.0.')}" for line in lines] + head
        config = json.dumps(root, separators=(",", ":")).encode()
        put("model", name, PART.join([config, "\n".join(lines).encode(), b"", b"a b"]))

    def head(first, last, labels):
        return [f"{first}.weight F32 4 4", f"{first}.bias F32 4", f"{last}.weight F32 {labels} 4", f"{last}.bias F32 {labels}"]
    bert = dict(BERT, architectures=["BertForSequenceClassification"], id2label={"0": "x", "1": "y", "2": "z"},
                problem_type="multi_label_classification")
    write("checkpoint-bert", bert, "bert", encoder_tensors(), head("bert.pooler.dense", "classifier", 3))
    mpnet = dict(BERT, model_type="mpnet", architectures=["MPNetForSequenceClassification"], id2label={"0": "x"},
                 max_position_embeddings=18, relative_attention_num_buckets=8)
    lines = [line for line in encoder_tensors(positions=18) if "token_type" not in line]
    for old, new in MPNET_NAMES.items():
        lines = [line.replace(old, new) for line in lines]
    lines.append("encoder.relative_attention_bias.weight F32 8 2")
    write("checkpoint-mpnet", mpnet, "mpnet", lines, head("classifier.dense", "classifier.out_proj", 1))


def make_speech():
    """Classifiers of sound in Hugging Face's layout: one layer of width 4."""
    def linear(name, rows, columns, bias=True):
        return [f"{name}.weight F32 {rows} {columns}"] + ([f"{name}.bias F32 {rows}"] if bias else [])

    def norm(name, width=4):
        return [f"{name}.{part} F32 {width}" for part in ("weight", "bias")]

    def write(name, root, lines):
        root = dict(root, id2label={"0": "x", "1": "y"}, use_weighted_layer_sum=True, classifier_proj_size=4)
        lines = lines + ["layer_weights F32 2"] + linear("projector", 4, 4) + linear("classifier", 2, 4)
        put("model", name, PART.join([json.dumps(root, separators=(",", ":")).encode(), "\n".join(lines).encode(), b"", b""]))
    layer = "encoder.layers.0."
    whisper = {"architectures": ["WhisperForAudioClassification"], "model_type": "whisper", "d_model": 4, "encoder_layers": 1,
               "encoder_attention_heads": 2, "encoder_ffn_dim": 8, "num_mel_bins": 3, "max_source_positions": 6}
    lines = ["encoder.conv1.weight F32 4 3 3", "encoder.conv1.bias F32 4", "encoder.conv2.weight F32 4 4 3", "encoder.conv2.bias F32 4",
             "encoder.embed_positions.weight F32 6 4"]
    for part in ("k", "v", "q", "out"):
        lines += linear(f"{layer}self_attn.{part}_proj", 4, 4, part != "k")
    lines += norm(layer + "self_attn_layer_norm") + norm(layer + "final_layer_norm") + norm("encoder.layer_norm")
    lines += linear(layer + "fc1", 8, 4) + linear(layer + "fc2", 4, 8)
    write("checkpoint-whisper", whisper, lines)
    # A model of mer's, pooled by attention, of whose frames a sound of the fuzz target has three windows.
    features = {"kind": "whisper", "rate_hz": 16000, "n_fft": 64, "hop": 40, "n_mels": 3, "n_coefficients": 3, "top_db": 80, "n_frames": 0}
    audio = {"name": "audio", "type": "whisper", "config": whisper, "features": features, "layer_sum": True, "pool": "attention"}
    mer = {"format": 1, "kind": "audio", "labels": ["x", "y"], "modalities": [audio], "hidden": [3], "dropout": 0.1}
    lines += ["layer_weights F32 2"] + linear("layer_attention", 128, 4) + ["layer_attention.query F32 128"] + mlp("head", [4, 3, 2])
    put("model", "whisper-attention", PART.join([json.dumps({"mer": mer}, separators=(",", ":")).encode(), "\n".join(lines).encode(), b"", b""]))
    wavlm = {"architectures": ["WavLMForSequenceClassification"], "model_type": "wavlm", "hidden_size": 4, "num_hidden_layers": 1,
             "num_attention_heads": 2, "intermediate_size": 8, "conv_dim": [4, 4], "conv_kernel": [10, 3], "conv_stride": [5, 2],
             "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "num_buckets": 8, "max_bucket_distance": 16}
    lines = ["feature_extractor.conv_layers.0.conv.weight F32 4 1 10", "feature_extractor.conv_layers.1.conv.weight F32 4 4 3"]
    lines += norm("feature_extractor.conv_layers.0.layer_norm") + norm("feature_projection.layer_norm")
    lines += linear("feature_projection.projection", 4, 4) + norm("encoder.layer_norm")
    lines += ["encoder.pos_conv_embed.conv.weight_g F32 1 1 4", "encoder.pos_conv_embed.conv.weight_v F32 4 2 4",
              "encoder.pos_conv_embed.conv.bias F32 4"]
    for part in ("k", "v", "q", "out"):
        lines += linear(f"{layer}attention.{part}_proj", 4, 4)
    lines += norm(layer + "layer_norm") + norm(layer + "final_layer_norm")
    lines += linear(layer + "feed_forward.intermediate_dense", 8, 4) + linear(layer + "feed_forward.output_dense", 4, 8)
    lines += linear(layer + "attention.gru_rel_pos_linear", 8, 2) + [layer + "attention.gru_rel_pos_const F32 1 2 1 1",
                                                                     layer + "attention.rel_attn_embed.weight F32 8 2"]
    write("checkpoint-wavlm", wavlm, ["wavlm." + line for line in lines])


def make_images():
    """Pictures of make_images.py, and settings of image processors."""
    golden = pathlib.Path(__file__).parents[1] / "golden" / "images"
    for name in ("tiny.jpg", "orientation-6.jpg", "alpha.png", "orientation-6.png", "palette-2-bits.png", "wide.png", "even.webp",
                 "alpha.webp", "orientation-8.webp", "palette.gif", "palette.bmp", "video.avi", "video-6.mov", "animated-lossless.webp",
                 "animated-alpha.webp", "animated-place.webp", "animated.gif", "faults/cut.png", "faults/large.png"):
        put("image", pathlib.Path(name).name, (golden / name).read_bytes())
    placed = (golden / "animated-place.webp").read_bytes()
    for name, at, data in (("no-frame", 56, b"FRAM"), ("nested", 80, placed[56:80]), ("corner", 64, b"\xff\xff\x7f"), ("size", 70, b"\7"),
                           ("chunk", 48, b"\xff" * 4), ("canvas", 24, b"\0\x10\0\0\x10\0")):
        put("image", f"animated-{name}.webp", placed[:at] + data + placed[at + len(data):])
    configs = json.loads((golden / "processors.json").read_text())
    for name, config in configs.items():
        put("image_config", name, (b"\1" if name.startswith("convnext") else b"\0") + json.dumps(config).encode())
    put("image_config", "numbers", b'\1{"size": 1e400, "crop_pct": 1e-300, "image_mean": [1, "2", null], "resample": 9}')
    put("image_config", "unknown", b'\0{"do_pad": true, "size": {"longest_edge": 5}}')


def make_videos():
    """Videos of make_videos.py: whole, cut off, damaged."""
    golden = pathlib.Path(__file__).parents[1] / "golden" / "videos"
    for path in sorted(golden.iterdir()):
        put("video", path.name, path.read_bytes())
    plain = bytearray((golden / "plain.mp4").read_bytes()[:6000])
    put("video", "cut.mp4", plain[:5000])
    plain[3000:5000] = bytes(i * 37 & 255 for i in range(3000, 5000))
    put("video", "damaged.mp4", plain)


def make_vision():
    """Models of images, with mer's head: one layer of width 4."""
    def tensors(lines):
        return [f"{name}.{part} F32 {shape}" for name, parts in lines for part, shape in parts]

    def linear(rows, *columns):
        return [("weight", " ".join(map(str, (rows, *columns)))), ("bias", rows)]

    def unit(name, rows, columns, size):
        return [(name + ".convolution", [("weight", f"{rows} {columns} {size} {size}")]),
                (name + ".normalization", [(part, rows) for part in ("weight", "bias", "running_mean", "running_var")])]

    def write(name, root, lines):
        root = dict(root, num_channels=3)
        image = {"name": "image", "type": root["model_type"], "config": root,
                 "preprocessor": {"image_processor_type": "ViTImageProcessor", "size": {"height": 4, "width": 4}}}
        mer = {"format": 1, "kind": "image", "labels": ["x", "y"], "modalities": [image], "hidden": [3], "dropout": 0.1}
        config = json.dumps({**root, "mer": mer}, separators=(",", ":")).encode()
        put("model", name, PART.join([config, "\n".join(lines + mlp("head", [4, 3, 2])).encode(), b"", b""]))
    vit = {"model_type": "vit", "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
           "image_size": 4, "patch_size": 2}
    layer = "encoder.layer.0."
    lines = [(layer + f"attention.attention.{part}", linear(4, 4)) for part in ("query", "key", "value")]
    lines += [(layer + "attention.output.dense", linear(4, 4)), (layer + "intermediate.dense", linear(8, 4)),
              (layer + "output.dense", linear(4, 8)), ("embeddings.patch_embeddings.projection", linear(4, 3, 2, 2))]
    lines += [(name, [("weight", 4), ("bias", 4)]) for name in (layer + "layernorm_before", layer + "layernorm_after", "layernorm")]
    write("image-vit", vit, tensors(lines) + ["embeddings.cls_token F32 1 1 4", "embeddings.position_embeddings F32 1 5 4"])
    resnet = {"model_type": "resnet", "embedding_size": 2, "hidden_sizes": [4], "depths": [1], "layer_type": "bottleneck",
              "downsample_in_first_stage": True}
    layer = "encoder.stages.0.layers.0."
    write("image-resnet", resnet, tensors(unit("embedder.embedder", 2, 3, 7) + unit(layer + "shortcut", 4, 2, 1) + unit(
        layer + "layer.0", 1, 2, 1) + unit(layer + "layer.1", 1, 1, 3) + unit(layer + "layer.2", 4, 1, 1)))


# In the order of mer_corpus_name.
CORPORA = "ravdess tess emodb savee nemo urdu cremad fer2013 ferplus ck48 goemotions emorynlp mosi emovo".split()


def make_import():
    def write(corpus, name, data):
        put("import", f"{corpus}-{name}", bytes([CORPORA.index(corpus)]) + data)
    for corpus, path in {"ravdess": "a/03-01-05-01-02-01-12.wav", "tess": "OAF_back_ps.wav", "emodb": "03a01Fa.wav", "savee": "DC/sa01.wav",
                         "nemo": "EB0_anger_12.wav", "urdu": "SM1_F10_A010.wav", "cremad": "1001_DFA_ANG_XX.wav",
                         "ck48": "anger/S010_004_00000017.png", "emovo": "f1/dis-f1-b1.wav"}.items():
        write(corpus, "name", path.encode())
    write("goemotions", "rows", b'a "b"\t18,26\tx\n"c ""d"""\t27\ty\nz\t28\n')
    write("emorynlp", "rows", b"Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\n"
          b"Hi.,\"['A B', 'C']\",Mad,2,3,1,4\n\"\",[,Sad,1,1,1,1\n")
    write("emorynlp", "json", b'{"episodes": [{"scenes": [{"utterances": [{"utterance_id": "s01_e04_c02_u003", "speakers": ["A", "B"], '
          b'"transcript": "Hi.", "emotion": "Mad"}, {}, 7]}, {}]}, 1]}')
    write("mosi", "rows", b"video_id,clip_id,text,label,mode\nv,1,GOOD,2.4,train\nv,2,,-1e0,valid\n")
    faces = b"emotion,pixels,Usage\n3," + b" ".join([b"7"] * 2304) + b",Training\n9,1 2,PublicTest\n"
    votes = (b"Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
             b"Training,fer0000000.png,1,0,0,0,8,1,0,0,0,0\nPublicTest,,0,0,0,0,0,0,0,0,0,10\n")
    write("fer2013", "rows", faces)
    write("ferplus", "rows", votes + PART + faces)
    write("ferplus", "images", votes)


def make_runs():
    put("runs", "whole", b'{"title": "T", "note": "\\u00e4",\n "data": {"a": "--data \'x y\'", "b": "--data z"}, '
        b'"test": {"t": "--data t --split dev"},\n"runs": {"text": "text --encoder e --lr 1e-3", '
        b'"f.2": "fusion --encoder run:text"}, "seeds": [0, 4294967295], "baseline": "text"}')
    put("runs", "twice", b'{"data": {"a": "--data x"}, "runs": {"a": "audio",\n "a": "audio"}}')
    put("runs", "quote", b'{"data": {"a": "--data \\"x"}, "runs": {"a": "audio"}}')
    put("runs", "seeds", b'{"seeds": [1, 1.5], "data": {"a": "--data x"}, "runs": {"a": "audio"}}')
    put("runs", "zero", b'{"title": "a\\u0000b"}')


for make in (make_safetensors, make_torch, make_tensor_index, make_npy, make_dataset, make_text, make_tokenizer_json, make_bpe_files,
             make_results, make_audio, make_label_map, make_checkpoint, make_model, make_checkpoints, make_speech, make_images, make_videos,
             make_vision, make_import, make_runs, make_objects, make_part_file):
    make()
