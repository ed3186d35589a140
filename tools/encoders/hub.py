"""hub.py: an encoder's files from the address of its page on a hub (its files lie at ADDRESS/resolve/main/FILE).

A file that was cut off goes on where it ended, if the server can. No checksum is known here; packages.py, which fetches
wheels by the same function, knows theirs.
"""
import http.client
import json
import os
import re
import urllib.error
import urllib.request

from .failure import Failure
from .progress import Progress

SETTINGS = ("preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
SETTINGS += ("added_tokens.json", "vocab.txt", "vocab.json", "merges.txt")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class Absent(Exception):
    """The server has no such file."""


class Unanswered(Failure):
    """Nothing of a file came."""


def request(url, start):
    headers = {"User-Agent": "get-encoder", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise Absent from None
        if error.code == 416:  # nothing after `start`: the file is whole
            return None
        raise Unanswered(f"{url}: {error}") from None
    except (urllib.error.URLError, http.client.HTTPException, ValueError, OSError) as error:
        raise Unanswered(f"{url}: {getattr(error, 'reason', error)}") from None


def append(answer, path, start, progress):
    """Writes the rest of a file, which begins at byte `start`."""
    with open(path, "ab" if start else "wb") as out:
        while block := answer.read(1 << 20):
            out.write(block)
            progress.add(len(block))


def download(url, path, progress):
    """One file; `path` exists only when it is whole."""
    part = path + ".part"
    start = os.path.getsize(part) if os.path.isfile(part) else 0
    answer = request(url, start)
    if answer:
        with answer:
            start = start if answer.status == 206 else 0  # 200: the whole file comes
            length = answer.headers.get("Content-Length")
            progress.add(start)
            try:
                append(answer, part, start, progress)
            except (OSError, http.client.HTTPException) as error:
                raise Failure(f"{url}: {error}; the next run goes on from here") from None
        if length and os.path.getsize(part) != start + int(length):
            raise Failure(f"{url}: cut off after {os.path.getsize(part)} bytes; the next run goes on from here")
    os.rename(part, path)


def shards(index):
    """The files that an index names, in order; each a bare name."""
    try:
        with open(index, encoding="utf-8") as file:
            names = sorted(set(json.load(file)["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Failure(f"{os.path.basename(index)}: not an index of weights") from None
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]*", name):
            raise Failure(f"{os.path.basename(index)}: expected names of files, found {name!r}")
    return names


class Source:
    """The files of one address; what is whole in `folder` is not fetched again."""

    def __init__(self, url, name, folder):
        self.url, self.folder = url.rstrip("/") + "/resolve/main/", folder
        self.progress = Progress(name)
        self.files = []

    def get(self, file):
        path = os.path.join(self.folder, file)
        if not os.path.isfile(path):
            download(self.url + file, path, self.progress)
        self.files.append(file)
        return path

    def get_if_there(self, file):
        try:
            return self.get(file)
        except Absent:
            return None

    def get_weights(self):
        for file in WEIGHTS:
            if self.get_if_there(file):
                return
            index = self.get_if_there(file + ".index.json")
            if index:
                for shard in shards(index):
                    self.get(shard)
                return
        raise Failure(f"{self.url}: expected {' or '.join(WEIGHTS)}, whole or with an index")


def fetch(url, name, folder, finished):
    """Fetches into `folder` and moves what is whole to `finished`, which is new."""
    source = Source(url, name, folder)
    try:
        source.get("config.json")
        for file in SETTINGS:
            source.get_if_there(file)
        source.get_weights()
    except Absent:
        raise Failure(f"{source.url}: no config.json, or not all the files that its index names") from None
    source.progress.end()
    os.makedirs(finished)
    for file in source.files:
        os.rename(os.path.join(folder, file), os.path.join(finished, file))
