"""Who speaks, for models that adapt to speakers."""

import weakref
from ctypes import byref, c_void_p
from typing import Optional

from ._library import call, lib


class Speaker:
    """What a model has heard of somebody, as Model.speaker begins it: nothing. Each sound that the model answers for this speaker is
    compared with those before it, and is then one of them. No sound is kept. For one thread at a time."""

    def __init__(self, model: object, predictor: c_void_p, name: Optional[str]) -> None:
        handle = c_void_p()
        call("mer_speaker_create", byref(handle), predictor)
        weakref.finalize(self, lib.mer_speaker_free, handle)
        self._handle = handle
        self._model = model  # which stays open
        self.name = name  #: as models that read dialogues are told it
