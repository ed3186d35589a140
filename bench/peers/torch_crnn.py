"""A training step and one utterance of the CRNN in PyTorch, for docs/performance.md.

The network of `mer train audio --speech-encoder crnn`, with its head, on clips of one length, so that nothing is padded; dropout and Adam
as there. Prints medians in ms as JSON.

Command: python torch_crnn.py [--seconds 3] [--batch-size 8] [--threads 2] [--steps 30]
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn

BANDS, CHANNELS, TIME, HIDDEN = 64, (16, 32, 64, 64), (2, 2, 1, 1), 64


class Crnn(nn.Module):
    def __init__(self):
        super().__init__()
        blocks, n = [], 1
        for out, t in zip(CHANNELS, TIME):
            blocks += [nn.Conv2d(n, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(), nn.MaxPool2d((t, 2), ceil_mode=True)]
            n = out
        self.blocks = nn.Sequential(*blocks)
        self.lstm = nn.LSTM(n * BANDS // 2 ** len(CHANNELS), HIDDEN, bidirectional=True, batch_first=True)
        self.keys, self.query = nn.Linear(2 * HIDDEN, 64), nn.Linear(64, 1, bias=False)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Sequential(nn.Linear(2 * HIDDEN, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 7))

    def forward(self, x):  # [B, 1, T, F]
        x = self.blocks(x).permute(0, 2, 3, 1).flatten(2)
        y = self.dropout(self.lstm(self.dropout(x))[0])
        w = self.query(torch.tanh(self.keys(y))).softmax(1)
        return self.head((w * y).sum(1))


def median_ms(f, n):
    times = []
    for i in range(n + 5):
        t = time.perf_counter()
        f()
        if i >= 5:
            times.append(1e3 * (time.perf_counter() - t))
    return round(statistics.median(times), 3)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--seconds", type=float, default=3)
    ap.add_argument("--batch-size", type=int, default=8)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--steps", type=int, default=30)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    n_frames = int(a.seconds * 16000) // 320 + 1
    out = {"frames": n_frames}
    for layout in ("contiguous", "channels_last"):
        model = Crnn()
        x, one = torch.randn(a.batch_size, 1, n_frames, BANDS), torch.randn(1, 1, n_frames, BANDS)
        if layout == "channels_last":
            model = model.to(memory_format=torch.channels_last)
            x, one = (v.contiguous(memory_format=torch.channels_last) for v in (x, one))
        labels = torch.randint(0, 7, (a.batch_size,))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

        def step():
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), labels).backward()
            optimizer.step()

        model.train()
        out[f"{layout}.step_ms"] = median_ms(step, a.steps)
        model.eval()
        with torch.inference_mode():
            out[f"{layout}.one_ms"] = median_ms(lambda: model(one), 3 * a.steps)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
