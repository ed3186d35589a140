"""Golden losses of one label and their gradients, by PyTorch's autograd.

Makes losses/losses.safetensors, all f32:
  train [60,5]                  targets of training rows, by which labels are counted; no row has the last label
  x, targets, soft [7,5]        logits; one label a row; shares of several labels (each row sums to 1)
  NAME [1], dNAME [7,5]         the mean loss of x and its gradient, of NAME: balanced, focal, adjusted, smoothed (.1), balanced_smoothed,
                                focal_smoothed, adjusted_smoothed (.2 each), soft_balanced, soft_focal (of the targets `soft`)

balanced: F.cross_entropy(reduction="none") times the weight of a row's label, (1 - b) / (1 - b^n) with b = .999, over their mean over the
labels that occur; focal: -(1 - p)^2 log p; adjusted: cross_entropy(x + log(n / N)), n being at least 1.

Versions: torch 2.15.0, safetensors 0.8.0, numpy 2.4.6.
Command:  python make_losses.py [--out losses]
"""

import argparse
import os

import torch
from safetensors.torch import save_file
from torch.nn import functional as F


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "losses"))
    args = ap.parse_args()
    torch.manual_seed(14)
    train = F.one_hot(torch.multinomial(torch.tensor([0.55, 0.25, 0.15, 0.05]), 60, True), 5).double()
    x, targets = torch.randn(7, 5).double() * 3, F.one_hot(torch.arange(7) % 4, 5).double()
    x[5, 1], x[6, 2] = 60, -60  # sure, right and wrong
    x, soft = x.float().double(), (torch.rand(7, 5) * (torch.rand(7, 5) < 0.6)).double() + 0.01 * targets
    soft = (soft / soft.sum(1, keepdim=True)).float().double()
    n = train.sum(0)
    weights = torch.where(n > 0, (1 - 0.999) / (1 - 0.999**n), 0)
    weights = weights * (n > 0).sum() / weights.sum()
    priors = (n.clamp(min=1) / len(train)).log()

    def smooth(t, e):
        return (1 - e) * t + e / t.shape[1]

    def balanced(z, t, e):
        return (F.cross_entropy(z, t, reduction="none", label_smoothing=e) * (t @ weights)).mean()

    def focal(z, t, e):
        log_p = z.log_softmax(1)
        return -(smooth(t, e) * (1 - log_p.exp()) ** 2 * log_p).sum(1).mean()

    def adjusted(z, t, e):
        return F.cross_entropy(z + priors, t, label_smoothing=e)

    cases = {"balanced": (balanced, targets, 0), "focal": (focal, targets, 0), "adjusted": (adjusted, targets, 0),
             "smoothed": (lambda z, t, e: F.cross_entropy(z, t, label_smoothing=e), targets, 0.1),
             "balanced_smoothed": (balanced, targets, 0.2), "focal_smoothed": (focal, targets, 0.2),
             "adjusted_smoothed": (adjusted, targets, 0.2), "soft_balanced": (balanced, soft, 0), "soft_focal": (focal, soft, 0)}  # fmt: skip
    out = {"train": train, "x": x, "targets": targets, "soft": soft}
    for name, (loss, t, e) in cases.items():
        leaf = x.clone().requires_grad_()
        value = loss(leaf, t, e)
        value.backward()
        out |= {name: value.detach().reshape(1), "d" + name: leaf.grad}
    os.makedirs(args.out, exist_ok=True)
    save_file({k: v.float().contiguous() for k, v in out.items()}, os.path.join(args.out, "losses.safetensors"))


if __name__ == "__main__":
    main()
