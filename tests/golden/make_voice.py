"""Golden probabilities of speech by Silero's network of voice activity.

Makes voice/voice.safetensors with
  random   [N] f32  of a network of the same shape whose weights are a formula (below, and in tests/voice/test_voice.c), in
                    PyTorch, for a sound that is one, too; its spectra are Fourier transforms of a window, as the original's
  silero   [N] f32  of the original in ONNX Runtime, for sample/meld/train_splits/dia0_utt2.opus, as the library decodes it

Versions: torch 2.15.0, onnxruntime 1.32.0, silero-vad 6.2.3.
Command:  python make_voice.py LIBRARY ENCODER ONNX     (as tests/parity/voice_parity.py; writes into voice/)
"""

import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "parity"))
from mer_voice import CONTEXT, FRAME, Silero, Voice  # noqa: E402 (the path first)

N_SAMPLES = 512 * 40 + 100  # the last frame is not whole
SHAPES = {
    "stft_conv.weight": (258, 1, 256),
    "conv1.weight": (128, 129, 3),
    "conv1.bias": (128,),
    "conv2.weight": (64, 128, 3),
    "conv2.bias": (64,),
    "conv3.weight": (64, 64, 3),
    "conv3.bias": (64,),
    "conv4.weight": (128, 64, 3),
    "conv4.bias": (128,),
    "lstm_cell.weight_ih": (512, 128),
    "lstm_cell.weight_hh": (512, 128),
    "lstm_cell.bias_ih": (512,),
    "lstm_cell.bias_hh": (512,),
    "final_conv.weight": (1, 128, 1),
    "final_conv.bias": (1,),
}


def scattered(n, seed):
    """[n] values in [-1, 1): a hash of their places, exact in f32."""
    x = (np.arange(n, dtype=np.uint64) + 1) * np.uint64(2654435761) + np.uint64(seed) * np.uint64(40503)
    x = (x ^ (x >> np.uint64(15))) & np.uint64(0xFFFF)
    return (x.astype(np.float32) - 32768) / 32768


def fourier(window):
    """The Fourier transform of a window as the weight of a convolution: cosines, then sines."""
    bins = np.arange(129)[:, None] * np.arange(256)[None] % 256
    turns = np.cos(2 * np.pi * bins / 256), -np.sin(2 * np.pi * bins / 256)
    return (np.concatenate(turns) * window).astype(np.float32)


def random_weights():
    weights = {}
    for seed, (name, shape) in enumerate(SHAPES.items()):
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 64
        scale = np.float32(4 / np.sqrt(np.float32(fan_in)))
        values = fourier(scattered(256, seed)) if seed == 0 else scattered(int(np.prod(shape)), seed)
        weights[name] = torch.from_numpy(values.reshape(shape) * scale)
    return weights


def run(w, samples):
    n = -(-len(samples) // FRAME)
    x = torch.zeros(CONTEXT + n * FRAME)
    x[CONTEXT : CONTEXT + len(samples)] = torch.from_numpy(samples)
    h = c = torch.zeros(1, 128)
    probs = []
    for i in range(n):
        y = F.pad(x[None, None, i * FRAME : (i + 1) * FRAME + CONTEXT], (0, CONTEXT), "reflect")
        y = F.conv1d(y, w["stft_conv.weight"], stride=128)
        y = (y[:, :129] ** 2 + y[:, 129:] ** 2).sqrt()
        for layer, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
            y = F.conv1d(y, w[layer + ".weight"], w[layer + ".bias"], stride=stride, padding=1).relu()
        gates = F.linear(y[:, :, 0], w["lstm_cell.weight_ih"], w["lstm_cell.bias_ih"])
        gates = gates + F.linear(h, w["lstm_cell.weight_hh"], w["lstm_cell.bias_hh"])
        i_, f, g, o = gates.chunk(4, 1)
        c = f.sigmoid() * c + i_.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        probs.append(torch.sigmoid(F.conv1d(h.relu()[:, :, None], w["final_conv.weight"], w["final_conv.bias"])).item())
    return np.array(probs, np.float32)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    samples = Voice(*sys.argv[1:3]).decode(os.path.join(HERE, "../../sample/meld/train_splits/dia0_utt2.opus"))
    golden = {"random": run(random_weights(), scattered(N_SAMPLES, 99)), "silero": Silero(sys.argv[3]).whole(samples)}
    save_file(golden, os.path.join(HERE, "voice", "voice.safetensors"))
    for name, probs in golden.items():
        print(name, len(probs), probs.min(), probs.max())


if __name__ == "__main__":
    main()
