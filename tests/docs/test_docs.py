"""test_docs.py ROOT MER: what the documents name is there: files, headings, commands and their options."""
import functools
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import unquote

MER = os.path.abspath(sys.argv.pop())
ROOT = Path(sys.argv.pop()).resolve()
LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages():
    """The project's own pages: not what a build, the demonstration or a hidden folder holds."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in ("build", "demo-out")]
        yield from (Path(folder, f) for f in files if f.endswith(".md"))


def prose(page):
    """The lines of a page without its code: blocks stand four blanks in, spans between backticks."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("    "):
            yield line


def commands(page):
    """The commands of mer in a page's blocks of code, each in one line."""
    block = "\n".join(re.findall(r"^    (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)).replace("\\\n", " ")
    for line in block.splitlines():
        line = re.sub(r"--transcribe '[^']*'", "--transcribe COMMAND", line)  # the options of another program
        for part in re.split(r"[|;&]+", line.split("  #")[0]):
            if re.match(r"\s*mer [a-z]", part):
                yield part.split()


@functools.lru_cache(maxsize=None)
def anchors(page):
    """The names of a page's headings, as GitHub makes them."""
    names = set()
    for line in prose(page):
        heading = re.match(r"#+ (.*)", line)
        if not heading:
            continue
        name = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
        count = 1
        unique = name
        while unique in names:
            unique = f"{name}-{count}"
            count += 1
        names.add(unique)
    return names


@functools.lru_cache(maxsize=None)
def help_of(*command):
    return subprocess.run([MER, *command, "--help"], capture_output=True, text=True, check=False).stdout


class Links(unittest.TestCase):
    def linked(self):
        """(page, link, file, anchor) of every link within the project."""
        for page in pages():
            for link in LINK.findall(re.sub(r"`[^`]*`", "", "\n".join(prose(page)))):
                if not re.match(r"[a-z]+:", link):
                    path, _, anchor = unquote(link).partition("#")
                    yield page, link, (page.parent / path).resolve() if path else page, anchor

    def test_links_lead_somewhere(self):
        n = 0
        for page, link, target, anchor in self.linked():
            n += 1
            with self.subTest(page=str(page.relative_to(ROOT)), link=link):
                self.assertTrue(target.exists(), "no such file")
                if anchor:
                    self.assertIn(anchor, anchors(target))
        self.assertGreater(n, 50)

    def test_readme_leads_to_every_document(self):
        readme = ROOT / "README.md"
        reached = {target for page, _, target, _ in self.linked() if page == readme}
        for document in (ROOT / "docs").iterdir():
            with self.subTest(document=document.name):
                self.assertTrue(document in reached or document.suffix != ".md", "README.md does not link to it")


class Commands(unittest.TestCase):
    def test_commands_and_options_exist(self):
        n = 0
        for page in pages():
            for words in commands(page):
                n += 1
                with self.subTest(page=str(page.relative_to(ROOT)), command=" ".join(words)):
                    self.assertTrue(f"\n  {words[1]} " in help_of(), "no such command")
                    for option in (word for word in words[2:] if re.match(r"--[a-z]", word)):
                        self.assertTrue(f" {option} " in help_of(words[1]), f"no option {option}")
        self.assertGreater(n, 50)


if __name__ == "__main__":
    unittest.main()
