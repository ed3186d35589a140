#!/usr/bin/env python3
"""Times Hugging Face's tokenizers (Rust) on all of MELD's utterances in one call of encode_batch_fast, on all threads.

Usage:    tokenizers_batch.py --encoder DIR --data MELD [--n 10] [--threads 2]
"""

import argparse
import os

import peers


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--n", type=int, default=10)
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    os.environ.update(TOKENIZERS_PARALLELISM="true", RAYON_NUM_THREADS=str(args.threads))  # read when the library starts
    texts, _ = peers.read_texts(args.data, ["train", "dev", "test"])
    rust = peers.tokenizer(args.encoder)
    peers.report("tokenize", "tokenizers", "tokenizers, encode_batch_fast", peers.measure(lambda: rust.encode_batch_fast(texts), args.n))


if __name__ == "__main__":
    main()
