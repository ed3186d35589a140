"""The training that the golden networks go through, in PyTorch."""

import torch


def adamw_losses(parameters, loss_of, n_steps=5):
    """The losses after 0..n_steps steps of AdamW (lr 1e-3, decay .01 on all parameters) on one batch; `loss_of` computes a loss."""
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01)
    losses = []
    for step in range(n_steps + 1):
        optimizer.zero_grad()
        loss = loss_of()
        losses.append(loss.item())
        if step < n_steps:
            loss.backward()
            optimizer.step()
    return losses
