#!/usr/bin/env python3
"""Make the sample data set from dialogues.tsv: MELD-style CSVs, spoken clips and manifest.csv.

    python3 sample/make_sample.py [--out DIR] [--seed N]

Needs espeak-ng and ffmpeg (Debian packages of those names) and Python 3 alone. Every sentence is spoken by
espeak-ng; voice comes from the speaker, pitch, pitch range, rate and loudness from speaker and emotion plus a
random part, so that the emotions differ on average and overlap one by one. The random part of an utterance
depends only on the seed and the utterance's place, so the same seed and the same versions of the two programs
give the same bytes. Two clips are spoilt on purpose, see MISSING and EMPTY.

dialogues.tsv has a header and the columns split, dialogue, speaker, emotion, sentiment, text; a newline inside
a text is written \\n. Utterances are numbered in the order of the lines.
"""
import argparse
import array
import collections
import csv
import html
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import wave

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
COLUMNS = ["Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID",
           "Season", "Episode", "StartTime", "EndTime"]
MISSING = ("train", 20, 3)  # listed, but there is no such file
EMPTY = ("dev", 3, 2)       # listed, and the file has 0 bytes

# speaker: espeak-ng voice, pitch (0..99), rate (words a minute), amplitude (0..200)
SPEAKERS = {
    "Maren":  ("en-gb+f2", 52, 172, 70),
    "Ilka":   ("en-us+f3", 60, 180, 64),
    "Noor":   ("en-gb-x-rp+f4", 48, 166, 76),
    "Odile":  ("en-gb-scotland+f1", 45, 176, 68),
    "Suvi":   ("en-us+f5", 56, 162, 62),
    "Tobin":  ("en-gb+m3", 40, 178, 74),
    "Anselm": ("en-us+m1", 30, 160, 70),
    "Callum": ("en-gb-scotland+m2", 44, 182, 72),
    "Bertil": ("en-gb-x-gbclan+m4", 28, 158, 78),
    "Hamish": ("en-gb-x-gbcwmd+m7", 36, 170, 66),
}
# emotion: added to the pitch, pitch range in percent, factor on the rate, factor on the amplitude
EMOTIONS = {
    "neutral":  (0, 95, 1.00, 1.00),
    "surprise": (15, 165, 1.03, 1.12),
    "fear":     (11, 115, 1.17, 0.74),
    "sadness":  (-10, 45, 0.82, 0.62),
    "joy":      (9, 145, 1.08, 1.20),
    "disgust":  (-7, 125, 0.89, 0.92),
    "anger":    (-1, 110, 1.11, 1.55),
}


def clamp(x, low, high):
    return int(round(min(max(x, low), high)))


def read_dialogues(path):
    """The utterances in order, each a dict with its number within the dialogue."""
    rows, count = [], collections.Counter()
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            row["dialogue"] = int(row["dialogue"])
            key = row["split"], row["dialogue"]
            row["utterance"] = count[key]
            count[key] += 1
            row["text"] = row["text"].replace("\\n", "\n")
            if row["emotion"] not in LABELS or row["speaker"] not in SPEAKERS or row["split"] not in FOLDERS:
                sys.exit("%s: unknown split, speaker or emotion: %r" % (path, row))
            rows.append(row)
    return rows


def speak(row, rng, wav):
    """Speaks one utterance into a wave file."""
    voice, pitch, rate, amplitude = SPEAKERS[row["speaker"]]
    up, width, faster, louder = EMOTIONS[row["emotion"]]
    # How much of the emotion is to be heard: from hardly any to rather much.
    strength = rng.uniform(0.15, 1.25)
    pitch += strength * up + rng.gauss(0, 5)
    width = 95 + strength * (width - 95) + rng.gauss(0, 12)
    rate *= faster ** strength * math.exp(rng.gauss(0, 0.06))
    amplitude *= louder ** strength * math.exp(rng.gauss(0, 0.12))
    say(row["text"], wav, voice, pitch, width, rate, amplitude)


def say(text, wav, voice, pitch, width, rate, amplitude):
    """Has espeak-ng say a text into a wave file; `width` is the pitch range in percent."""
    text = text.replace("\n", " ").translate({0x2019: "'", 0x201c: '"', 0x201d: '"', 0x2026: "..."})
    ssml = '<speak><prosody range="%d%%">%s</prosody></speak>' % (clamp(width, 15, 200), html.escape(text, quote=False))
    subprocess.run(["espeak-ng", "-m", "-v", voice, "-p", str(clamp(pitch, 0, 99)), "-s", str(clamp(rate, 110, 240)),
                    "-a", str(clamp(amplitude, 25, 150)), "-w", wav, "--stdin"], input=ssml.encode(), check=True)


def trim(wav):
    """The samples of a 16-bit mono wave file without the silence at both ends, and their rate."""
    with wave.open(wav, "rb") as w:
        if w.getsampwidth() != 2 or w.getnchannels() != 1:
            sys.exit("espeak-ng wrote an unexpected format")
        rate = w.getframerate()
        # The header may promise more frames than there are; readframes gives those there are.
        samples = array.array("h", w.readframes(w.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    first, last = 0, len(samples)
    while first < last and abs(samples[first]) < 60:
        first += 1
    while last > first and abs(samples[last - 1]) < 60:
        last -= 1
    if first == last:
        sys.exit("espeak-ng said nothing")
    return samples[first:last], rate


def make_clip(row, rng, work, out):
    """Speaks, adds a short pause at both ends and a faint room noise, encodes; returns the seconds."""
    wav = os.path.join(work, "a.wav")
    speak(row, rng, wav)
    samples, rate = trim(wav)
    before, after = rng.uniform(0.05, 0.20), rng.uniform(0.08, 0.25)
    after += max(0.0, 1.0 - before - after - len(samples) / rate)
    noise = 10 ** rng.uniform(-3.2, -2.6)
    samples = (array.array("h", bytes(2 * int(before * rate))) + samples
               + array.array("h", bytes(2 * int(after * rate))))
    seconds = len(samples) / rate
    if sys.byteorder == "big":
        samples.byteswap()
    graph = ("[0:a]aresample=16000[s];anoisesrc=r=16000:c=pink:a=%.6f:seed=%d:d=%.4f[n];"
             "[s][n]amix=inputs=2:duration=first:normalize=0" % (noise, rng.randrange(1, 2 ** 31), seconds))
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "s16le", "-ar", str(rate), "-ac", "1",
                    "-i", "pipe:0", "-filter_complex", graph, "-filter_complex_threads", "1", "-threads", "1",
                    "-ar", "16000", "-ac", "1", "-c:a", "libopus", "-b:a", "18k", "-application", "voip",
                    "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", out],
                   input=samples.tobytes(), check=True)
    return seconds


def stamp(seconds):
    ms = int(round(seconds * 1000))
    return "%02d:%02d:%02d,%03d" % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)


def main():
    ap = argparse.ArgumentParser(description="Make the sample data set.")
    ap.add_argument("--out", default=HERE, help="folder that gets meld/ and manifest.csv (default: beside this script)")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    for program in ("espeak-ng", "ffmpeg"):
        if not shutil.which(program):
            sys.exit(program + " is not installed")

    rows = read_dialogues(os.path.join(HERE, "dialogues.tsv"))
    meld = os.path.join(args.out, "meld")
    for folder in FOLDERS.values():
        path = os.path.join(meld, folder)
        os.makedirs(path, exist_ok=True)
        for name in os.listdir(path):
            if re.fullmatch(r"dia\d+_utt\d+\.opus", name):
                os.remove(os.path.join(path, name))

    counts = collections.Counter()
    clock = number = 0
    last = None
    with tempfile.TemporaryDirectory() as work, \
            open(os.path.join(args.out, "manifest.csv"), "w", encoding="utf-8", newline="") as manifest_file:
        manifest = csv.writer(manifest_file, lineterminator="\n")
        manifest.writerow(["split", "text", "audio", "label", "speaker", "dialogue", "utterance"])
        tables = {}
        files = []
        for split in FOLDERS:
            f = open(os.path.join(meld, split + "_sent_emo.csv"), "w", encoding="utf-8", newline="")
            files.append(f)
            tables[split] = csv.writer(f, lineterminator="\r\n")
            tables[split].writerow(COLUMNS)
        for i, row in enumerate(rows):
            split, dialogue, utterance = place = row["split"], row["dialogue"], row["utterance"]
            rng = random.Random("%d %s %d %d" % (args.seed, split, dialogue, utterance))
            name = "%s/dia%d_utt%d.opus" % (FOLDERS[split], dialogue, utterance)
            clip = os.path.join(meld, name)
            seconds = make_clip(row, rng, work, clip)
            if place == MISSING:
                os.remove(clip)
            elif place == EMPTY:
                open(clip, "wb").close()

            # Eight dialogues make an "episode"; its clock goes on between them.
            if last is None or last[0] != split:
                number = 0
            if last is None or last[0] != split or (dialogue != last[1] and dialogue % 8 == 0):
                clock = rng.uniform(20, 90)
            elif dialogue != last[1]:
                clock += rng.uniform(15, 60)
            else:
                clock += rng.uniform(0.1, 0.9)
            last = split, dialogue
            number += 1
            start, clock = clock, clock + seconds
            tables[split].writerow([number, row["text"], row["speaker"], row["emotion"], row["sentiment"], dialogue,
                                    utterance, 1, 1 + dialogue // 8, stamp(start), stamp(clock)])
            manifest.writerow([split, row["text"], "meld/" + name, row["emotion"], row["speaker"],
                               "%s-%d" % (split, dialogue), utterance])
            counts[split, row["emotion"]] += 1
            if (i + 1) % 50 == 0 or i + 1 == len(rows):
                print("%d of %d clips" % (i + 1, len(rows)), file=sys.stderr)
        for f in files:
            f.close()

    splits = list(FOLDERS)
    print("| emotion | %s | all |" % " | ".join(splits))
    print("|---|" + "---:|" * (len(splits) + 1))
    for label in LABELS + ["all"]:
        n = [sum(counts[s, e] for e in LABELS if label in (e, "all")) for s in splits]
        print("| %s | %s | %d |" % (label, " | ".join(map(str, n)), sum(n)))


if __name__ == "__main__":
    main()
