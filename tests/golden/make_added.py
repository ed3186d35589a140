"""Golden token ids of Hugging Face's fast BERT tokenizer with tokens that were added to its vocabulary.

Makes text/added.jsonl, one object a line: {"files": {name: JSON}, "size", "cases": [{"text", "ids"}]}; the files lie beside
text/vocab.txt in the directory that is opened.

Versions: transformers 4.57.6, tokenizers 0.22.2. (transformers 5 refuses a special_tokens_map.json whose tokens are objects.)
Command:  python make_added.py [--out text/added.jsonl]
"""

import argparse
import json
import os
import shutil
import tempfile

from transformers import BertTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB = os.path.join(HERE, "text", "vocab.txt")
WORDS = open(VOCAB, encoding="utf-8").read().splitlines()
N = len(WORDS)
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

TEXTS = [
    "", " ", "hello world", "hello <laugh> world", "<laugh>", "<laugh><laugh>", "hello<laugh>world <LAUGH> <Laugh >",
    "< laugh >", "x<laugh", "<laugh>y", " <sigh>  [MASK] <sigh>", "a <laughs> b <laugh>s", "Wow, that is wow", "WOWSER!",
    "oh wowow", "nowow wow.", "caf\u00e9 CAF\u00c9 cafe\u0301s", "the word alone: so, so_ also so-so so\u00e9 \u00e9so so",
    "so", "soso", "2so so2 _so so_ \u0301so", "new york, NEW  YORK and New York", "[CLS] text [SEP] [PAD][UNK]", "[cls] [ CLS ]",
    "\u4e2d\u6587<laugh>\u4e2d", "\u4e2d\u6587 in between", "one\ttab\nline <laugh>\r\nend", "ab abc abcd abcde", "\u0130<laugh>\u0130wow\u0130",
    "<laugh>" * 60, "wow " * 70, "x" * 120 + " wow", "\ufffd<laugh>\u200bwow\u200d so\u200dso", "emoji \U0001f600\U0001f600 \U0001f602",
    "[unused1] unused1", "I [speaker] said [Speaker]",
]


def token(content, **settings):
    base = {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": False}
    return {**base, **settings}


def decoder(*tokens):
    """A token that the vocabulary has keeps its id, the others follow the vocabulary."""
    listed, following = {str(i): token(t, special=True) for i, t in enumerate(SPECIALS)}, N
    for t in tokens:
        known = t["content"] in WORDS
        listed[str(WORDS.index(t["content"]) if known else following)] = t
        following += not known
    return listed


DIRECTORIES = [
    {},
    {"tokenizer_config.json": {"added_tokens_decoder": decoder()}},
    {"tokenizer_config.json": {"model_max_length": 512, "added_tokens_decoder": decoder(
        token("<laugh>", special=True), token("<sigh>", lstrip=True, rstrip=True), token("[speaker]"))}},
    {"tokenizer_config.json": {"added_tokens_decoder": decoder(
        token("Wow", normalized=True), token("caf\u00e9", normalized=True), token("new york", normalized=True), token("\U0001f600", normalized=True))}},
    {"tokenizer_config.json": {"added_tokens_decoder": decoder(token("so", single_word=True), token("wow", single_word=True, normalized=True))}},
    {"tokenizer_config.json": {"added_tokens_decoder": decoder(token("ab"), token("abcd"), token("abc", single_word=True), token("abcde", normalized=True))}},
    {"tokenizer_config.json": {"do_lower_case": False, "added_tokens_decoder": decoder(token("Wow", normalized=True), token("<laugh>"))}},
    {"tokenizer_config.json": {"strip_accents": False, "added_tokens_decoder": decoder(token("\u4e2d\u6587", normalized=True), token("caf\u00e9", normalized=True))}},
    {"tokenizer_config.json": {"added_tokens_decoder": decoder(token("hello"), token("the", normalized=True))}},
    {"added_tokens.json": {"<laugh>": N, "Wow": N + 1, "<sigh>": N + 2}},
    {"added_tokens.json": {"<sigh>": N + 1, "<laugh>": N}, "special_tokens_map.json": {"additional_special_tokens": ["<laugh>"]}},
    {"special_tokens_map.json": {"additional_special_tokens": ["<laugh>", {"content": "<sigh>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}]}},
    {"tokenizer_config.json": {"additional_special_tokens": ["<laugh>", "[speaker]"]}},
]


def load(files):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(VOCAB, os.path.join(folder, "vocab.txt"))
        for name, content in files.items():
            with open(os.path.join(folder, name), "w") as f:
                json.dump(content, f)
        return BertTokenizerFast.from_pretrained(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default=os.path.join(HERE, "text", "added.jsonl"))
    with open(parser.parse_args().out, "w") as out:
        for files in DIRECTORIES:
            tokenizer = load(files)
            cases = [{"text": t, "ids": tokenizer(t, truncation=True, max_length=64)["input_ids"]} for t in TEXTS]
            out.write(json.dumps({"files": files, "size": len(tokenizer), "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
