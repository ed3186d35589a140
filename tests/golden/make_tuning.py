"""Golden numbers of the ways to fine-tune: small random classifiers of text (the weights of make_families.py) and of sound (make_wav2vec.py) by
PyTorch in f32.

Makes tuning/<kind>.safetensors:
  decay.losses [6]    the loss after 0..5 steps of AdamW (lr 1e-3, decay .01) on their batch, with the rate of layer k times .5^(top - k),
                      of what stands before the layers times .5^top
  frozen.losses [6]   the same without training what stands before the layers and the first of them
  lora.logits [B, K], lora.grad.<parameter>, lora.losses [6]
                      with adapters of rank 3 on query and value of every layer, y = W x + b + 8 / 3 B A x, whose A and B are not zero; the encoder
                      itself is not trained. Their values are a hash of their names, as in make_families.py

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_tuning.py [--out tuning]
"""

import argparse
import os
import re

import numpy as np
import torch
from adamw_losses import adamw_losses
from make_families import FAMILIES, NAMES, array, batch, weights
from safetensors.numpy import load_file, save_file
from torch.nn.utils import parametrize
from transformers import AutoConfig, AutoModelForAudioClassification, AutoModelForSequenceClassification

RANK, ALPHA, DECAY, LR = 3, 8, 0.5, 1e-3
HERE = os.path.dirname(os.path.abspath(__file__))
N_LAYERS = 2


class Adapted(torch.nn.Module):
    """The weight of a Linear layer with what its adapter adds."""

    def __init__(self, a, b):
        super().__init__()
        self.a, self.b = a, b

    def forward(self, weight):
        return weight + ALPHA / RANK * self.b @ self.a


def adapt(net, pattern):
    """Gives adapters to the Linear layers whose names match, and freezes all of `net` but these, which are returned by name."""
    adapters = {}
    for p in net.parameters():
        p.requires_grad = False
    for name, module in list(net.named_modules()):
        if not re.search(pattern, name):
            continue
        shapes = {"lora_A": (RANK, module.in_features), "lora_B": (module.out_features, RANK)}
        names = {part: f"{name}.{part}.weight" for part in shapes}
        own = {names[part]: torch.nn.Parameter(torch.from_numpy(weights(names[part], shape))) for part, shape in shapes.items()}
        parametrize.register_parametrization(module, "weight", Adapted(*own.values()))
        adapters |= own
    return adapters


def group_of(name):
    """0: before the layers; 1..N: a layer; None: the head. The norm after the last layer is that layer's."""
    if re.search(r"classifier|pooler|projector|^head|layer_weights", name):
        return None
    layer = re.search(r"layers?\.(\d+)\.", name)
    if layer and "conv_layers" not in name and "rel_attn_embed" not in name:
        return int(layer[1]) + 1
    return 0


def tune(make_net, loss_of, group, pattern):
    """`make_net()` gives parameters by name, a closure that gives logits, and the encoder, whose layers that match `pattern` get adapters."""
    out = {}
    for kind, first in (("decay", 0), ("frozen", 2)):
        parameters, logits, _ = make_net()
        groups = []
        for name, p in parameters.items():
            depth = N_LAYERS if group(name) is None else group(name)
            if group(name) is None or depth >= first:
                groups.append(dict(params=[p], lr=LR * DECAY ** (N_LAYERS - depth)))
        out[kind + ".losses"] = np.array(adamw_losses(groups, lambda: loss_of(logits())), np.float32)
    parameters, logits, net = make_net()
    own = adapt(net, pattern)
    trained = own | {k: p for k, p in parameters.items() if group(k) is None}
    for p in trained.values():
        p.requires_grad = True
    scores = logits()
    loss_of(scores).backward()
    out["lora.logits"] = array(scores)
    out |= {"lora.grad." + k: array(p.grad).copy() for k, p in own.items()}
    out["lora.losses"] = np.array(adamw_losses(list(trained.values()), lambda: loss_of(logits())), np.float32)
    return out


def make_text(family):
    config = AutoConfig.for_model(family, id2label=dict(enumerate(NAMES)), **FAMILIES[family])
    ids, mask, labels = batch(config)

    def make_net():
        net = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").train()
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.copy_(torch.from_numpy(weights(name, p.shape)))
        return dict(net.named_parameters()), lambda: net(input_ids=ids, attention_mask=mask).logits, net

    pattern = {"bert": r"self\.(query|value)$", "mpnet": r"attn\.(q|v)$"}[family]
    return tune(make_net, lambda y: torch.nn.functional.cross_entropy(y, labels), group_of, pattern)


def make_sound(kind):
    folder = os.path.join(HERE, "wav2vec", kind)
    expected = {k: torch.from_numpy(v) for k, v in load_file(os.path.join(folder, "expected.safetensors")).items()}
    labels = expected["labels"].long()
    sounds = expected["samples"].split(expected["lengths"].tolist())
    normed = [(x - x.mean()) / (x.var(correction=0) + 1e-7).sqrt() for x in sounds]
    stable = kind.endswith("large")

    def make_net():
        model = AutoModelForAudioClassification.from_pretrained(folder, attn_implementation="eager").train()
        encoder = getattr(model, model.config.model_type)
        head = torch.nn.ModuleList([torch.nn.Linear(16, 128), torch.nn.Linear(128, 7)])
        head.load_state_dict({k.removeprefix("head."): v for k, v in expected.items() if k.startswith("head.")})

        def logits():
            vectors = []
            for x in normed:
                states = encoder(x[None], output_hidden_states=True)
                means = torch.stack([h[0].mean(0) for h in (*states.hidden_states[:-1], states.last_hidden_state)])
                vectors.append((means * model.layer_weights.softmax(0)[:, None]).sum(0))
            return head[1](torch.relu(head[0](torch.stack(vectors))))

        with torch.no_grad():
            assert torch.allclose(logits(), expected["logits"], atol=1e-5)
        parameters = {k: p for k, p in encoder.named_parameters() if k != "masked_spec_embed"}
        parameters |= {"layer_weights": model.layer_weights} | {"head." + k: p for k, p in head.named_parameters()}
        return parameters, logits, encoder

    def group(name):
        return N_LAYERS if stable and name.startswith("encoder.layer_norm") else group_of(name)

    return tune(make_net, lambda y: torch.nn.functional.cross_entropy(y, labels), group, r"attention\.(q|v)_proj$")


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(HERE, "tuning"))
    args = ap.parse_args()
    made = {k: make_text(k) for k in ("bert", "mpnet")} | {k: make_sound(k) for k in ("wav2vec2", "wavlm-large")}
    for kind, out in made.items():
        save_file(out, os.path.join(args.out, kind + ".safetensors"))
        print(kind, {k: v.tolist() for k, v in out.items() if k.endswith("losses")})


if __name__ == "__main__":
    main()
