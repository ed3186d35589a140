"""index.py: where a wheel lies, by the index that pip is configured for (PEP 503: a page of links for each package).

What this cannot find, because of a login, say, or of a proxy that pip alone knows, is left to pip.
"""
import ast
import html
import http.client
import re
import subprocess
import sys
import urllib.parse

from . import hub
from .failure import Failure

PYPI = "https://pypi.org/simple"
HREF = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def settings():
    """pip's own, {name: value}: of all its commands, of its downloads, of the environment; later ones win. None if pip fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    found = {}
    for section in ("global.", "download.", ":env:."):
        for line in done.stdout.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                found[name.removeprefix(section)] = ast.literal_eval(value)
    return found


def address(package, file):
    """The URL of `file`, a wheel of `package`; None if only pip may know it."""
    known = settings()
    if known is None or known.keys() & {"no-index", "proxy"}:
        return None
    try:
        return find(file, known.get("index-url", PYPI).rstrip("/") + f"/{package}/")
    except (Failure, hub.Absent, http.client.HTTPException, OSError, ValueError):  # also an address that is none
        return None


def find(file, page):
    """Where a page of the index says that `file` is, or None."""
    if "@" in urllib.parse.urlsplit(page).netloc:  # a login
        return None
    with hub.request(page, 0) as answer:
        page, text = answer.url, answer.read().decode(errors="replace")
    for link in HREF.findall(text):
        url = urllib.parse.urldefrag(urllib.parse.urljoin(page, html.unescape(link))).url
        if urllib.parse.urlsplit(url).path.endswith("/" + file):
            return url
    return None
