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
from ctypes import Array, c_char_p
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _dialogue, _models, _sound
from ._dialogue import Turn
from ._library import Error, call, error_of, lib, mer_answer, mer_contributions, mer_request, open_handle, open_joint, path_bytes, sequence, whole
from ._sound import Sound
from ._speaker import Speaker

__all__ = ["Answer", "Contribution", "Encoder", "Error", "Image", "Model", "Sound", "Speaker", "Turn", "Utterance", "Video", "features", "load", "load_encoder", "set_threads"]
__version__: str = lib.mer_version().decode()


#: A picture: the path of an image, or of a video whose first picture counts; a file's bytes; or an array of uint8 [height, width, 3]:
#: red, green, blue.
Image = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, np.ndarray]


#: A video: its path, or a file's bytes.
Video = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]


@dataclass(frozen=True)
class Utterance:
    """What is said: its words, its sound, a picture of who says it, or several of these; and, for models that read it, who says it and
    what was said before it, the oldest first, and after it. The model adapts to a speaker that is a Speaker, not to a name alone. A
    video is its sound, and the faces in its pictures, where these are not given by themselves."""

    text: Optional[str] = None
    audio: Optional[Sound] = None
    image: Optional[Image] = None
    speaker: Union[str, Speaker, None] = None
    context: Sequence[Turn] = ()
    future: Sequence[Turn] = ()
    video: Optional[Video] = None


@dataclass(frozen=True)
class Contribution:
    """What an answer would be without one of its modalities."""

    difference: Optional[float]  #: the probability of the answer's label less that without the modality; None: not of one label
    label: Optional[str]  #: the most probable one without it; None: the model does not answer one label
    probs: Dict[str, float]  #: by label; empty: the model answers values
    values: Dict[str, float]  #: of a model of values: these by name


@dataclass(frozen=True)
class Answer:
    """A model's answer for one utterance."""

    label: Optional[str]  #: the most probable, or "uncertain" (`min_confidence` of mer.load); None: the model answers values
    probs: Dict[str, float]  #: by label; empty: the model answers values
    logits: Dict[str, float]  #: what the probabilities are the softmax (of several labels the sigmoid) of, divided by the temperature
    modalities: Tuple[str, ...]  #: what the answer is from
    missing: Dict[str, str]  #: what was given and could not be used, and why: {"audio": "silent"}
    labels: Tuple[str, ...] = ()  #: of a model of several labels: those of a probability of at least .5
    values: Dict[str, float] = field(default_factory=dict)  #: of a model of values: these by name
    contributions: Dict[str, Contribution] = field(default_factory=dict)  #: by modality, where they were asked for; empty: one alone
    frames: Tuple[int, int] = (0, 0)  #: of a video: pictures that were looked at, and those with a face


class Encoder:
    """A text encoder, from its directory or from that of a model with text."""

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self._handle = open_handle("mer_encoder_open", path)
        weakref.finalize(self, lib.mer_encoder_close, self._handle)
        self.width: int = lib.mer_encoder_describe(self._handle).hidden_size  #: of a vector

    def embed(self, texts: Sequence[str], max_length: int = 128) -> np.ndarray:
        """Last hidden states of [CLS], [n, width]; texts are cut to `max_length` tokens."""
        strings = _strings(texts)
        vectors = np.empty((len(strings), self.width), np.float32)
        length = whole("max_length", max_length, 64)
        call("mer_encoder_embed", vectors.ctypes.data, self._handle, strings, len(strings), length, None)
        return vectors


class Model:
    """A trained classifier, or several that answer together."""

    def __init__(self, paths: "Sequence[str | os.PathLike[str]]", map_labels: Optional[Mapping[str, Optional[str]]] = None,
                 min_confidence: float = 0, face_detector: "str | os.PathLike[str] | None" = None) -> None:
        self._path = paths[0]
        self._handle = open_joint(paths)
        weakref.finalize(self, lib.mer_predictor_close, self._handle)
        if map_labels is not None:
            call("mer_predictor_map_labels", self._handle, _entries(map_labels))
        call("mer_predictor_set_min_confidence", self._handle, min_confidence)
        if face_detector is not None:
            call("mer_predictor_set_face_detector", self._handle, path_bytes(face_detector))
        model = lib.mer_predictor_model(self._handle)
        self._modalities = [lib.mer_model_modality(model, m) for m in range(lib.mer_model_n_modalities(model))]
        self.kind: str = lib.mer_model_kind(model).decode()  #: "text", "audio", "image" or "fusion"
        self.labels: Tuple[str, ...] = tuple(lib.mer_model_label(model, i).decode() for i in range(lib.mer_model_n_labels(model)))
        #: what it answers: "label" (one), "labels" (any number of them) or "values"
        self.target: str = ("label", "labels", "values")[lib.mer_model_target(model)]
        self.modalities: Tuple[str, ...] = tuple(m.name.decode() for m in self._modalities)
        self.adapts: bool = lib.mer_predictor_adapts(self._handle)  #: whether it adapts to speakers
        #: what the logits are divided by before they become probabilities; 1: the model is not calibrated
        self.temperature: float = lib.mer_model_temperature(model)
        #: architecture, features and training, as in the model's config.json
        self.config: dict = json.loads(lib.mer_model_config(model))
        self._encoder: Optional[Encoder] = None

    def speaker(self, name: Optional[str] = None) -> Speaker:
        """Somebody whom the model has not heard yet, and adapts to. Raises Error if it does not adapt to speakers."""
        return Speaker(self, self._handle, name)

    def predict(self, text: Optional[str] = None, audio: Optional[Sound] = None, image: Optional[Image] = None, *,
                speaker: Union[str, Speaker, None] = None, context: Sequence[Turn] = (), future: Sequence[Turn] = (),
                contributions: bool = False, video: Optional[Video] = None) -> Answer:
        """The answer for one utterance. Raises Error if there is nothing that the model can answer from."""
        answer = self.predict_batch([Utterance(text, audio, image, speaker, context, future, video)], contributions)[0]
        if isinstance(answer, Error):
            raise answer
        return answer

    def predict_batch(self, utterances: Sequence[Utterance], contributions: bool = False) -> List[Union[Answer, Error]]:
        """The answers for several utterances, in their order; an Error in the place of one that has no answer. With `contributions`
        they also say what they would be without each of their modalities."""
        utterances = sequence("utterances", utterances, "mer.Utterance")
        requests = (mer_request * len(utterances))()
        answers = (mer_answer * len(utterances))()
        without = (mer_contributions * len(utterances))() if contributions else None
        kept = []
        for utterance, request in zip(utterances, requests):
            if not isinstance(utterance, Utterance):
                raise TypeError(f"an utterance is {type(utterance).__name__}, not mer.Utterance")
            if not isinstance(utterance.text, (str, type(None))):
                raise TypeError(f"the text of an utterance is {type(utterance.text).__name__}, not str")
            if utterance.text is not None:
                request.text = text = utterance.text.encode("utf-8", "replace")
                request.text_size = len(text)
            if utterance.audio is not None:
                kept.append(_sound.fill(request.sound, utterance.audio))
            if utterance.image is not None:
                kept.append(_sound.fill_image(request.image, utterance.image))
            if utterance.video is not None and utterance.audio is None:
                kept.append(_sound.fill_file(request.sound, utterance.video, "a video", "a path or a file's bytes"))
            if utterance.video is not None and utterance.image is None:
                kept.append(_sound.fill_file(request.image, utterance.video, "a video", "a path or a file's bytes"))
                request.image.faces = True
            kept.append(_dialogue.fill(request, utterance.speaker, utterance.context, utterance.future))
        call("mer_predictor_contributions", answers, without, self._handle, requests, len(utterances))
        return [self._answer(answer, without[i] if without else None) for i, answer in enumerate(answers)]

    def _answer(self, answer: mer_answer, without: Optional[mer_contributions]) -> Union[Answer, Error]:
        if answer.status != 0:
            return error_of(answer.status, answer.message)
        scores = dict(zip(self.labels, answer.probs))
        of_values = self.target == "values"
        return Answer(
            None if of_values else "uncertain" if answer.uncertain else self.labels[answer.label],
            {} if of_values else scores,
            dict(zip(self.labels, answer.logits)),
            tuple(name for name, present in zip(self.modalities, answer.present) if present),
            {name: reason.decode() for name, reason in zip(self.modalities, answer.missing) if reason},
            tuple(name for name, p in scores.items() if p >= 0.5) if self.target == "labels" else (),
            scores if of_values else {},
            {name: self._contribution(without, m) for m, name in enumerate(self.modalities) if without.known[m]} if without else {},
            (answer.n_frames, answer.n_with_face))

    def _contribution(self, without: mer_contributions, m: int) -> Contribution:
        scores = dict(zip(self.labels, without.probs[m]))
        of_values, has_label = self.target == "values", self.target == "label"
        return Contribution(without.differences[m] if has_label else None, self.labels[without.labels[m]] if has_label else None,
                            {} if of_values else scores, scores if of_values else {})

    def embed(self, texts: Sequence[str], max_length: int = 128) -> np.ndarray:
        """Vectors of the model's text encoder, [n, width]."""
        if self._encoder is None:
            self._encoder = Encoder(self._path)
        return self._encoder.embed(texts, max_length)

    def features(self, audio: Sound) -> np.ndarray:
        """Features of a sound as the model takes them, [rows, frames]."""
        for modality in self._modalities:
            if modality.from_sound:
                return _sound.compute(audio, modality.features.contents)
        raise ValueError("the model takes no sound")


def load(path: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]" = (),
         map_labels: Optional[Mapping[str, Optional[str]]] = None, min_confidence: float = 0,
         face_detector: "str | os.PathLike[str] | None" = None) -> Model:
    """Opens a model directory; or several of one modality each, which answer together; without any, the models of text and speech that
    come with mer.

    `map_labels` gives its labels other names, {"happy": "joy", "calm": None}: the probabilities of those that get the same name are
    added, and a label that gets None is dropped. Where the highest probability is below `min_confidence`, the label is "uncertain".
    `face_detector` is the directory of what finds faces in videos (tools/get-encoder centerface)."""
    paths = [path] if isinstance(path, (str, bytes, os.PathLike)) else sequence("path", path, "paths or a single path")
    return Model(paths or _models.default_models(), map_labels, min_confidence, face_detector)


def load_encoder(path: "str | os.PathLike[str]") -> Encoder:
    """Opens a text encoder: a BERT directory, or a model with text."""
    return Encoder(path)


def features(audio: Sound, kind: str = "mfcc", *, rate: Optional[int] = None, n_mels: Optional[int] = None,
             n_coefficients: Optional[int] = None, n_frames: Optional[int] = None) -> np.ndarray:
    """Features of a sound, [rows, frames] float32: "mfcc" or "logmel" as torchaudio computes them.

    Zeros are added, or frames dropped, at the end so that there are `n_frames` (default 401); 0: as many as the sound has."""
    return _sound.compute(audio, _sound.settings(kind, rate, n_mels, n_coefficients, n_frames))


def set_threads(n: int) -> None:
    """Number of threads that calls from this thread compute on; 0: all processors."""
    lib.mer_threads_set(whole("n", n))


def _entries(map_labels: Mapping[str, Optional[str]]) -> bytes:
    """The entries as the library reads them, in which a comma would end one."""
    for name in (*map_labels, *(name for name in map_labels.values() if name is not None)):
        if not isinstance(name, str):
            raise TypeError(f"a label of map_labels is {type(name).__name__}, not str")
        if any(c in name for c in ",=#\n\0"):
            raise ValueError(f"the label {name!r} of map_labels has a comma, '=', '#', an end of a line or a zero byte")
    return "\n".join(f"{name}={other or ''}" for name, other in map_labels.items()).encode("utf-8", "replace")


def _strings(texts: Sequence[str]) -> "Array[c_char_p]":
    """The texts as an array of char *, each of which would end at a zero byte."""
    texts = sequence("texts", texts, "str")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"text {i} is {type(text).__name__}, not str")
        if "\0" in text:
            raise ValueError(f"a zero byte in text {i}")
    return (c_char_p * len(texts))(*(text.encode("utf-8", "replace") for text in texts))
