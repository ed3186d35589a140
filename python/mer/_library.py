"""libmer.so through ctypes: the declarations of include/mer/ that this package uses.

ctypes.CDLL releases the interpreter's lock while a call runs, so threads compute side by side.
"""

import ctypes
import operator
import os
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path

SONAME = "libmer.so.0.1"
MAX_MODALITIES = 6
MAX_LABELS = 64


class mer_error(Structure):
    _fields_ = [("status", c_int), ("position", c_int64), ("message", c_char * 512)]


class mer_audio_options(Structure):
    _fields_ = [("size", c_size_t), ("rate_hz", c_int), ("max_duration_s", c_double)]


class mer_audio(Structure):
    _fields_ = [("samples", POINTER(c_float)), ("n_samples", c_int64), ("rate_hz", c_int), ("source_rate_hz", c_int),
                ("source_channels", c_int), ("n_errors", c_int64), ("n_bad_samples", c_int64), ("peak", c_float),
                ("mixed_peak", c_float), ("channel_peak", c_float), ("reserved", c_uint64 * 8)]


class mer_feature_options(Structure):
    _fields_ = [("size", c_size_t), ("kind", c_int), ("rate_hz", c_int), ("n_fft", c_int), ("hop", c_int), ("n_mels", c_int),
                ("n_coefficients", c_int), ("top_db", c_double), ("n_frames", c_int)]


class mer_encoder_info(Structure):
    _fields_ = [("hidden_size", c_int64), ("n_layers", c_int64), ("n_heads", c_int64), ("intermediate_size", c_int64),
                ("vocab_size", c_int64), ("max_positions", c_int64), ("n_parameters", c_int64), ("dtype", c_char_p),
                ("hears", c_bool), ("reserved", c_uint64 * 7)]


class mer_modality_info(Structure):
    _fields_ = [("name", c_char_p), ("is_text", c_bool), ("from_sound", c_bool), ("from_image", c_bool), ("by_speaker", c_bool),
                ("width", c_int64), ("features", POINTER(mer_feature_options)), ("max_duration_s", c_double), ("reserved", c_uint64 * 7)]


class mer_sound(Structure):
    _fields_ = [("path", c_char_p), ("bytes", c_char_p), ("n_bytes", c_size_t), ("samples", c_void_p), ("n_samples", c_int64),
                ("n_channels", c_int), ("rate_hz", c_int), ("reserved", c_uint64 * 4)]


class mer_image(Structure):
    _fields_ = [("path", c_char_p), ("bytes", c_char_p), ("n_bytes", c_size_t), ("pixels", c_void_p), ("height", c_int64),
                ("width", c_int64), ("faces", c_bool), ("reserved", c_uint64 * 3)]


class mer_turn(Structure):
    _fields_ = [("speaker", c_char_p), ("text", c_char_p), ("text_size", c_size_t), ("reserved", c_uint64 * 2)]


class mer_context(Structure):
    _fields_ = [("speaker", c_char_p), ("past", POINTER(mer_turn)), ("future", POINTER(mer_turn)), ("n_past", c_int64),
                ("n_future", c_int64), ("reserved", c_uint64 * 3)]


class mer_request(Structure):
    _fields_ = [("text", c_char_p), ("text_size", c_size_t), ("sound", mer_sound), ("vectors", c_void_p * MAX_MODALITIES),
                ("image", mer_image), ("context", POINTER(mer_context)), ("speaker", c_void_p), ("reserved", c_uint64 * 2)]


class mer_answer(Structure):
    _fields_ = [("status", c_int), ("label", c_int32), ("n_labels", c_int32), ("probs", c_float * MAX_LABELS),
                ("logits", c_float * MAX_LABELS), ("present", c_bool * MAX_MODALITIES), ("missing", c_char_p * MAX_MODALITIES),
                ("message", c_char * 512), ("uncertain", c_bool), ("n_frames", c_int32),
                ("n_with_face", c_int32), ("reserved", c_uint64 * 14)]


class mer_contributions(Structure):
    _fields_ = [("known", c_bool * MAX_MODALITIES), ("labels", c_int32 * MAX_MODALITIES), ("differences", c_float * MAX_MODALITIES),
                ("probs", (c_float * MAX_LABELS) * MAX_MODALITIES), ("reserved", c_uint64 * 8)]


class Error(Exception):
    """What libmer reports: `status` is a word such as "NOT_FOUND" or "FORMAT", the message one line that names the fault."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def _open() -> ctypes.CDLL:
    """The library beside this file, as a wheel has it; else the one that MER_LIBRARY names, or the system's."""
    beside = Path(__file__).with_name(SONAME)
    return ctypes.CDLL(os.environ.get("MER_LIBRARY") or str(beside if beside.exists() else SONAME))


lib = _open()

_ERROR = POINTER(mer_error)
_PROTOTYPES = {
    "mer_version": (c_char_p,),
    "mer_status_name": (c_char_p, c_int),
    "mer_threads_set": (None, c_int),
    "mer_audio_options_init": (None, POINTER(mer_audio_options), c_size_t),
    "mer_audio_decode": (c_int, POINTER(mer_audio), c_char_p, POINTER(mer_audio_options), _ERROR),
    "mer_audio_decode_memory": (c_int, POINTER(mer_audio), c_char_p, c_size_t, c_char_p, POINTER(mer_audio_options), _ERROR),
    "mer_audio_resample": (c_int, POINTER(mer_audio), c_void_p, c_int64, c_int, c_int, POINTER(mer_audio_options), _ERROR),
    "mer_audio_clear": (None, POINTER(mer_audio)),
    "mer_feature_options_init": (None, POINTER(mer_feature_options), c_size_t, c_int),
    "mer_feature_extractor_create": (c_int, POINTER(c_void_p), POINTER(mer_feature_options), _ERROR),
    "mer_feature_extractor_free": (None, c_void_p),
    "mer_feature_rows": (c_int, c_void_p),
    "mer_feature_frames": (c_int, c_void_p),
    "mer_feature_natural_frames": (c_int64, c_void_p, c_int64),
    "mer_feature_compute": (c_int, c_void_p, c_void_p, c_void_p, c_int64, _ERROR),
    "mer_encoder_open": (c_int, POINTER(c_void_p), c_char_p, _ERROR),
    "mer_encoder_close": (None, c_void_p),
    "mer_encoder_describe": (mer_encoder_info, c_void_p),
    "mer_encoder_embed": (c_int, c_void_p, c_void_p, POINTER(c_char_p), c_int64, c_int64, c_void_p, _ERROR),
    "mer_model_kind": (c_char_p, c_void_p),
    "mer_model_n_labels": (c_int32, c_void_p),
    "mer_model_label": (c_char_p, c_void_p, c_int32),
    "mer_model_target": (c_int, c_void_p),
    "mer_model_temperature": (c_double, c_void_p),
    "mer_model_config": (c_char_p, c_void_p),
    "mer_model_n_modalities": (c_int, c_void_p),
    "mer_model_modality": (mer_modality_info, c_void_p, c_int),
    "mer_predictor_open": (c_int, POINTER(c_void_p), c_char_p, _ERROR),
    "mer_predictor_open_joint": (c_int, POINTER(c_void_p), POINTER(c_char_p), c_int, _ERROR),
    "mer_predictor_close": (None, c_void_p),
    "mer_predictor_map_labels": (c_int, c_void_p, c_char_p, _ERROR),
    "mer_predictor_set_face_detector": (c_int, c_void_p, c_char_p, _ERROR),
    "mer_predictor_set_min_confidence": (c_int, c_void_p, c_double, _ERROR),
    "mer_predictor_model": (c_void_p, c_void_p),
    "mer_predictor_adapts": (c_bool, c_void_p),
    "mer_speaker_create": (c_int, POINTER(c_void_p), c_void_p, _ERROR),
    "mer_speaker_free": (None, c_void_p),
    "mer_predictor_contributions": (c_int, POINTER(mer_answer), POINTER(mer_contributions), c_void_p, POINTER(mer_request), c_int64,
                                    _ERROR),
}
for _name, (_result, *_arguments) in _PROTOTYPES.items():
    _function = getattr(lib, _name)
    _function.restype = _result
    _function.argtypes = _arguments


def error_of(status: int, message: bytes) -> Error:
    """The exception for a status of the library and its message."""
    return Error(lib.mer_status_name(status).decode(), message.decode("utf-8", "replace"))


def call(name: str, *arguments: object) -> None:
    """Calls a function that takes an error last; raises Error where it fails."""
    error = mer_error()
    status = getattr(lib, name)(*arguments, byref(error))
    if status != 0:
        raise error_of(status, error.message)


def path_bytes(path: "str | os.PathLike[str]") -> bytes:
    """The path as the library takes it, which would end it at a zero byte."""
    encoded = os.fsencode(path)
    if 0 in encoded:
        raise ValueError(f"a zero byte in the path {path!r}")
    return encoded


def open_joint(paths: "Sequence[str | os.PathLike[str]]") -> c_void_p:
    """The predictor of the models of several directories, which answer together."""
    handle = c_void_p()
    folders = [path_bytes(path) for path in paths]
    call("mer_predictor_open_joint", byref(handle), (c_char_p * len(folders))(*folders), len(folders))
    return handle


def whole(name: str, value: object, bits: int = 32) -> int:
    """A whole number of so many bits, which ctypes would cut to them."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is {type(value).__name__}, not a whole number") from None
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueError(f"{name} is {number}, not a number of {bits} bits")
    return number


def sequence(name: str, values: object, of: str) -> list:
    """The values as a list; a single text or something else that holds none is refused."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} is one {type(values).__name__}, not a sequence of {of}")
    return list(values)  # type: ignore[call-overload]


def open_handle(name: str, path: "str | os.PathLike[str]") -> c_void_p:
    """The object that an `open` function makes of a directory."""
    handle = c_void_p()
    call(name, byref(handle), path_bytes(path))
    return handle
