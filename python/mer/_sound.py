"""From a file, bytes or samples to features."""

import os
from ctypes import byref, c_void_p, sizeof
from typing import Optional, Tuple, Union

import numpy as np

from ._library import call, lib, mer_audio, mer_audio_options, mer_feature_options, mer_image, mer_sound, path_bytes, whole

#: Sound: the path of any audio or video file; its bytes; or (samples, rate in Hz).
Sound = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, Tuple[np.ndarray, int]]


def as_samples(samples: np.ndarray) -> np.ndarray:
    """Samples [n] or [n, channels] as contiguous float32: floats nominally from -1 to 1, or 16-bit integers."""
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2):
        raise ValueError(f"samples have {samples.ndim} dimensions, not [n] or [n, channels]")
    if samples.dtype.kind == "i" and samples.dtype.itemsize == 2:
        return np.ascontiguousarray(samples, np.float32) / np.float32(32768)
    if samples.dtype.kind != "f":
        raise TypeError(f"samples are {samples.dtype}, not floats or int16")
    return np.ascontiguousarray(samples, np.float32)


def fill_file(media: "mer_sound | mer_image", given: object, name: str, expected: str) -> bytes:
    """Lets `media` refer to a file's path or bytes; returns what has to live as long as it is used."""
    if isinstance(given, (bytes, bytearray, memoryview)):
        media.bytes = data = bytes(given)
        media.n_bytes = len(data)
        return data
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"{name} is {type(given).__name__}, not {expected}")
    media.path = path = path_bytes(given)
    return path


def fill(sound: mer_sound, given: Sound) -> object:
    """Lets `sound` refer to what is given; returns what has to live as long as it is used."""
    if isinstance(given, tuple):
        if len(given) != 2:
            raise ValueError(f"a sound is a tuple of {len(given)}, not (samples, rate)")
        samples = as_samples(given[0])
        sound.samples, sound.n_samples = samples.ctypes.data, len(samples)
        sound.n_channels = samples.shape[1] if samples.ndim == 2 else 1
        sound.rate_hz = whole("rate", given[1])
        return samples
    return fill_file(sound, given, "a sound", "a path, a file's bytes, or (samples, rate)")


def fill_image(image: mer_image, given: object) -> object:
    """Lets `image` refer to what is given; returns what has to live as long as it is used."""
    if not isinstance(given, np.ndarray):
        return fill_file(image, given, "an image", "a path, a file's bytes, or an array [height, width, 3]")
    if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 3:
        raise ValueError(f"an image is an array of {given.dtype} {list(given.shape)}, not of uint8 [height, width, 3]")
    pixels = np.ascontiguousarray(given)
    image.pixels, image.height, image.width = pixels.ctypes.data, *pixels.shape[:2]
    return pixels


def _decode(audio: mer_audio, sound: Sound, options: mer_audio_options) -> None:
    source = mer_sound()
    kept = fill(source, sound)
    if source.path is not None:
        call("mer_audio_decode", byref(audio), source.path, byref(options))
    elif source.samples is not None:
        call("mer_audio_resample", byref(audio), source.samples, source.n_samples, source.n_channels, source.rate_hz, byref(options))
    else:
        call("mer_audio_decode_memory", byref(audio), kept, source.n_bytes, None, byref(options))


def compute(sound: Sound, features: mer_feature_options) -> np.ndarray:
    """Features [rows, frames] of a sound; with n_frames 0 as many frames as it has."""
    options = mer_audio_options()
    lib.mer_audio_options_init(byref(options), sizeof(options))
    options.rate_hz = features.rate_hz
    audio, extractor = mer_audio(), c_void_p()
    call("mer_feature_extractor_create", byref(extractor), byref(features))
    try:
        _decode(audio, sound, options)
        rows, frames = lib.mer_feature_rows(extractor), lib.mer_feature_frames(extractor)
        natural = frames == 0  # as many frames as the sound has, and one after the other
        if natural:
            frames = lib.mer_feature_natural_frames(extractor, audio.n_samples)
        out = np.empty((frames, rows) if natural else (rows, frames), np.float32)
        call("mer_feature_compute", out.ctypes.data, extractor, audio.samples, audio.n_samples)
        return np.ascontiguousarray(out.T) if natural else out
    finally:
        lib.mer_audio_clear(byref(audio))
        lib.mer_feature_extractor_free(extractor)


def settings(kind: str, rate: Optional[int], n_mels: Optional[int], n_coefficients: Optional[int],
             n_frames: Optional[int]) -> mer_feature_options:
    """The options of `kind` with what is not None."""
    if kind not in ("mfcc", "logmel"):
        raise ValueError(f"kind is '{kind}', not 'mfcc' or 'logmel'")
    if n_coefficients is not None and kind != "mfcc":
        raise ValueError(f"n_coefficients does not apply to {kind}")
    options = mer_feature_options()
    lib.mer_feature_options_init(byref(options), sizeof(options), int(kind == "logmel"))
    for name, value in (("rate_hz", rate), ("n_mels", n_mels), ("n_coefficients", n_coefficients), ("n_frames", n_frames)):
        if value is not None:
            setattr(options, name, whole(name, value))
    return options
