"""Golden numbers of a tiny random BERT classifier, by PyTorch and Hugging Face in f32 with eager attention.

Makes bert/ as an encoder directory (config.json, vocab.txt, model.safetensors with the `bert.` prefix and a pooler) and
bert/expected.safetensors:
  ids, type_ids       [B, T] i32  padded with 0;  lengths, labels  [B] i32
  hidden              [B, T, H]   last hidden state, zeros beyond each length
  head.{0,1}.*        the head: CLS -> Linear 128 -> ReLU -> Linear 7;  logits [B, 7];  loss [1] mean cross entropy
  grad.<parameter>    d loss / d parameter, for all but the pooler (which gets none)
  losses [11]         the loss after 0..10 steps of AdamW (lr 1e-3, decay .01 on all parameters) on this batch
  final.<parameter>   some parameters after the ten steps

Attention's key biases have a gradient of zero but for rounding, which Adam blows up: no final value of them is a golden one.

Versions: torch 2.15.0, transformers 5.23.0, safetensors 0.8.0.
Command:  python make_bert.py [--out bert]      (after make_text.py, whose vocabulary it cuts)
"""

import argparse
import json
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import BertConfig, BertModel

LENGTHS = [17, 2, 40, 1, 29]
SECOND = [9, 2, 21, 1, 29]  # where the second segment begins
LABELS = [0, 6, 3, 4, 0]
FINAL = [
    "bert.embeddings.word_embeddings.weight",
    "bert.embeddings.token_type_embeddings.weight",
    "bert.encoder.layer.0.attention.self.query.weight",
    "bert.encoder.layer.0.attention.output.LayerNorm.weight",
    "bert.encoder.layer.1.intermediate.dense.weight",
    "bert.encoder.layer.1.output.LayerNorm.bias",
    "head.0.bias",
    "head.1.weight",
]


class Net(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.bert = BertModel(config)
        self.head = torch.nn.ModuleList([torch.nn.Linear(config.hidden_size, 128), torch.nn.Linear(128, 7)])

    def forward(self, ids, type_ids, mask):
        hidden = self.bert(input_ids=ids, token_type_ids=type_ids, attention_mask=mask).last_hidden_state
        return hidden, self.head[1](torch.relu(self.head[0](hidden[:, 0])))


def array(x):
    return np.ascontiguousarray(x.detach().numpy())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--vocab", default=os.path.join(here, "text", "vocab.txt"))
    ap.add_argument("--out", default=os.path.join(here, "bert"))
    args = ap.parse_args()
    vocab = open(args.vocab, encoding="utf-8").read().split("\n")[:500]
    with open(os.path.join(args.out, "vocab.txt"), "w", encoding="utf-8") as f:
        f.writelines(piece + "\n" for piece in vocab)

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocab), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, hidden_act="gelu", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )  # fmt: skip
    net = Net(config).train()
    with torch.no_grad():
        for name, p in net.named_parameters():
            is_scale = "LayerNorm.weight" in name
            p.copy_(torch.randn(p.shape) * (0.2 if p.dim() > 1 or is_scale else 0.1) + (1.0 if is_scale else 0.0))
    encoder = {k: array(v).copy() for k, v in net.named_parameters() if k.startswith("bert.")}
    save_file(encoder, os.path.join(args.out, "model.safetensors"), metadata={"format": "pt"})
    shown = ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings"]
    shown += ["hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob", "vocab_size", "type_vocab_size"]
    shown += ["layer_norm_eps", "pad_token_id", "model_type"]
    with open(os.path.join(args.out, "config.json"), "w") as f:
        json.dump({"architectures": ["BertModel"]} | {k: getattr(config, k) for k in shown}, f, indent=2)
        f.write("\n")

    n, longest = len(LENGTHS), max(LENGTHS)
    ids, type_ids, mask = (torch.zeros(n, longest, dtype=torch.long) for _ in range(3))
    for b, (length, second) in enumerate(zip(LENGTHS, SECOND)):
        ids[b, :length] = torch.randint(5, len(vocab), (length,))
        ids[b, 0] = vocab.index("[CLS]")
        if length > 1:
            ids[b, length - 1] = vocab.index("[SEP]")
        type_ids[b, second:length] = 1
        mask[b, :length] = 1
    labels = torch.tensor(LABELS)

    out = {k: array(v).astype(np.int32) for k, v in dict(ids=ids, type_ids=type_ids, labels=labels).items()}
    out["lengths"] = np.array(LENGTHS, dtype=np.int32)
    out |= {k: array(v).copy() for k, v in net.named_parameters() if k.startswith("head.")}
    hidden, logits = net(ids, type_ids, mask)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    out |= {"hidden": array(hidden * mask[..., None]), "logits": array(logits), "loss": array(loss).reshape(1)}
    for name, p in net.named_parameters():
        assert (p.grad is None) == ("pooler" in name), name
        if p.grad is not None:
            out["grad." + name] = array(p.grad).copy()

    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(ids, type_ids, mask)[1], labels)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    losses.append(torch.nn.functional.cross_entropy(net(ids, type_ids, mask)[1], labels).item())
    out["losses"] = np.array(losses, dtype=np.float32)
    params = dict(net.named_parameters())
    out |= {"final." + k: array(params[k]) for k in FINAL}
    save_file(out, os.path.join(args.out, "expected.safetensors"))
    print("losses", losses)


if __name__ == "__main__":
    main()
