"""Golden token ids of Hugging Face's tokenizers for every kind of tokenizer that is read.

Trains three small models (byte-level BPE, Unigram, WordPiece) on the texts of text/cases.jsonl, which make_text.py wrote,
and makes tokenizers/bpe.json, unigram.json and wordpiece.json, each the object "model" of a tokenizer.json, and
tokenizers/kinds.jsonl, one tokenizer a line:

    {"name", "model": "bpe", "files": "json" | "pairs" | "words", "parts": {normalizer, pre_tokenizer, ..},
     "cases": [[line of text/cases.jsonl from 0, [ids], [type ids, if one is not 0]], ..]}

`files` says how it is laid out: a tokenizer.json, vocab.json and merges.txt, or vocab.txt.

Versions: tokenizers 0.23.3. Command: python make_tokenizers.py
"""

import base64
import json
import os
import struct
import tempfile
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "tokenizers")
CASES = [json.loads(line) for line in open(os.path.join(HERE, "text", "cases.jsonl"), encoding="utf-8")]
TEXTS = [c["text"] for c in CASES]
LATIN = [t for t in TEXTS if sum(c < "\u0250" for c in t) > 0.8 * len(t)]  # other scripts have unknown characters
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]


# A precompiled_charsmap as SentencePiece compiles it: u32 bytes of the trie, a double array of u32 units as Darts-clone
# lays them out, and the texts with a zero after each.
def double_array(keys):
    """keys: {bytes: value}. A child lies at its parent's offset XOR its label; no two nodes have the same offset."""
    units, taken, offsets = {0: 0}, {0}, set()

    def place(at, prefix):
        labels = sorted({k[len(prefix)] for k in keys if k.startswith(prefix) and len(k) > len(prefix)})
        leaf = prefix in keys
        slots = ([0] if leaf else []) + labels
        offset = next(o for o in range(1, 1 << 21) if o not in offsets and not any(o ^ s in taken for s in slots))
        offsets.add(offset)
        taken.update(offset ^ s for s in slots)
        units[at] |= (offset ^ at) << 10 | leaf << 8
        if leaf:
            units[offset] = 1 << 31 | keys[prefix]
        for label in labels:
            units[offset ^ label] = label
            place(offset ^ label, prefix + bytes([label]))

    place(0, b"")
    size = max(units) // 256 * 256 + 256
    return struct.pack(f"<{size}I", *(units.get(i, 0x1FF) for i in range(size)))


def charsmap(rules):
    texts, starts = b"", {}
    for text in sorted(set(rules.values())):
        starts[text] = len(texts)
        texts += text.encode() + b"\0"
    trie = double_array({key.encode(): starts[text] for key, text in rules.items()})
    return struct.pack("<I", len(trie)) + trie + texts


def rules():
    """What nmt_nfkc does with the characters of the texts, alone and with a mark after them."""
    found = {"\r\n": " ", "ab\u0301": "not reached"}
    for text in TEXTS:
        for a, b in zip(text, text[1:] + " "):
            for key in (a, a + b if unicodedata.combining(b) else a):
                normal = " " if a in "\t\n\r\u200b\ufeff\u3000" else "" if a < " " else unicodedata.normalize("NFKC", key)
                if normal != key and a != "\0":
                    found[key] = normal
    return found


def save_model(name, tokenizer):
    model = json.loads(tokenizer.to_str())["model"]
    with open(os.path.join(OUT, name + ".json"), "w", encoding="utf-8") as f:
        json.dump(model, f, ensure_ascii=False, separators=(",", ":"))
    return tokenizer.model


def train_bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=1500, initial_alphabet=alphabet, show_progress=False,
                                                     special_tokens=SPECIALS + ["<mask>"]))
    return save_model("bpe", t)


def train_unigram():
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    t.train_from_iterator(LATIN, trainers.UnigramTrainer(vocab_size=1500, unk_token="<unk>", show_progress=False,
                                                         special_tokens=SPECIALS + ["<mask>"] + bytes_))
    return save_model("unigram", t)


def train_wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=1000, show_progress=False, limit_alphabet=300,
                                                           special_tokens=SPECIALS + ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<mask>"]))
    return save_model("wordpiece", t)


def specials(*names, **mask):
    return [AddedToken(n, special=True, **(mask if n == "<mask>" else {})) for n in names]


def xlm_roberta(t):
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", t.token_to_id("<s>")), ("</s>", t.token_to_id("</s>"))])


def roberta(t):
    t.post_processor = processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")))


def bert(t):
    t.post_processor = processors.BertProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")))


def template_with_types(t):
    ends = [("<s>", t.token_to_id("<s>")), ("</s>", t.token_to_id("</s>"))]
    t.post_processor = processors.Sequence([
        processors.ByteLevel(),
        processors.TemplateProcessing(single="<s> $A:1 </s> </s>:1", pair="$A </s>:1 $B:1 <s>:1", special_tokens=ends)])


def build(model, normalizer, pre_tokenizer, process=None, added=()):
    t = Tokenizer(model)
    if normalizer is not None:
        t.normalizer = normalizer
    if pre_tokenizer is not None:
        t.pre_tokenizer = pre_tokenizer
    t.add_special_tokens([a for a in added if a.special])
    t.add_tokens([a for a in added if not a.special])
    if process:
        process(t)
    return t


def has_room(tokenizer, case):
    return case["max_length"] > tokenizer.num_special_tokens_to_add("pair" in case) + ("pair" in case)


def encode(tokenizer, index):
    case = CASES[index]
    tokenizer.enable_truncation(case["max_length"])
    e = tokenizer.encode(case["text"], case.get("pair"))
    return [index, e.ids] + ([e.type_ids] if any(e.type_ids) else [])


def write(f, name, model, tokenizer, step=1, files="json"):
    tokenizer = Tokenizer.from_str(tokenizer.to_str())  # its parser rounds scores, see src/text/serde_number.h
    indices = [i for i, c in enumerate(CASES) if i % step == 0 and has_room(tokenizer, c)]
    cases = [encode(tokenizer, i) for i in indices]
    tokenizer.no_truncation()
    parts = json.loads(tokenizer.to_str())
    parts = {k: v for k, v in parts.items() if k in ("normalizer", "pre_tokenizer", "post_processor", "added_tokens")}
    row = {"name": name, "model": model, "files": files, "parts": parts if files == "json" else {}, "cases": cases}
    f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def variants(bpe, unigram, wordpiece):
    """(name, model, tokenizer): one for each normalizer, pre-tokenizer, post-processor and setting that is read."""
    n, p = normalizers, pre_tokenizers
    spaced = p.Metaspace()
    small = n.Precompiled(charsmap(rules()))
    byte_fallback = models.Unigram([(t, s) for t, s in json.load(open(os.path.join(OUT, "unigram.json")))["vocab"]], 3, True)
    extra = [AddedToken("hello", normalized=True), AddedToken("Q", lstrip=True, rstrip=True, normalized=False),
             AddedToken("the", single_word=True, normalized=True), AddedToken(" x ", normalized=False)]
    albert = n.Sequence([n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(), n.Lowercase(), small,
                         n.Replace(Regex(" {2,}"), " ")])
    for name, normalizer, pre in [
        ("albert", albert, spaced),
        ("nfc", n.NFC(), p.Sequence([p.Whitespace(), p.Digits(True), spaced])),
        ("nfd", n.Sequence([n.NFD(), n.StripAccents()]), p.Sequence([p.Punctuation("contiguous"), p.Digits(False), spaced])),
        ("nfkc", n.Sequence([n.NFKC(), n.Replace(Regex(r"\s+"), " "), n.Strip(True, True)]),
         p.Sequence([p.Split("e", "merged_with_previous"), p.Split("s", "merged_with_next"), p.Punctuation("removed")])),
        ("nfkd", n.NFKD(), p.Sequence([p.Punctuation("isolated"), p.Split(" a", "isolated", invert=True), p.Split("oo", "contiguous")])),
        ("bert-normalizer", n.BertNormalizer(), p.Sequence([p.BertPreTokenizer(), spaced])),
        ("bert-normalizer-cased", n.BertNormalizer(clean_text=False, handle_chinese_chars=False, lowercase=False),
         p.Sequence([p.WhitespaceSplit(), p.Split("'", "removed"), spaced])),
        ("no-split", n.Sequence([n.Strip(False, True), n.Prepend("\u2581"), n.Replace(" ", "\u2581")]), p.Metaspace(split=False, prepend_scheme="never")),
        ("first", None, p.Metaspace(prepend_scheme="first")),
        ("nothing", None, None),
    ]:
        yield name, "unigram", build(unigram, normalizer, pre, xlm_roberta, specials(*SPECIALS, "<mask>", lstrip=True))
    yield "unigram-added", "unigram", build(unigram, n.Sequence([small, n.Lowercase()]), spaced, None, specials("<s>", "</s>") + extra)
    yield "byte-fallback", "unigram", build(byte_fallback, None, spaced, bert, specials("<s>"))
    yield "bpe-prefix", "bpe", build(bpe, None, p.ByteLevel(), template_with_types, specials("<s>", "<mask>", rstrip=True))
    yield "bpe-nfc", "bpe", build(bpe, n.NFC(), p.Sequence([p.Digits(True), p.ByteLevel(add_prefix_space=False)]), bert, specials("<s>") + extra)
    yield "bpe-no-regex", "bpe", build(bpe, n.Lowercase(), p.Sequence([p.WhitespaceSplit(), p.ByteLevel(use_regex=False)]))
    yield "wordpiece-whitespace", "wordpiece", build(wordpiece, n.Lowercase(), p.Whitespace(), bert)
    yield "wordpiece-cased", "wordpiece", build(wordpiece, n.BertNormalizer(lowercase=False), p.BertPreTokenizer(), bert, specials("[UNK]"))


def main():
    os.makedirs(OUT, exist_ok=True)
    bpe, unigram, wordpiece = train_bpe(), train_unigram(), train_wordpiece()
    every = specials(*SPECIALS, "<mask>", lstrip=True)
    split = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = build(wordpiece, normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), roberta,
                  specials("<s>", "<pad>", "</s>", "[UNK]", "<mask>", lstrip=True))
    with open(os.path.join(OUT, "kinds.jsonl"), "w", encoding="utf-8") as f:
        write(f, "xlm-roberta", "unigram", build(unigram, normalizers.Precompiled(charsmap(rules())), split, xlm_roberta, every))
        write(f, "roberta", "bpe", build(bpe, None, gpt2, roberta, every), 1, "pairs")
        write(f, "mpnet", "wordpiece", words, 3, "words")
        write(f, "mpnet-json", "wordpiece", words, 7)
        for i, (name, model, tokenizer) in enumerate(variants(bpe, unigram, wordpiece)):
            write(f, name, model, tokenizer, 9 + i % 4)


if __name__ == "__main__":
    main()
