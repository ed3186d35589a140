#!/usr/bin/env python3
"""What the measurements of the peers share: timing, MELD's texts, batches, versions. Run alone it prints the versions.

A script prints one JSON line for each measurement: {"work", "key", "peer", "median", "min", "max", "mean", "n"}, in seconds; "key"
names the setting for bench/compare, "peer" for people. At the top only the standard library is used, so that bench/compare can
import this file.
"""

import csv
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import time

LABELS = "neutral surprise fear sadness joy disgust anger".split()
PACKAGES = "torch torchaudio transformers tokenizers onnxruntime openvino nncf ctranslate2 librosa".split()
MAX_LENGTH = 128
CTRANSLATE2 = {"f32": "float32", "int8": "int8"}  # what it calls them
# For glibc 2.35 and later.
MALLOC = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592:glibc.malloc.hugetlb=1"


def versions():
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)


def measure(run, n, warmup=3):
    """Seconds of `n` calls after the warm-up."""
    for _ in range(warmup):
        run()
    seconds = []
    for _ in range(n):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def summary(seconds):
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "mean": statistics.mean(seconds), "n": len(seconds)}


def report(work, key, peer, seconds, **more):
    print(json.dumps({"work": work, "key": key, "peer": peer, **summary(seconds), **more}), flush=True)


def fastest(candidates, n=5, warmup=2):
    """The name of the candidate {name: run} with the smallest median."""
    times = {name: statistics.median(measure(run, n, warmup)) for name, run in candidates.items()}
    return min(times, key=times.get)


def read_texts(folder, splits=("test",)):
    """Texts and labels of MELD's layout."""
    texts, labels = [], []
    for split in splits:
        with open(os.path.join(folder, f"{split}_sent_emo.csv"), newline="", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                texts.append(row["Utterance"].replace("\r", " ").replace("\n", " "))
                labels.append(LABELS.index(row["Emotion"].lower()))
    return texts, labels


def tokenizer(encoder):
    """Hugging Face's tokenizer in Rust, from vocab.txt, or tokenizer.json alone."""
    from tokenizers import BertWordPieceTokenizer, Tokenizer

    words = os.path.join(encoder, "vocab.txt")
    if os.path.exists(words):
        made = BertWordPieceTokenizer(words, lowercase=True)._tokenizer
    else:
        made = Tokenizer.from_file(os.path.join(encoder, "tokenizer.json"))
    made.enable_truncation(MAX_LENGTH)
    return made


def encode(encoder, texts):
    return [e.ids for e in tokenizer(encoder).encode_batch(texts)]


def pad(ids, length=0):
    """Ids and mask [B, T] i64, padded to the longest or to `length`."""
    import numpy as np

    length = max(length, max(map(len, ids)))
    out, mask = np.zeros((len(ids), length), np.int64), np.zeros((len(ids), length), np.int64)
    for i, row in enumerate(ids):
        out[i, : len(row)], mask[i, : len(row)] = row, 1
    return out, mask


def sorted_batches(ids, size):
    """Batches of utterances of similar length, longest first."""
    ids = sorted(ids, key=len, reverse=True)
    return [pad(ids[i : i + size]) for i in range(0, len(ids), size)]


def sample_of_all_lengths(batches):
    """Some of them, enough to find the fastest setting."""
    return batches[:: max(1, len(batches) // 6)]


def one_utterance(n_tokens, vocabulary=30522):
    """Ids and mask of one utterance of that length: [CLS], any words, [SEP]."""
    return pad([[101] + [2000 + 997 * i % (vocabulary - 2000) for i in range(n_tokens - 2)] + [102]])


def torch_settings(words, library):
    """The settings of a PyTorch script, without bf16 where PyTorch has no kernels for it and takes many times as long."""
    settings = words.split(",")
    if not library.ops.mkldnn._is_mkldnn_bf16_supported():
        print("PyTorch has no bf16 kernels for this CPU; bf16 is left out", file=sys.stderr)
        settings = [s for s in settings if s not in ("bf16", "packed")]
    return settings


def keep_freed_memory():
    """Begins this process anew, in which glibc keeps what is freed, in huge pages: a training step then takes no new pages of the system."""
    if os.environ.get("GLIBC_TUNABLES") != MALLOC:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "GLIBC_TUNABLES": MALLOC})


def as_ctranslate2_expects(config):
    """Its converter asks for an attribute of configurations that transformers 5 no longer has."""
    config.position_embedding_type = "absolute"


def run_process(command, env=None):
    """Seconds from start to exit, and peak memory in bytes, of a command, whose output is thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    message = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(message.strip().splitlines()[-1] if message.strip() else f"exit code {process.returncode}")
    return seconds, usage.ru_maxrss * 1024


if __name__ == "__main__":
    print(versions())
