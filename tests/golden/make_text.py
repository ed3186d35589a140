"""Golden token ids of Hugging Face's fast BERT tokenizer (lower-casing) on adversarial strings.

Makes text/vocab.txt (a small subset of a full BERT vocabulary, in its order) and text/cases.jsonl, one object a line:
{"text", "pair" (optional), "max_length", "ids", "type_ids"}. Non-ASCII characters are \\u escapes; some texts hold \\u0000.
With --full FILE the same cases are also written with the ids of the full vocabulary (not committed).

Versions: transformers 5.23.0, tokenizers 0.23.3, vocabulary of bert-base-uncased (30,522 entries).
Command:  python make_text.py --vocab ENCODER/vocab.txt [--out text] [--full FILE]
"""

import argparse
import json
import os
import random
import string
import unicodedata

from transformers import BertTokenizerFast

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_LENGTH = 128

PLAIN = """
hello world
The quick brown fox jumps over the lazy dog.
I can't believe you're leaving; it's over, isn't it?
WHAT ARE YOU DOING HERE?!
no no no no no
unaffable embeddings tokenization antidisestablishmentarianism
running runner ran runs
3.14159 1,000,000 2nd 50% 24/7 10:30pm 1e-5 0x1F
mail me at someone@example.org or see https://example.org/a_b?c=d&e=f#g
snake_case CamelCase kebab-case dot.case x86_64 C++ C# F#
Wait... what?! Oh -- my -- goodness!!!
Mr. O'Neil-Smith, Ph.D., isn't here (yet).
a
I
?
.
''
``quoted'' text
rock'n'roll 'tis 'twas o'clock
hmm mmm uhh ahh ooooooh nooooooo
"""

SCRIPTS = """
Crème brûlée, déjà vu, naïve façade, Ångström, jalapeño
Žluťoučký kůň příliš úpěl ďábelské ódy
Pchnąć w tę łódź jeża lub ośm skrzyń fig
Árvíztűrő tükörfúrógép
Þórður ætlaði að læðast í Öræfi; smørrebrød på Ærø
Straße GROẞ groß STRASSE Maße
İstanbul ISPARTA ığdır İİ iİ I
Đặng Thị Hồng Ngọc nghiêng người
ŉ Ŋ ſ ſt ﬁ ﬂ ﬃ ﬆ Ǆ ǅ ǆ Ǉ ǈ ǉ
Ə ə Ɓ ɓ Ȼ ȼ Ⱥ ⱥ Ⱦ ⱦ
Ελληνικά ΌΛΑ ΟΔΥΣΣΕΥΣ Σίσυφος ΣΑΣ ς σ Σ
ᾼ ᾳ ᾈ ῼ ΐ ΰ ᾲ ᾷ Ὂ ἄνθρωπος
Съешь ещё этих мягких французских булок
Київ їжак ґанок Й й Ё ё Ў ў Ѓ ѓ
Ѣ ѣ Ѳ ѳ Ҋ ҋ Ӂ ӂ Ӑ ӑ
مرحبا بالعالم، كيف حالك؟
مُحَمَّد الْعَرَبِيَّة لا إله ﷺ ﷲ
گچپژ فارسی نیم‌فاصله می‌خواهم
۱۲۳۴۵ ٠١٢٣٤٥ ٪ ٫ ٬
שלום עולם שָׁלוֹם בְּרֵאשִׁית ״ציטוט״ ־
ײַ יִ שׁ שׂ אַ
नमस्ते दुनिया हिन्दी क्षत्रिय ज़ क़ ऱ ।
বাংলা ভাষা কো কৌ য় ড়
தமிழ் தெலுగు ಕನ್ನಡ മലയാളം
สวัสดีชาวโลก น้ำ เก้า กำ
ພາສາລາວ ខ្មែរ မြန်မာ
བོད་སྐད། ཀྵ
ქართული ᲥᲐᲠᲗᲣᲚᲘ Ⴀ ⴀ
Հայերեն և ՙ՚
አማርኛ ፡ ። ᎣᏏᏲ Ꭰ ꭰ
你好世界
中文和English混排，没有空格。
我爱北京天安门！「引号」『书名』【括号】
𠀀𠀁𠮷野家 𪚥 𫝀 𫠝 𬺠 𰀀
㐀㐁䶵 豈更 丽丸
こんにちは世界。カタカナ、ひらがな
がぎぐ がぎぐ パピプ パピプ ー〜
ｶﾞｷﾞ ﾊﾟ ＡＢＣ ａｂｃ １２３ ！？
안녕하세요 세계 한국어 가각 힣
가나다 각 ᄀᆞ ᅟᅠ ㅋㅋㅋ ㅠㅠ
ᠮᠣᠩᠭᠣᠯ ߒߞߏ ⵜⴰⵎⴰⵣⵉⵖⵜ
𐐀𐐨 𐌀𐌁 𝕳𝖊𝖑𝖑𝖔 𝒲 𝟘𝟙 ℌ ℵ
Ⅷ ⅷ Ⓐ ⓐ ① ㊀ ㍿ ½ ² ₂ ™ ℃ Å K Ω
"""

SYMBOLS = """
😀 😃😄 hello😀world
👨‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 🏴‍☠️
👍🏻👍🏿 🤦🏾‍♂️ ✌️ ☺️ ☺
🇩🇪🇫🇷 🇺🇳 1️⃣ #️⃣ *️⃣
❤️ ♥ ♡ ★ ☆ ☎ ✓ ✗
“curly quotes” ‘single’ ’tis „low‟ «guillemets» ‹x›
it’s don’t we’ll I’m y’all’d’ve ‘em’
en–dash em—dash ‒ ― − ‐ ‑ ⁃
ellipsis… two‥ one․
a+b=c a<b>c 2*3 5×3÷2 ±1 ≠ ≤ ≥ ≈ ∞ ∑ ∫ √ ∂ ∇ ∈ ∉ ∪
$5 €5 £5 ¥5 ₩5 ₽5 ₿5 ¢ ¤ ﷼ ฿
© ® ™ § ¶ † ‡ • · ° º ª ¬ ¦ ¨ ¯ ´ ¸
← → ↑ ↓ ⇒ ⇔ ■ □ ▲ ● ◆ ─ │ ┌ ░ █
¡hola! ¿qué tal? ⁇ ‽ ⸘ ‼ ⁉
、。〈〉《》〔〕〖〗〘〙・゠
，．：；？！（）［］｛｝～＠＃＄％＾＆＊＿＋＝
⟨angle⟩ ⌈ceil⌉ ⌊floor⌋ ⦃x⦄ ❨y❩
♀ ♂ ♪ ♫ ♭ ♯
⁰ⁱ⁲⁳⁴ ₐₑₒ ʰʲʳ ˈ ˌ ː ˚ ˙
"""

CODEPOINTS = [
    "a\u0000b", "\u0000", "\u0000\u0000 x", "a\ufffdb", "\ufffd", "a\ue000b", "\uf8ff", "\U000f0000x\U0010fffd",
    "a\u00a0b", "a\u3000b", "a\u00adb", "co\u00adop\u00ader\u00adate", "a\u200bb", "a\u200cb", "a\u200db", "a\u200eb",
    "a\u200fb", "a\u2028b", "a\u2029b", "a\u0085b", "a\u2060b", "a\ufeffb", "\ufeffhello", "a\u180eb", "a\u1680b",
    "a\u202ab\u202cc", "a\u2066b\u2069c", "a\u061cb", "a\u00a0\u00a0b", "a\u202fb", "a\u205fb",
    "a\u2000b\u2001c\u2002d\u2003e\u2004f\u2005g\u2006h\u2007i\u2008j\u2009k\u200al", "a\u115fb", "a\u1160b", "a\u3164b",
    "a\u2800b", "a\u034fb", "a\u17b4b", "a\ufe0fb", "a\ufe00b", "a\U000e0100b", "a\U000e0001b", "a\U000e0041b",
    "a\u0001b\u0002c", "a\u0007b", "a\u0008b", "a\u000bb", "a\u000cb", "a\u001bb", "a\u001cb\u001db\u001eb\u001fb",
    "a\u007fb", "a\u0080b\u009fc", "tab\there", "line\nfeed", "carriage\rreturn", "crlf\r\nhere", "a \t\n\r b",
    "a\ufff9b\ufffac\ufffbd", "a\ufffcb", "a\ufffeb", "a\uffffb", "a\U0001ffffb", "a\U0010ffffb", "a\u0378b", "a\ufdd0b",
    "a\u0600b", "a\u06ddb", "a\u070fb", "a\u08e2b", "a\U000110bdb", "a\U0001d173b", "a\U0001bca0b",
]  # fmt: skip

MARKS = [
    "e\u0301", "e\u0301\u0323", "e\u0323\u0301", "\u0301e", "\u0301", "\u0301\u0302\u0303", " \u0301 ", "a \u0301b",
    "q\u0307\u0323", "q\u0323\u0307", "\u1e69", "s\u0307\u0323", "\u00e9\u0301", "a\u0308\u0304", "\u01d5", "\u1ebf",
    "i\u0307", "I\u0307", "\u0130", "\u0131\u0307", "\u1e9b\u0323", "o\u0338", "\u00f8", "\u2260", "=\u0338", "<\u0338",
    "a\u20dd", "a\u0488", "a\u20e3", "1\ufe0f\u20e3", "\u0345\u03b1", "\u1fb3", "\u03b1\u0345\u0301", "\u0344", "\u0340",
    "\u0387", "\u037e", "\u1fef", "\u212a", "\u212b", "\u2126", "\u00b5 \u03bc", "\u2000", "\u2329x\u232a", "\u0958",
    "\u0915\u093c", "\u0929", "\u09cb", "\u0b94", "\u0cca", "\u0d4a", "\u0f43", "\u0f73", "\u0f81", "\u1026", "\u1b06",
    "\u304c \u304b\u3099", "\u30d1 \u30cf\u309a", "\u309b", "\uff76\uff9e", "\uac00", "\u1100\u1161", "\uac01 \uac00\u11a8",
    "\u1112\u1161\u11ab", "\ud7a3", "\ua960", "\ud7b0", "\ufb1d", "\ufb2a", "\U0001d15e", "\U000110ab", "\U0002f800",
    "\ufa0e\ufa0f", "\ufa10", "\u0e33", "\u0e01\u0e49\u0e33", "\u0f77", "\u0903", "\u093e", "\u0bbe", "\u1e00", "Z" + "\u0300" * 30 + "algo",
    "".join("gla" + chr(0x300 + 3 * i) for i in range(30)), "\u05d1\u05bc\u05b0", "\u0628\u0651\u064e", "\u0628\u064e\u0651",
    "\u1abe x\u1dc4 x\u20d0 x\ufe20", "a\U0001e000b", "a\U00016af0b", "a\U0001e130b", "a\u08d3b", "a\u0afab", "a\u1df6b",
    "a\u0c04b", "a\u1abfb", "a\U00010ec8b", "\ua7b0 \ua7ab \ua7bc \ua7c2", "\U0001e900\U0001e922", "\U00010c80\U00010cc0", "\u1c80 \u1c90",
]  # fmt: skip

SPECIAL_TEXT = [
    "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "[CLS] hello [SEP]", "a[MASK]b", "a [MASK] b", "[cls]", "[Cls]", "[mask]",
    "[ MASK ]", "[MASK", "MASK]", "[[MASK]]", "[MASK][MASK]", "[PAD][PAD][PAD]", "[unused0]", "[unused1]", "##ing", "## ing",
    "run##ning", "[CLS", "CLS]", "[SEP].", "x[SEP]y[SEP]z", "[MA\u200bSK]", "[MASK\u0301]", "[MASK]\u0301", "\u00a0[MASK]\u00a0",
    "[MASK]\n", "  [MASK]  ", "[UNK]\u4e2d[UNK]", "\uff3bMASK\uff3d", "<s> </s> <mask> <pad>", "[S\u0000EP]", "[\u0130CLS]", "e[SEP]\u0301",
    "[CLS][SEP]" * 70, "[PAD] " * 130,
]  # fmt: skip


def words_of(n):
    return [
        "a" * n, "ab" * (n // 2) + "a" * (n % 2), "\u00e9" * n, "e\u0301" * n, "\u0416" * n, "A" * n, "1" * n, "\u0e01" * n,
        "x" * (n - 1) + "\u4e2d", "un" * (n // 2) + "!" * 3, "\u00ad" + "b" * n, "\U0001f600" * n, "\uac00" * (n // 3 + 1),
    ]  # fmt: skip


def cases():
    texts = ["", " ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\u00ad", "\u0301", " \t\n \u00a0 \u3000"]
    for block in (PLAIN, SCRIPTS, SYMBOLS):
        texts += block.strip("\n").split("\n")
    texts += CODEPOINTS + MARKS + SPECIAL_TEXT
    texts += [c for c in string.punctuation] + [f"a{c}b" for c in string.punctuation]
    texts += [string.punctuation, string.punctuation[::-1] * 4, "".join(f"{c} " for c in string.punctuation)]
    for n in (99, 100, 101, 200):
        texts += words_of(n)
    texts += ["a" * 5000, "word " * 125, "word " * 126, "word " * 127, "word " * 400, "\u4e2d" * 126, "\u4e2d" * 127, "!" * 300]
    texts += ["  leading", "trailing  ", "  in   the   middle  ", "word" + " " * 500 + "word", "a\u3000\u4e2d\u3000b"]
    texts += ["yes " * 124 + "unaffable", "yes " * 125 + "unaffable", "yes " * 126 + "[MASK]", "e\u0301 " * 127]

    rng = random.Random(7)
    pool = [chr(c) for s in (SCRIPTS, SYMBOLS) for c in map(ord, s)] + list(string.printable) * 2
    pool += [c for s in CODEPOINTS + MARKS for c in s] + SPECIALS + ["the", "ing", " ", " ", " "] * 10
    texts += ["".join(rng.choices(pool, k=rng.choice((3, 8, 20, 60, 200)))) for _ in range(60)]
    blocks = [(0x20, 0x2FF), (0x300, 0x6FF), (0x900, 0xFFF), (0x1000, 0x1FFF), (0x2000, 0x2FFF), (0x3000, 0x33FF)]
    blocks += [(0xA000, 0xABFF), (0xF900, 0xFFFF), (0x10000, 0x11FFF), (0x1D000, 0x1D7FF), (0x1F000, 0x1FAFF), (0x2F800, 0x2FA1F)]
    for lo, hi in blocks * 3:
        chars = [chr(c) for c in range(lo, hi + 1) if unicodedata.category(chr(c)) not in ("Cs", "Cn")]
        texts.append("".join(rng.choice(chars) + rng.choice(("", "", "a", " ")) for _ in range(60)))

    pairs = [
        ("hello world", "how are you"), ("", ""), ("", "b"), ("a", ""), (" ", " "), ("\u0301", "e\u0301"), ("[SEP]", "[CLS]"),
        ("a [MASK] b", "c [MASK] d"), ("\u4e2d\u6587", "english"), ("na\u00efve", "\u0130"), ("\u0000", "\ufffd"), ("what?", "no!"),
        ("\u201cNo,\u201d she said.", "It\u2019s \u2026 over\u2014now"),
    ]  # fmt: skip
    for n, m in [
        (200, 3), (3, 200), (200, 200), (62, 63), (63, 62), (63, 63), (62, 64), (64, 62), (64, 64), (61, 65), (65, 61), (62, 62),
        (100, 50), (50, 100), (124, 1), (1, 124), (125, 1), (1, 125), (125, 0), (126, 0), (0, 126), (0, 125), (127, 0), (63, 200), (62, 200),
        (200, 62), (200, 63), (200, 61), (61, 200), (124, 2), (2, 124), (300, 124), (124, 300), (80, 90), (90, 80),
    ]:  # fmt: skip
        pairs.append((" ".join(["yes"] * n), " ".join(["no"] * m)))
    pairs.append(("embeddings " * 40, "tokenization unaffable " * 40))
    out = [(t, None, MAX_LENGTH) for t in texts] + [(a, b, MAX_LENGTH) for a, b in pairs]
    long = "I never thought that it would come to this, but here we are, unaffable as ever."
    out += [(long, None, n) for n in (2, 3, 4, 5, 16, 17)] + [(long, long, n) for n in (3, 4, 5, 6, 7, 8, 31, 32, 33)]
    return list(dict.fromkeys(out))


def encode(tokenizer, case):
    text, pair, n = case
    enc = tokenizer(text, pair, truncation=True, max_length=n)
    row = {"text": text} | ({} if pair is None else {"pair": pair}) | {"max_length": n}
    return row | {"ids": enc["input_ids"], "type_ids": enc["token_type_ids"]}


def write(path, tokenizer, todo):
    with open(path, "w") as f:
        for case in todo:
            f.write(json.dumps(encode(tokenizer, case), separators=(",", ":")) + "\n")
    print(path, len(todo), "cases", os.path.getsize(path), "bytes")


def small_vocab(path, todo, size):
    """Specials, every piece the cases use, their single characters, then the first (commonest) words of the full vocabulary."""
    full = [line.rstrip("\n") for line in open(path, encoding="utf-8")]
    tokenizer = BertTokenizerFast(path)
    keep = set(SPECIALS)
    for text, pair, _ in todo:
        for piece in tokenizer.tokenize(text) + (tokenizer.tokenize(pair) if pair else []):
            keep.add(piece)
    chars = {c for piece in keep for c in piece.removeprefix("##")}
    keep |= {c for c in full if c.removeprefix("##") in chars} - {"##"}
    for piece in full:
        if len(keep) < size and not piece.startswith("[unused"):
            keep.add(piece)
    return [piece for piece in full if piece in keep]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--vocab", required=True, help="vocab.txt of an uncased BERT encoder")
    ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "text"))
    ap.add_argument("--full", help="also write the cases with the full vocabulary's ids to this file")
    args = ap.parse_args()
    todo = cases()
    vocab = small_vocab(args.vocab, todo, 3000)
    path = os.path.join(args.out, "vocab.txt")
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(piece + "\n" for piece in vocab)
    print(path, len(vocab), "entries")
    write(os.path.join(args.out, "cases.jsonl"), BertTokenizerFast(path), todo)
    if args.full:
        write(args.full, BertTokenizerFast(args.vocab), todo)


if __name__ == "__main__":
    main()
