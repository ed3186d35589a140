"""Golden numbers of videos whose faces a tiny random ViT sees and learned attention joins, by PyTorch and transformers in f32.

Makes vision/video/, an encoder's directory as those of make_vision.py, and its expected.safetensors:
  lengths, labels [B] i32    faces of each video, and its label
  pixels [N, H, W, 3]        the faces of all videos, 0 to 255
  frames.{weight [64, H], bias [64], query [64]}   of the attention
  vectors [B, H]             sums of the faces' vectors weighted by the softmax over a video of query . tanh(weight x + bias)
  head.{0,1}.*               Linear H -> 128 -> ReLU -> 7 on the vectors;  logits [B, 7];  loss [1] mean cross entropy
  grad.<parameter>           d loss / d parameter, of the encoder, the attention and the head

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_video_frames.py [--out vision/video]
"""

import argparse
import os

import numpy as np
import torch
from make_vision import LABELS, NAMES, SIZE, array, file_name, randomize, save
from safetensors.numpy import save_file
from transformers import ViTConfig, ViTForImageClassification

COUNTS = [2, 1, 3, 1, 2]
CONFIG = ViTConfig(
    hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=SIZE, patch_size=8,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **NAMES,
)  # fmt: skip


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "vision", "video"))
    args = ap.parse_args()
    torch.manual_seed(2)
    model = ViTForImageClassification(CONFIG)
    randomize(model)
    save("vit", model, args.out)
    pixels = torch.randint(0, 256, (sum(COUNTS), SIZE, SIZE, 3))
    images = (pixels.permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    attention = {"weight": torch.randn(64, 8) * 0.5, "bias": torch.randn(64) * 0.5, "query": torch.randn(64) * 0.5}
    attention = {"frames." + k: v.requires_grad_() for k, v in attention.items()}
    head = torch.nn.ModuleList([torch.nn.Linear(8, 128), torch.nn.Linear(128, 7)])

    def pool(x):
        scores = torch.nn.functional.linear(x, attention["frames.weight"], attention["frames.bias"]).tanh()
        return (scores @ attention["frames.query"]).softmax(0) @ x

    of_images = model.vit(images).last_hidden_state[:, 0]
    vectors = torch.stack([pool(x) for x in of_images.split(COUNTS)])
    logits = head[1](torch.relu(head[0](vectors)))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    parameters = {file_name(k): p for k, p in model.vit.named_parameters()} | attention
    parameters |= {"head." + k: v for k, v in head.named_parameters()}
    out = {"lengths": np.array(COUNTS, np.int32), "labels": np.array(LABELS, np.int32), "pixels": array(pixels.float())}
    out |= {"vectors": array(vectors), "logits": array(logits), "loss": array(loss).reshape(1)}
    out |= {k: array(p) for k, p in parameters.items() if k.startswith(("frames.", "head."))}
    out |= {"grad." + k: array(p.grad) for k, p in parameters.items() if p.grad is not None}
    save_file(out, os.path.join(args.out, "expected.safetensors"))
    print("loss", loss.item())


if __name__ == "__main__":
    main()
