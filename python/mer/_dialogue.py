"""Who says an utterance, and what is said around it."""

from ctypes import POINTER, Array, cast, pointer
from typing import Optional, Sequence, Tuple, Union

from ._library import mer_context, mer_request, mer_turn, sequence
from ._speaker import Speaker

#: What somebody says: the text, or (speaker, text).
Turn = Union[str, Tuple[Optional[str], str]]


def _name(speaker: object, expected: str = "str") -> Optional[bytes]:
    """A speaker as the library takes it, which would end it at a zero byte."""
    if speaker is None:
        return None
    if not isinstance(speaker, str):
        raise TypeError(f"a speaker is {type(speaker).__name__}, not {expected}")
    if "\0" in speaker:
        raise ValueError(f"a zero byte in the speaker {speaker!r}")
    return speaker.encode("utf-8", "replace")


def _turns(name: str, given: Sequence[Turn]) -> "Array[mer_turn]":
    given = sequence(name, given, "turns")
    turns = (mer_turn * len(given))()
    for turn, item in zip(turns, given):
        speaker, text = (None, item) if isinstance(item, str) else item if isinstance(item, tuple) and len(item) == 2 else (None, None)
        if not isinstance(text, str):
            raise TypeError(f"a turn of {name} is {type(item).__name__}, not str or (speaker, str)")
        turn.speaker = _name(speaker)
        turn.text = encoded = text.encode("utf-8", "replace")
        turn.text_size = len(encoded)
    return turns


def fill(request: mer_request, speaker: Union[str, Speaker, None], past: Sequence[Turn], future: Sequence[Turn]) -> object:
    """Lets the request refer to its speaker and its context; returns what has to live as long as it is used."""
    before, after = _turns("context", past), _turns("future", future)
    if isinstance(speaker, Speaker):
        request.speaker = speaker._handle
        speaker = speaker.name
    context = mer_context(_name(speaker, "str or mer.Speaker"), cast(before, POINTER(mer_turn)), cast(after, POINTER(mer_turn)), len(before), len(after))
    request.context = pointer(context)
    return context, before, after
