#!/usr/bin/env python3
"""Make the sample call from call.tsv: call.opus, a telephone call of two speakers in stereo, and its transcript call.vtt.

    python3 sample/make_call.py [--out DIR]

Needs espeak-ng and ffmpeg (Debian packages of those names) and Python 3 alone. call.tsv has a header and the columns
speaker, emotion, pause, text: a line for each turn, which begins so many seconds after the one before it has ended. Each
speaker has a channel and a voice of espeak-ng; pitch, range, rate and loudness follow the emotion, as in make_sample.py.
Each channel also hears the other one, 45 dB fainter, and a little noise. The same versions of the two programs give the
same bytes.
"""
import argparse
import array
import csv
import os
import random
import subprocess
import sys
import tempfile

import make_sample

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 16000
# speaker: channel, and as in make_sample: voice, pitch, rate, amplitude
SPEAKERS = {"Ines": (0, ("en-gb+f2", 52, 160, 76)), "Rolf": (1, ("en-us+m3", 34, 155, 80))}
STRENGTH = 1.1  # how much of an emotion is to be heard
CROSSTALK = 10 ** (-45 / 20)
NOISE = 6  # of 32768
TAIL_S = 1.0


def read_turns(path):
    with open(path, encoding="utf-8", newline="") as f:
        turns = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for turn in turns:
        if turn["speaker"] not in SPEAKERS or turn["emotion"] not in make_sample.EMOTIONS:
            sys.exit("%s: unknown speaker or emotion: %r" % (path, turn))
    return turns


def speak(turn, work):
    """The samples of a turn at RATE."""
    voice, pitch, rate, amplitude = SPEAKERS[turn["speaker"]][1]
    up, width, faster, louder = make_sample.EMOTIONS[turn["emotion"]]
    wav = os.path.join(work, "turn.wav")
    make_sample.say(turn["text"], wav, voice, pitch + STRENGTH * up, 95 + STRENGTH * (width - 95),
                    rate * faster ** STRENGTH, amplitude * louder ** STRENGTH)
    samples, rate = make_sample.trim(wav)
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0",
                          "-f", "s16le", "-ar", str(RATE), "-fflags", "+bitexact", "pipe:1"],
                         input=native(samples).tobytes(), stdout=subprocess.PIPE, check=True).stdout
    return native(array.array("h", raw))


def native(samples):
    """Between little-endian samples and those of this machine."""
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def place(turns, work):
    """Speaks the turns; returns [(start, end)] in seconds and both channels."""
    times, parts, at = [], [], 0
    for turn in turns:
        samples = speak(turn, work)
        start = max(0, at + int(float(turn["pause"]) * RATE))
        at = start + len(samples)
        times.append((start / RATE, at / RATE))
        parts.append((SPEAKERS[turn["speaker"]][0], start, samples))
    channels = [[0.0] * (at + int(TAIL_S * RATE)) for _ in range(2)]
    for channel, start, samples in parts:
        for i, x in enumerate(samples, start):
            channels[channel][i] += x
            channels[1 - channel][i] += CROSSTALK * x
    return times, channels


def encode(channels, path):
    rng = random.Random(0)
    both = array.array("h")
    for pair in zip(*channels):
        both.extend(make_sample.clamp(x + rng.gauss(0, NOISE), -32768, 32767) for x in pair)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:0",
                    "-c:a", "libopus", "-b:a", "48k", "-application", "voip", "-apply_phase_inv", "0", "-threads", "1",
                    "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", path],
                   input=native(both).tobytes(), check=True)


def stamp(seconds):
    return make_sample.stamp(seconds).replace(",", ".")


def main():
    ap = argparse.ArgumentParser(description="Make the sample call.")
    ap.add_argument("--out", default=HERE, help="folder of call.opus and call.vtt (default: beside this script)")
    args = ap.parse_args()
    turns = read_turns(os.path.join(HERE, "call.tsv"))
    with tempfile.TemporaryDirectory() as work:
        times, channels = place(turns, work)
    encode(channels, os.path.join(args.out, "call.opus"))
    with open(os.path.join(args.out, "call.vtt"), "w", encoding="utf-8", newline="\n") as f:
        f.write("WEBVTT\n")
        for turn, (start, end) in zip(turns, times):
            f.write("\n%s --> %s\n<v %s>%s\n" % (stamp(start), stamp(end), turn["speaker"], turn["text"]))
    print("%d turns, %.1f s" % (len(turns), len(channels[0]) / RATE))


if __name__ == "__main__":
    main()
