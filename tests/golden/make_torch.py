"""Makes torch/: small files of torch.save in its forms and protocols, and their tensors as torch loads them.

usage: python3 make_torch.py        needs torch and safetensors (made with torch 2.15.0, safetensors 0.8.0)
"""
import collections
import pathlib

import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent / "torch"


def tensors():
    torch.manual_seed(0)
    state = collections.OrderedDict()
    values = torch.randn(3, 4) * 50
    for dtype in ("float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"):
        state[f"of.{dtype}"] = values.to(getattr(torch, dtype))
    shared = torch.arange(24, dtype=torch.float32)
    state["shared.whole"] = shared
    state["shared.part"] = shared[5:11]
    state["shared.transposed"] = shared.view(4, 6).t()
    state["shared.permuted"] = shared.view(2, 3, 4).permute(2, 0, 1)
    state["shared.every_third"] = shared[1::3]
    state["shared.column"] = shared.view(4, 6)[:, 2:3]
    state["repeated"] = torch.tensor([1.5, 2.5]).expand(3, 2)
    state["scalar"] = torch.tensor(7.25)
    state["one"] = torch.ones(1, 1, 1)
    state["empty"] = torch.empty(0, 3)
    state["empty.part"] = shared[24:]
    state["parameter"] = torch.nn.Parameter(torch.randn(2, 2, 2, 2))
    state["größe"] = torch.tensor([3, 4])
    state._metadata = collections.OrderedDict({"": {"version": 1}, "of": {"version": 2}})
    return state


def main():
    FOLDER.mkdir(exist_ok=True)
    state = tensors()
    torch.save(state, FOLDER / "zip.bin")
    torch.save(dict(state), FOLDER / "zip-protocol1.bin", pickle_protocol=1)
    torch.save(state, FOLDER / "zip-protocol4.bin", pickle_protocol=4)
    torch.save(state, FOLDER / "zip-protocol5.bin", pickle_protocol=5)
    torch.save(state, FOLDER / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(state, FOLDER / "legacy-protocol4.bin", pickle_protocol=4, _use_new_zipfile_serialization=False)
    for path in sorted(FOLDER.glob("*.bin")):
        loaded = torch.load(path, weights_only=False)
        assert all(torch.equal(loaded[name], state[name]) for name in state) and len(loaded) == len(state)
    expected = {name: tensor.detach().clone().contiguous() for name, tensor in loaded.items()}
    safetensors.torch.save_file(expected, FOLDER / "expected.safetensors")


main()
