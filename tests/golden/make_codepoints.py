"""What Hugging Face's BERT normalizer and pre-tokenizer do to every code point.

Makes text/codepoints.txt: lines `LO HI KIND` (hexadecimal, inclusive; a range of one kind) of U+0000..U+10FFFF without
surrogates. KIND is what becomes of "a" + c + "a": `j` c is dropped (joined), `s` c is a blank, `i` c stands alone (punctuation
or CJK), `w` c is part of the word. Then lines `= BLOCK CRC` for each block of 4096 code points: the CRC-32 (zlib's) of the
UTF-8 of all their normalized forms, one after another (clean text, CJK blanks, accents stripped, lower case).

Versions: tokenizers 0.23.3, whose tables of general categories are of an older Unicode than its lower-casing.
Command:  python make_codepoints.py [--out text]
"""

import argparse
import itertools
import os
import zlib

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

NORMALIZER = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
SPLITTER = BertPreTokenizer()


def kind(c):
    words = [w for w, _ in SPLITTER.pre_tokenize_str(NORMALIZER.normalize_str(f"a{c}a"))]
    return "j" if words == ["aa"] else {1: "w", 2: "s", 3: "i"}[len(words)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "text"))
    args = ap.parse_args()
    chars = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    with open(os.path.join(args.out, "codepoints.txt"), "w") as f:
        for (k, _), group in itertools.groupby(((kind(c), c) for c in chars), key=lambda x: (x[0], x[1] > "\ud7ff")):
            group = [c for _, c in group]
            f.write(f"{ord(group[0]):X} {ord(group[-1]):X} {k}\n")
        for block, group in itertools.groupby(chars, key=lambda c: ord(c) >> 12):
            text = "".join(NORMALIZER.normalize_str(c) for c in group)
            f.write(f"= {block:X} {zlib.crc32(text.encode()):08X}\n")


if __name__ == "__main__":
    main()
