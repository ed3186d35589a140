"""Golden numbers of convolutions over images with batch norm, by PyTorch in f32: the residual layers of transformers' ResNet, alone.

Makes conv2d/layers.safetensors. For each layer NAME of LAYERS (in training mode, so that the norms are those of the batch):
  NAME.<parameter>       values, in the shapes of PyTorch; NAME.<buffer>: the running statistics before
  NAME.x [B, C, H, W], NAME.y: the layer's result; NAME.dy; NAME.grad.x, NAME.grad.<parameter>: gradients of the sum of y * dy
  NAME.after.<buffer>    the running statistics after one pass;  NAME.eval.y: the result in evaluation mode, with these
and max.x, max.y, max.dy, max.grad.x: nn.MaxPool2d(3, 2, 1)

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_conv2d.py [--out conv2d]
"""

import argparse
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers.models.resnet.modeling_resnet import ResNetBasicLayer, ResNetBottleNeckLayer, ResNetConvLayer

LAYERS = {
    "stem": (ResNetConvLayer(3, 16, kernel_size=7, stride=2), (2, 3, 13, 10)),
    "basic": (ResNetBasicLayer(16, 16), (2, 16, 5, 7)),
    "basic_down": (ResNetBasicLayer(8, 16, stride=2), (3, 8, 7, 6)),
    "bottleneck": (ResNetBottleNeckLayer(16, 32, stride=2), (2, 16, 6, 5)),
    "bottleneck_early": (ResNetBottleNeckLayer(16, 32, stride=2, downsample_in_bottleneck=True), (2, 16, 6, 5)),
}


def array(x):
    return np.ascontiguousarray(x.detach().numpy()).copy()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "conv2d"))
    args = ap.parse_args()
    torch.manual_seed(1)
    out = {}
    for name, (layer, shape) in LAYERS.items():
        layer.train()
        buffers = {k: v for k, v in layer.named_buffers() if "num_batches" not in k}
        with torch.no_grad():
            for k, p in layer.named_parameters():
                p.copy_(torch.randn(p.shape) * 0.2 + (1.0 if k.endswith("normalization.weight") else 0.0))
            for k, b in buffers.items():
                b.copy_(torch.rand(b.shape) + (0.5 if k.endswith("var") else -0.5))
        out |= {f"{name}.{k}": array(v) for k, v in [*layer.named_parameters(), *buffers.items()]}
        x = torch.randn(shape, requires_grad=True)
        y = layer(x)
        dy = torch.randn(y.shape)
        (y * dy).sum().backward()
        out |= {f"{name}.x": array(x), f"{name}.y": array(y), f"{name}.dy": array(dy), f"{name}.grad.x": array(x.grad)}
        out |= {f"{name}.grad.{k}": array(p.grad) for k, p in layer.named_parameters()}
        out |= {f"{name}.after.{k}": array(v) for k, v in buffers.items()}
        out[f"{name}.eval.y"] = array(layer.eval()(x))
    x = torch.randn((2, 5, 7, 6), requires_grad=True)
    y = torch.nn.functional.max_pool2d(x, 3, 2, 1)
    dy = torch.randn(y.shape)
    (y * dy).sum().backward()
    out |= {"max.x": array(x), "max.y": array(y), "max.dy": array(dy), "max.grad.x": array(x.grad)}
    os.makedirs(args.out, exist_ok=True)
    save_file(out, os.path.join(args.out, "layers.safetensors"))


if __name__ == "__main__":
    main()
