#!/usr/bin/env python3
"""Trains a tokenizer on MELD's utterances, of the kind that RoBERTa (bpe) or XLM-RoBERTa (unigram) has, and writes tokenizer.json.

Usage:    train_tokenizer.py --kind bpe|unigram --data MELD --out DIR
"""

import argparse
import os

import peers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPECIALS, MOST_TOKENS = ["<s>", "<pad>", "</s>", "<unk>"], 30000


def bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return t, trainers.BpeTrainer(vocab_size=MOST_TOKENS, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False)


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.NFKC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return t, trainers.UnigramTrainer(vocab_size=MOST_TOKENS, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--kind", required=True, choices=("bpe", "unigram"))
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    t, trainer = bpe() if args.kind == "bpe" else unigram()
    t.train_from_iterator(peers.read_texts(args.data, ["train", "dev", "test"])[0], trainer)
    ends = [(name, t.token_to_id(name)) for name in ("<s>", "</s>")]
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    os.makedirs(args.out)
    t.save(os.path.join(args.out, "tokenizer.json"))


if __name__ == "__main__":
    main()
