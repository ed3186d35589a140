"""progress.py: one line on stderr that says how much of a download is there."""
import sys


class Progress:
    """On a terminal the line is written anew as bytes arrive; elsewhere it is written once."""

    def __init__(self, name, total=None):
        self.name, self.total, self.done, self.shown = name, total, 0, None
        self.terminal = sys.stderr.isatty()
        if not self.terminal:
            size = f" ({total / 1e6:.0f} MB)" if total else ""
            print(f"fetching {name}{size}", file=sys.stderr, flush=True)

    def add(self, n_bytes):
        self.at(self.done + n_bytes)

    def at(self, done):
        self.done = done
        if not self.terminal or self.shown == done // 1_000_000:
            return
        self.shown = done // 1_000_000
        whole = f" of {self.total / 1e6:.0f}" if self.total else ""
        print(f"\rfetching {self.name}: {done / 1e6:.0f}{whole} MB\033[K", end="", file=sys.stderr, flush=True)

    def end(self):
        if self.terminal and self.shown is not None:
            print(file=sys.stderr)
