"""Golden numbers of tiny random encoders of images with a classifier on top, by PyTorch and transformers in f32.

Makes vision/KIND/ for each KIND below as a classifier's directory (config.json, preprocessor_config.json, model.safetensors: a
..ForImageClassification; vision/resnet-bin/ has pytorch_model.bin instead; vision/resnet-small/ has another first convolution
and no pooling after it, vision/cnn/ is written here) and its expected.safetensors:
  lengths [B] i32: ones; labels [B] i32; images [B, 3, H, W]: what an image processor would give
  vectors                [B, H] in evaluation mode: the class token's row of the last hidden state, or the pooled map
  head.{0,1}.*           Linear H -> 128 -> ReLU -> 7 on the vectors in training mode;  logits [B, 7];  loss [1] mean cross entropy
  grad.<parameter>       d loss / d parameter, of the encoder and the head
  after.<buffer>         the running statistics after that pass
  losses [6]             the loss after 0..5 steps of AdamW (lr 1e-3, decay .01 on all parameters) on this batch
  classifier.logits      [B, 7] of the ..ForImageClassification itself, in evaluation mode

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_vision.py [--out vision]
"""

import argparse
import copy
import json
import os

import numpy as np
import torch
from adamw_losses import adamw_losses
from safetensors.numpy import save_file
from safetensors.torch import save_model
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

LABELS = [0, 6, 3, 4, 0]
NAMES = dict(id2label=dict(enumerate("neutral surprise fear sadness joy disgust anger".split())))
SIZE = 24
RESNET = dict(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 2], **NAMES)
KINDS = {
    "vit": ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=SIZE, patch_size=8,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **NAMES,
    ),
    "resnet-basic": ResNetConfig(layer_type="basic", **RESNET),
    "resnet-bottleneck": ResNetConfig(layer_type="bottleneck", downsample_in_first_stage=True, downsample_in_bottleneck=True, **RESNET),
    "resnet-bin": ResNetConfig(layer_type="bottleneck", **RESNET),
    "resnet-small": ResNetConfig(layer_type="basic", downsample_in_first_stage=True, **RESNET),
    "cnn": dict(model_type="cnn", architectures=["CnnForImageClassification"], num_channels=3, hidden_sizes=[8, 16], depths=[2, 1], dropout=0.0, **NAMES),
}  # fmt: skip


class Unit(torch.nn.Module):
    def __init__(self, size, out):
        super().__init__()
        self.convolution = torch.nn.Conv2d(size, out, 3, padding=1, bias=False)
        self.normalization = torch.nn.BatchNorm2d(out)

    def forward(self, x):
        return torch.relu(self.normalization(self.convolution(x)))


class Blocks(torch.nn.Module):
    """The means over all pixels, as [B, out]."""

    def __init__(self, sizes, depths):
        super().__init__()
        self.blocks = torch.nn.ModuleList()
        last = 3
        for size, depth in zip(sizes, depths):
            self.blocks.append(torch.nn.ModuleList(Unit(last if i == 0 else size, size) for i in range(depth)))
            last = size

    def forward(self, x):
        for block in self.blocks:
            for unit in block:
                x = unit(x)
            x = torch.nn.functional.max_pool2d(x, 2)
        return x.mean(dim=(2, 3))


class Cnn(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.cnn = Blocks(config["hidden_sizes"], config["depths"])
        self.classifier = torch.nn.Linear(config["hidden_sizes"][-1], 7)

    def forward(self, images):
        return argparse.Namespace(logits=self.classifier(self.cnn(images)))

    def save_pretrained(self, folder):
        os.makedirs(folder, exist_ok=True)
        save_model(self, os.path.join(folder, "model.safetensors"))
        json.dump(self.config | {"transformers_version": ""}, open(os.path.join(folder, "config.json"), "w"))


def make(kind, config):
    """The classifier, and its encoder."""
    if kind == "cnn":
        model = Cnn(config)
        return model, model.cnn
    model = (ViTForImageClassification if kind == "vit" else ResNetForImageClassification)(config)
    if kind == "resnet-small":
        model.resnet.embedder.embedder.convolution = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        model.resnet.embedder.pooler = torch.nn.Identity()
    return model, model.vit if kind == "vit" else model.resnet


def array(x):
    return np.ascontiguousarray(x.detach().numpy()).copy()


def randomize(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            is_scale = "norm" in name and name.endswith("weight")
            p.copy_(torch.randn(p.shape) * 0.2 + (1.0 if is_scale else 0.0))
        for name, b in model.named_buffers():
            if b.dim():
                b.copy_(torch.rand(b.shape) + (0.5 if name.endswith("var") else -0.5))


def save(kind, model, folder):
    model.save_pretrained(folder)
    processor = {"image_processor_type": "ViTImageProcessor", "size": {"height": SIZE, "width": SIZE}}
    if kind.startswith("resnet"):
        processor = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": SIZE}}
    json.dump(processor, open(os.path.join(folder, "preprocessor_config.json"), "w"), indent=2)
    if kind == "resnet-bin":
        os.remove(os.path.join(folder, "model.safetensors"))
        torch.save(model.state_dict(), os.path.join(folder, "pytorch_model.bin"))
    config = os.path.join(folder, "config.json")
    shown = json.load(open(config))
    shown.pop("transformers_version")
    if kind == "resnet-small":
        shown |= {"stem_kernel": 3, "stem_stride": 1, "stem_pooling": False}
    json.dump(shown, open(config, "w"), indent=2)


def file_name(name):
    """Hugging Face's files keep the names that ViT had before release 5."""
    for here, there in (
        ("layers.", "encoder.layer."), ("attention.o_proj", "attention.output.dense"), ("attention.q_proj", "attention.attention.query"),
        ("attention.k_proj", "attention.attention.key"), ("attention.v_proj", "attention.attention.value"),
        ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense"),
    ):  # fmt: skip
        name = name.replace(here, there)
    return name


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "vision"))
    args = ap.parse_args()
    for kind, config in KINDS.items():
        torch.manual_seed(1)
        is_vit = kind == "vit"
        model, own = make(kind, config)
        randomize(model)
        folder = os.path.join(args.out, kind)
        save(kind, model, folder)
        encoder = copy.deepcopy(own).train()
        head = torch.nn.ModuleList([torch.nn.Linear(16, 128), torch.nn.Linear(128, 7)])
        labels, images = torch.tensor(LABELS), torch.randn(len(LABELS), 3, SIZE, SIZE)

        def vectors():
            result = encoder(images)
            if kind == "cnn":
                return result
            return result.last_hidden_state[:, 0] if is_vit else result.pooler_output.flatten(1)

        def logits():
            return head[1](torch.relu(head[0](vectors())))

        out = {"lengths": np.ones(len(LABELS), np.int32), "labels": np.array(LABELS, np.int32), "images": array(images)}
        out |= {"head." + k: array(v) for k, v in head.named_parameters()}
        with torch.no_grad():
            out["classifier.logits"] = array(model.eval()(images).logits)
            encoder.eval()
            out["vectors"] = array(vectors())
        encoder.train()
        scores = logits()
        loss = torch.nn.functional.cross_entropy(scores, labels)
        loss.backward()
        out |= {"logits": array(scores), "loss": array(loss).reshape(1)}
        parameters = {(file_name(k) if is_vit else k): p for k, p in encoder.named_parameters()} | {"head." + k: v for k, v in head.named_parameters()}
        out |= {"grad." + k: array(p.grad) for k, p in parameters.items()}
        out |= {"after." + k: array(b) for k, b in encoder.named_buffers() if b.dim()}
        losses = adamw_losses(list(parameters.values()), lambda: torch.nn.functional.cross_entropy(logits(), labels))
        out["losses"] = np.array(losses, np.float32)
        save_file(out, os.path.join(folder, "expected.safetensors"))
        print(kind, "losses", losses)


if __name__ == "__main__":
    main()
