"""Golden numbers of pooling by attention over the layers of the tiny Whisper of make_whisper.py, by PyTorch and transformers in f32.

Reads whisper/model.safetensors, and the inputs of whisper/expected.safetensors; makes whisper/attention.safetensors:
  lengths, labels, frames   the inputs
  att.layer_attention.{weight [128, H], bias [128], query [128]}   one set for all layers
  att.vectors         [B, H] of each layer's input, and of the last one's normed output, the sum over time weighted by the softmax of
                      query . tanh(weight x + bias); summed over the layers by the softmax of layer_weights
  att.dvectors, att.grad.<parameter>   gradients of sum(vectors * dvectors), of the encoder, the layers' weights and the attention
  att.last.vectors    [B, H] of the last layer alone

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_attention_pool.py [--out whisper/attention.safetensors]
"""

import argparse
import os

import torch
from make_whisper import array, hidden_states
from safetensors.numpy import load_file, save_file
from transformers import WhisperForAudioClassification


def main():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "whisper")
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "attention.safetensors"))
    args = ap.parse_args()
    torch.manual_seed(6)
    model = WhisperForAudioClassification.from_pretrained(here, attn_implementation="eager").train()
    given = load_file(os.path.join(here, "expected.safetensors"))
    frames = torch.from_numpy(given["frames"]).split(given["lengths"].tolist())
    weight, bias, query = ((torch.randn(shape) * 0.5).requires_grad_() for shape in ((128, 16), 128, 128))

    def pool(x):
        scores = torch.nn.functional.linear(x, weight, bias).tanh() @ query
        return scores.softmax(0) @ x

    pooled = torch.stack([torch.stack([pool(h[0]) for h in hidden_states(model, f)]) for f in frames])
    vectors = (pooled * model.layer_weights.softmax(0)[None, :, None]).sum(1)
    dvectors = torch.randn(vectors.shape)
    (vectors * dvectors).sum().backward()
    attention = {"layer_attention.weight": weight, "layer_attention.bias": bias, "layer_attention.query": query}
    out = attention | {"vectors": vectors, "dvectors": dvectors, "last.vectors": pooled[:, -1]}
    trained = dict(model.named_parameters()) | attention
    out |= {"grad." + k: p.grad for k, p in trained.items() if p.grad is not None}
    inputs = {k: given[k] for k in ("lengths", "labels", "frames")}
    save_file(inputs | {"att." + k: array(v) for k, v in out.items()}, args.out)


if __name__ == "__main__":
    main()
