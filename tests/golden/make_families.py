"""Golden numbers of a small random classifier of each family of text encoders, by PyTorch and Hugging Face in f32 with eager attention.

Makes families/<family>.json, the checkpoint's config.json, and families/<family>.safetensors:
  ids [B, T] i32      padded with the padding token;  lengths, labels  [B] i32
  hidden [T, H]       last hidden states, utterances one after the other
  logits [B, K];  loss [1] mean cross entropy
  grad.<parameter>    d loss / d parameter
  losses [6]          the loss after 0..5 steps of AdamW (lr 1e-3, decay .01 on all parameters) on this batch
The weights are not stored: element i of a parameter is a hash of its name and i (`weights` below), which the test computes, too.

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_families.py [--out families] [--checkpoints DIR]     the latter writes whole checkpoint directories, too
"""

import argparse
import json
import os

import numpy as np
import torch
from adamw_losses import adamw_losses
from safetensors.numpy import save_file
from transformers import AutoConfig, AutoModelForSequenceClassification

LENGTHS = [9, 2, 17, 1, 12]
LABELS = [0, 3, 1, 2, 0]
NAMES = ["joy", "anger", "fear", "neutral"]
SHAPE = dict(vocab_size=150, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)  # fmt: skip
DISTIL = dict(vocab_size=150, dim=32, n_layers=2, n_heads=4, hidden_dim=48, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0)
FAMILIES = {
    "bert": SHAPE | dict(max_position_embeddings=40, hidden_act="gelu_new"),
    "distilbert": DISTIL | dict(max_position_embeddings=40),
    "roberta": SHAPE | dict(max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5),
    "xlm-roberta": SHAPE | dict(max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, hidden_act="relu"),
    "mpnet": SHAPE | dict(max_position_embeddings=42, layer_norm_eps=1e-5),
}  # fmt: skip


def weights(name, shape):
    """A hash (the finalizer of MurmurHash3 on FNV-1a of the name plus i times an odd number) as a number in [-1, 1), scaled."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 & 0xFFFFFFFF
    h = (seed + np.arange(int(np.prod(shape)), dtype=np.uint64) * 0x9E3779B9).astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    unit = ((h ^ (h >> np.uint32(16))) >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    if len(shape) > 1:
        unit = unit * np.float32(0.25)
    elif "norm" in name.lower() and name.endswith("weight"):
        unit = unit * np.float32(0.25) + np.float32(1)
    else:
        unit = unit * np.float32(0.125)
    return unit.reshape(shape)


def array(x):
    return np.ascontiguousarray(x.detach().numpy())


def batch(config):
    torch.manual_seed(4)
    pad, longest = config.pad_token_id, max(LENGTHS)
    ids = torch.full((len(LENGTHS), longest), pad)
    for b, n in enumerate(LENGTHS):
        ids[b, :n] = torch.randint(5, config.vocab_size, (n,))
    mask = (torch.arange(longest)[None, :] < torch.tensor(LENGTHS)[:, None]).long()
    return ids, mask, torch.tensor(LABELS)


def make(family, args):
    numbers = dict(enumerate(NAMES))
    config = AutoConfig.for_model(family, id2label=numbers, label2id={v: k for k, v in numbers.items()}, **FAMILIES[family])
    config.problem_type = "single_label_classification"
    net = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").train()
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(torch.from_numpy(weights(name, p.shape)))
    ids, mask, labels = batch(config)
    out = dict(ids=array(ids).astype(np.int32), labels=array(labels).astype(np.int32), lengths=np.array(LENGTHS, np.int32))
    result = net(input_ids=ids, attention_mask=mask, labels=labels, output_hidden_states=True)
    out |= dict(hidden=array(result.hidden_states[-1][mask.bool()]), logits=array(result.logits), loss=array(result.loss).reshape(1))
    result.loss.backward()
    out |= {"grad." + name: array(p.grad).copy() for name, p in net.named_parameters()}
    if args.checkpoints:
        net.save_pretrained(os.path.join(args.checkpoints, family))
    losses = adamw_losses(net.parameters(), lambda: net(input_ids=ids, attention_mask=mask, labels=labels).loss)
    out["losses"] = np.array(losses, np.float32)
    net.config.architectures, net.config.dtype = [type(net).__name__], torch.float32  # as save_pretrained has it
    with open(os.path.join(args.out, family + ".json"), "w") as f:
        json.dump(net.config.to_diff_dict(), f, indent=2, sort_keys=True)
        f.write("\n")
    save_file(out, os.path.join(args.out, family + ".safetensors"))
    print(f"{family}: {sum(v.nbytes for v in out.values())} bytes, logits to {np.abs(out['logits']).max():.2f}, losses", losses)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "families"))
    ap.add_argument("--checkpoints")
    args = ap.parse_args()
    for family in FAMILIES:
        make(family, args)


if __name__ == "__main__":
    main()
