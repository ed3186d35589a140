"""The rows of bench/compare: what is measured, on which side by which command, and the goal.

Words are those of `mer bench`, or a script of bench/peers and its arguments; where something must be made first, a function that gives
them.
"""

import collections

# mer: {setting: words}; peers: [(words, keys that count)]; memory: whether its peak is told, too; n_steps: None for the median, else what
# the mean step is multiplied by.
Row = collections.namedtuple("Row", "name work goal mer peers memory n_steps", defaults=[False, None])
TRAIN_ROWS = 9989


def training(a):
    def mer(encoder, batch, steps):
        words = ["train", "--encoder", encoder, "--data", a.data, "--batch-size", batch, "--steps", steps]
        return {"f32": words, "bf16": words + ["--dtype", "bf16"]}

    def torch(encoder, batch, steps, *settings):
        words = ["torch_train.py", "--encoder", encoder, "--data", a.data, "--batch-size", batch, "--steps", steps]
        return [(words + ["--settings", ",".join(settings)], settings)]

    settings = ("f32", "packed-f32", "bf16", "packed")
    large, size = mer(a.bert_base, 8, a.steps), "bert-base size"
    padded = torch(a.bert_base, 8, max(3, a.steps // 4), "padded")
    yield Row("train-bert-base-padded", f"train step, {size}, batch 8; peer padded to 128, f32", "20x", large, padded)
    yield Row("train-bert-base", "the same; peer with dynamic padding", "4x", large, torch(a.bert_base, 8, a.steps, *settings))
    small = mer(a.minilm, 8, a.steps)
    yield Row("train-minilm", "train step, MiniLM, batch 8", "6x", small, torch(a.minilm, 8, a.steps, *settings))
    epoch, theirs = mer(a.minilm, 16, a.epoch_steps), torch(a.minilm, 16, a.epoch_steps, *settings)
    yield Row("epoch-minilm", "epoch of MELD, MiniLM, batch 16", "5x", epoch, theirs, n_steps=-(-TRAIN_ROWS // 16))


def int8_settings(words):
    """Of `words`, which make their directory when they are needed."""
    return {"int8": lambda: words(False), "int8, reduced range": lambda: words(True)}


def inference(a, bench, name, encoder, title, goals):
    """`goals` of one utterance in int8 and in f32, and of the test split."""
    of_one = ["--tokens", 12, "--repetitions", a.repetitions, "--warmup", 20]
    of_test = ["--data", a.data, "--repetitions", a.passes, "--warmup", 1]

    def f32(words):
        return {"f32": ["infer", "--encoder", encoder, *words]}

    def int8(words):
        return int8_settings(lambda reduce_range: ["infer", "--encoder", bench.int8(name, encoder, reduce_range), *words])

    def peer(library, setting, work):
        words = [f"{library}_infer.py", "--encoder", encoder, "--works", work, "--settings", setting]
        words += ["--data", a.data] + (["--n", a.repetitions] if work == "one" else ["--rounds", a.passes])
        return words, [f"{library}-{setting}"]

    libraries = ("onnx", "openvino", "ctranslate2")
    high = [peer(library, "f32", "test") for library in ("torch", *libraries)]
    low = [peer(library, "int8", "test") for library in libraries] + [peer(library, "bf16", "test") for library in ("torch", "openvino")]
    one = {setting: [peer(library, setting, "one") for library in libraries] for setting in ("int8", "f32")}
    yield Row(f"one-{name}-int8", f"one utterance of 12 tokens, {title}, int8", goals[0], int8(of_one), one["int8"])
    yield Row(f"one-{name}-f32", "the same, f32", goals[1], f32(of_one), one["f32"])
    yield Row(f"test-{name}", f"MELD test, all utterances, {title}, any precision", goals[2], {**f32(of_test), **int8(of_test)}, high + low)
    yield Row(f"test-{name}-f32", "the same, f32", "1.5x", f32(of_test), high)


def sound_and_tokens(a, bench):
    words = ["features", "--seconds", 5, "--repetitions", a.repetitions, "--warmup", 10, "--threads", 1]
    theirs = ["mfcc.py", "--seconds", 5, "--n", a.repetitions, "--threads", 1]
    yield Row("mfcc", "MFCC of 5 s, one thread", "3x", {"f32": words}, [(theirs, ["torchaudio", "librosa"])])
    yield tokens(a, "tokenize", "tokenizing MELD, 13,708 utterances, WordPiece", lambda: a.minilm)
    yield tokens(a, "tokenize-bpe", "the same, byte-level BPE", lambda: bench.tokenizer("bpe"))
    yield tokens(a, "tokenize-unigram", "the same, Unigram", lambda: bench.tokenizer("unigram"))


def tokens(a, name, title, encoder):
    def mer():
        return ["tokenize", "--encoder", encoder(), "--data", a.data, "--split", "all"]

    def theirs():
        return ["tokenizers_batch.py", "--encoder", encoder(), "--data", a.data]

    return Row(name, title, "4x", {"ids": mer}, [(theirs, ["tokenizers"])])


def mlp(a, bench, kind, title):
    def mer():
        words = ["train", "--kind", kind, "--data", bench.audio_set(), "--batch-size", 8, "--steps", a.mlp_steps]
        return words + (["--encoder", a.minilm] if kind == "fusion" else [])

    def torch():
        return ["torch_mlp.py", "--data", bench.audio_set(), "--kinds", kind, "--steps", a.mlp_steps]

    yield Row(f"mlp-{kind}", f"{title}, epoch of 9,989 x 5,213, batch 8", "4x", {"f32": mer}, [(torch, [kind])], n_steps=-(-TRAIN_ROWS // 8))


def cold_start(a, bench):
    theirs = [(["cold_start.py", "--encoder", a.minilm, "--n", a.cold], ["onnx-int8"])]
    int8 = int8_settings(lambda reduce_range: ["cold-start", bench.int8("model", bench.model(), reduce_range)])
    yield Row("cold-start", "cold start to the first answer, MiniLM int8", "under 40 ms and 60 MB", int8, theirs, True)
    yield Row("cold-start-f32", "the same, mer with f32 weights", "", {"f32": lambda: ["cold-start", bench.model()]}, theirs, True)


def classifier(a, bench, kind, title, unit, batch):
    """One image, sound of 3 s or text of 12 tokens, and a batch, at equal precision; f32 of the peers beside int8, too."""

    def peer(work, *settings):
        def words():
            more = ["--works", work, "--settings", ",".join(settings), "--n", a.repetitions // 2, "--batch-size", batch]
            return ["classifier_infer.py", "--model", bench.classifier(kind), *more]

        return words, settings

    def words(model, n):
        of_input = ["--seconds", 3, "--tokens", 12, "--batch-size", n]
        return ["predict", "--model", model, *of_input, "--repetitions", max(5, a.repetitions // (4 * n))]

    def f32(n):
        return {"f32": lambda: words(bench.classifier(kind), n)}

    def int8(n):
        return int8_settings(lambda reduce_range: words(bench.int8(kind, bench.classifier(kind), reduce_range), n))

    text = "roberta" in kind
    high = ["torch-f32", "onnx-f32", "openvino-f32"] + ["ctranslate2-f32"] * text
    low = ["onnx-int8", "openvino-int8"] + ["ctranslate2-int8"] * text
    for work, n, name in ("one", 1, f"one {unit}"), ("batch", batch, f"{batch} of them"):
        yield Row(f"{kind}-{work}-f32", f"{name}, {title}, f32", "1.5x", f32(n), [peer(work, *high)], True)
        yield Row(f"{kind}-{work}-int8", f"{name}, {title}, int8", "1.5x", int8(n), [peer(work, *low)], True)
        yield Row(f"{kind}-{work}", "the same, peers in f32", "3x", int8(n), [peer(work, *high)], True)


def classifiers(a, bench):
    yield from classifier(a, bench, "vit", "vit-base's size", "image", 16)
    yield from classifier(a, bench, "resnet-18", "ResNet-18", "image", 16)
    for kind in ("wav2vec2-base", "wav2vec2-large", "hubert-base", "wavlm-base-plus"):
        yield from classifier(a, bench, kind, f"{kind}'s size", "sound of 3 s", 4)
    yield from classifier(a, bench, "whisper-base", "Whisper base's size, padded to 30 s", "sound", 4)
    for kind in ("roberta-base", "xlm-roberta-base"):
        yield from classifier(a, bench, kind, f"{kind}'s size", "text of 12 tokens", 32)


def rows(a, bench):
    return [
        *training(a),
        *inference(a, bench, "bert-base", a.bert_base, "bert-base size", ("2x", "1.5x", "1.6x")),
        *inference(a, bench, "minilm", a.minilm, "MiniLM", ("2x", "1.5x", "2x")),
        *classifiers(a, bench),
        *sound_and_tokens(a, bench),
        *mlp(a, bench, "audio", "audio MLP"),
        *mlp(a, bench, "fusion", "fusion"),
        *cold_start(a, bench),
    ]
