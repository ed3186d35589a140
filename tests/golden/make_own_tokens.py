"""Golden numbers of the mean over an utterance's own tokens, by PyTorch and Hugging Face in f32 with eager attention.

Makes own_tokens.safetensors, of the encoder in bert/ (make_bert.py):
  ids, type_ids, own  [B, T] i32  padded with 0; own is 1 for the tokens of the utterance itself;  lengths [B] i32
  vectors             [B, H]      the mean of the last hidden states of the own tokens
  grad.<parameter>    the gradient of sum(vectors * c), c[b, h] = ((7 b + 3 h) % 11 - 5) / 10, for all but the words' table

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_own_tokens.py
"""

import os

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import BertModel

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS, OWN = [19, 5, 28, 11], [(9, 18), (2, 4), (3, 27), (4, 5)]


def array(x):
    return np.ascontiguousarray(x.detach().numpy())


def main():
    torch.manual_seed(6)
    net = BertModel.from_pretrained(os.path.join(HERE, "bert"), attn_implementation="eager").train()
    n, longest = len(LENGTHS), max(LENGTHS)
    ids, types, own = (torch.zeros(n, longest, dtype=torch.long) for _ in range(3))
    for b, (length, (begin, end)) in enumerate(zip(LENGTHS, OWN)):
        ids[b, :length] = torch.randint(5, net.config.vocab_size, (length,))
        types[b, begin:length] = 1
        own[b, begin:end] = 1
    mask = (torch.arange(longest)[None, :] < torch.tensor(LENGTHS)[:, None]).long()
    hidden = net(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
    vectors = (hidden * own[:, :, None]).sum(1) / own.sum(1)[:, None]
    b, h = torch.arange(n)[:, None], torch.arange(hidden.shape[2])[None, :]
    (vectors * (((7 * b + 3 * h) % 11 - 5) / 10)).sum().backward()
    out = {"ids": ids, "type_ids": types, "own": own, "lengths": torch.tensor(LENGTHS)}
    out = {name: array(value).astype(np.int32) for name, value in out.items()} | {"vectors": array(vectors)}
    out |= {"grad." + name: array(p.grad) for name, p in net.named_parameters() if p.grad is not None and "word_embeddings" not in name}
    save_file(out, os.path.join(HERE, "own_tokens.safetensors"))
    print(sum(v.nbytes for v in out.values()), "bytes,", len(out), "tensors")


main()
