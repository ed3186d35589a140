"""Where the models lie that come with mer."""

import os
from pathlib import Path
from typing import List

from ._library import Error, lib

#: The folders of models, from one above the library: of an installed tree, or of the sources that it was built in.
_BELOW = ("share/mer/models", "models")


def _folders() -> List[Path]:
    """The folders that may hold them, the first that is there counts: what $MER_MODELS names, those above the library, the system's."""
    given = os.environ.get("MER_MODELS")
    if given:
        return [Path(given)]
    above = Path(lib._name).resolve().parents if os.sep in lib._name else ()
    return [parent / below for parent in (*above, Path("/usr/local"), Path("/usr")) for below in _BELOW]


def default_models() -> List[Path]:
    """The models of text and of speech."""
    for folder in _folders():
        models = [folder / "text", folder / "speech"]
        if all((model / "config.json").exists() for model in models):
            return models
    raise Error("NOT_FOUND", "the models that come with mer are not there: $MER_MODELS names the folder that has 'text' and 'speech'")
