"""Emotions of utterances from text and sound, on this machine: libmer for Python.

    import mer

    model = mer.load("fusion-model")
    answer = model.predict(text="You did all this for me?", audio="answer.wav")
    print(answer.label, answer.probs["joy"])

A model may be used from several threads at once: the library computes without the interpreter's lock.
Answers describe expression as it is labelled in data, not what a person feels.
"""

import json
import os
import weakref
from ctypes import c_char_p
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from . import _sound
from ._library import Error, lib, mer_input_data, call, open_handle
from ._sound import Sound

__all__ = ["Answer", "Encoder", "Error", "Model", "Sound", "Utterance", "features", "load", "load_encoder", "set_threads"]
__version__: str = lib.mer_version().decode()


@dataclass(frozen=True)
class Utterance:
    """What is said: its words, its sound, or both."""

    text: Optional[str] = None
    audio: Optional[Sound] = None


@dataclass(frozen=True)
class Answer:
    """A model's answer for one utterance."""

    label: str  #: the most probable
    probs: Dict[str, float]  #: by label
    modalities: Tuple[str, ...]  #: what was there to answer from


class Encoder:
    """A text encoder, from its directory or from that of a model with text."""

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self._handle = open_handle("mer_encoder_open", path)
        weakref.finalize(self, lib.mer_encoder_close, self._handle)
        self.width: int = lib.mer_encoder_describe(self._handle).hidden_size  #: of a vector

    def embed(self, texts: Sequence[str], max_length: int = 128) -> np.ndarray:
        """Last hidden states of [CLS], [n, width]; texts are cut to `max_length` tokens."""
        vectors = np.empty((len(texts), self.width), np.float32)
        call("mer_encoder_embed", vectors.ctypes.data, self._handle, _strings(texts), len(texts), max_length, None)
        return vectors


class Model:
    """A trained classifier."""

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self._path = path
        self._handle = open_handle("mer_model_open", path)
        weakref.finalize(self, lib.mer_model_close, self._handle)
        self._modalities = [lib.mer_model_modality(self._handle, m) for m in range(lib.mer_model_n_modalities(self._handle))]
        self.kind: str = lib.mer_model_kind(self._handle).decode()  #: "text", "audio" or "fusion"
        self.labels: Tuple[str, ...] = tuple(
            lib.mer_model_label(self._handle, i).decode() for i in range(lib.mer_model_n_labels(self._handle)))
        self.modalities: Tuple[str, ...] = tuple(m.name.decode() for m in self._modalities)
        #: architecture, features and training, as in the model's config.json
        self.config: dict = json.loads(lib.mer_model_config(self._handle))
        self._encoder: Optional[Encoder] = None

    def predict(self, text: Optional[str] = None, audio: Optional[Sound] = None) -> Answer:
        """The answer for one utterance. Raises Error if a sound cannot be decoded."""
        return self.predict_batch([Utterance(text, audio)])[0]

    def predict_batch(self, utterances: Sequence[Utterance]) -> List[Answer]:
        """The answers for several utterances, in their order."""
        inputs = (mer_input_data * len(utterances))()
        kept, present = [], []
        for utterance, data in zip(utterances, inputs):
            names = []
            for m, modality in enumerate(self._modalities):
                if modality.is_text and utterance.text is not None:
                    data.text = utterance.text.encode()
                    names.append(self.modalities[m])
                elif modality.from_sound and utterance.audio is not None:
                    kept.append(_sound.compute(utterance.audio, modality.features))
                    data.vectors[m] = kept[-1].ctypes.data
                    names.append(self.modalities[m])
            if not names:
                raise ValueError(f"nothing that the model takes: it takes {', '.join(self.modalities)}")
            present.append(tuple(names))
        probs = np.empty((len(utterances), len(self.labels)), np.float32)
        call("mer_model_predict", probs.ctypes.data, self._handle, inputs, len(utterances), None)
        return [Answer(self.labels[int(row.argmax())], dict(zip(self.labels, row.tolist())), names)
                for row, names in zip(probs, present)]

    def embed(self, texts: Sequence[str], max_length: int = 128) -> np.ndarray:
        """Vectors of the model's text encoder, [n, width]."""
        if self._encoder is None:
            self._encoder = Encoder(self._path)
        return self._encoder.embed(texts, max_length)

    def features(self, audio: Sound) -> np.ndarray:
        """Features of a sound as the model takes them, [rows, frames]."""
        for modality in self._modalities:
            if modality.from_sound:
                return _sound.compute(audio, modality.features)
        raise ValueError("the model takes no sound")


def load(path: "str | os.PathLike[str]") -> Model:
    """Opens a model directory."""
    return Model(path)


def load_encoder(path: "str | os.PathLike[str]") -> Encoder:
    """Opens a text encoder: a BERT directory, or a model with text."""
    return Encoder(path)


def features(audio: Sound, kind: str = "mfcc", *, rate: Optional[int] = None, n_mels: Optional[int] = None,
             n_coefficients: Optional[int] = None, n_frames: Optional[int] = None) -> np.ndarray:
    """Features of a sound, [rows, frames] float32: "mfcc" or "logmel" as torchaudio computes them.

    Zeros are added, or frames dropped, at the end so that there are `n_frames` (default 401)."""
    return _sound.compute(audio, _sound.settings(kind, rate, n_mels, n_coefficients, n_frames))


def set_threads(n: int) -> None:
    """Number of threads that calls from this thread compute on; 0: all processors."""
    lib.mer_threads_set(n)


def _strings(texts: Sequence[str]) -> "object":
    """The texts as an array of char *."""
    if isinstance(texts, str):
        raise TypeError("texts is one string, not a sequence of them")
    return (c_char_p * len(texts))(*(text.encode() for text in texts))
