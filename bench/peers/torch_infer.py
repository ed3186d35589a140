#!/usr/bin/env python3
"""Times PyTorch on the encoder's [CLS] vector, f32 and bf16.

Usage:    torch_infer.py --encoder DIR [--data MELD] [--works one,test] [--settings f32,bf16] [--n 200] [--rounds 3] [--threads 2]
one: one utterance of 12 tokens; test: all of MELD's test split in batches of 32 of similar length, tokenized and padded beforehand. bf16:
the weights are bf16 too. Attention is PyTorch's fused kernel (sdpa).
"""

import argparse

import peers
import torch
import transformers


def runner(bert, batches):
    def run():
        with torch.inference_mode():
            for ids, mask in batches:
                bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0].float().numpy()

    return run


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--encoder", required=True)
    ap.add_argument("--data")
    ap.add_argument("--works", default="one,test")
    ap.add_argument("--settings", default="f32,bf16")
    for name, default in {"n": 200, "rounds": 3, "tokens": 12, "batch-size": 32, "threads": 2}.items():
        ap.add_argument("--" + name, type=int, default=default)
    args = ap.parse_args()
    transformers.logging.set_verbosity_error()  # the pooler is left out on purpose
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    for setting in peers.torch_settings(args.settings, torch):
        dtype = torch.float32 if setting == "f32" else torch.bfloat16
        bert = transformers.BertModel.from_pretrained(args.encoder, add_pooling_layer=False, dtype=dtype).eval()
        for work in args.works.split(","):
            if work == "one":
                batches, n = [peers.one_utterance(args.tokens)], args.n
            else:
                batches, n = peers.sorted_batches(peers.encode(args.encoder, peers.read_texts(args.data)[0]), args.batch_size), args.rounds
            batches = [tuple(map(torch.from_numpy, b)) for b in batches]
            peers.report(work, f"torch-{setting}", f"PyTorch {setting}", peers.measure(runner(bert, batches), n, 1))


if __name__ == "__main__":
    main()
