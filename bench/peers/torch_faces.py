"""A training step of the networks for faces in PyTorch, for docs/performance.md: those of `mer train image --image-encoder cnn|resnet18`,
with their head, on pictures of 48 x 48 that lie in memory, with AdamW. Prints the median step in ms as JSON, of an epoch of --steps steps
after two others, contiguous and with channels last.

Command: python torch_faces.py --network cnn|resnet18 [--batch-size 64] [--steps 8] [--threads 2] [--dtype f32|bf16]
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


def unit(size, out, kernel=3, stride=1):
    return nn.Sequential(nn.Conv2d(size, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out))


class Residual(nn.Module):
    def __init__(self, size, out, stride):
        super().__init__()
        self.first, self.second = unit(size, out, 3, stride), unit(out, out)
        self.shortcut = unit(size, out, 1, stride) if stride > 1 or size != out else nn.Identity()

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def cnn():
    layers, size = [], 3
    for out in (32, 64, 128, 256):
        for _ in range(2):
            layers += [unit(size, out), nn.ReLU()]
            size = out
        layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
    return nn.Sequential(*layers), size


def resnet18():
    layers, size = [unit(3, 64), nn.ReLU()], 64
    for out in (64, 128, 256, 512):
        layers += [Residual(size, out, 2), Residual(out, out, 1)]
        size = out
    return nn.Sequential(*layers), size


class Classifier(nn.Module):
    def __init__(self, make):
        super().__init__()
        self.maps, size = make()
        self.head = nn.Sequential(nn.Linear(size, 128), nn.ReLU(), nn.Linear(128, 7))

    def forward(self, x):
        return self.head(self.maps(x).mean(dim=(2, 3)))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--network", choices=["cnn", "resnet18"], default="resnet18")
    ap.add_argument("--batch-size", type=int, default=64)
    ap.add_argument("--steps", type=int, default=8)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    out = {}
    for layout in ("contiguous", "channels_last"):
        model = Classifier({"cnn": cnn, "resnet18": resnet18}[a.network]).train()
        x = torch.randn(a.batch_size, 3, 48, 48)
        if layout == "channels_last":
            model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
        labels = torch.randint(0, 7, (a.batch_size,))
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        times = []
        for i in range(a.steps + 2):
            start = time.perf_counter()
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=a.dtype == "bf16"):
                loss = nn.functional.cross_entropy(model(x), labels)
            loss.backward()
            optimizer.step()
            if i >= 2:
                times.append(1e3 * (time.perf_counter() - start))
        out[layout] = round(statistics.median(times), 2)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
