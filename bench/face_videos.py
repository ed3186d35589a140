#!/usr/bin/env python3
"""bench/face_videos.py MANIFEST FFMPEG OUT: videos of eight faces, of which one shows the label and seven are neutral.

The faces are pictures of a manifest of `mer import ferplus`, drawn at random from its own split: of different people, so this says
something about joining the faces of a video and nothing about videos. OUT/videos.csv is their manifest. FFMPEG is the program.
Needs numpy and Pillow.
"""

import csv
import os
import subprocess
import sys

import numpy as np
from PIL import Image

N_VIDEOS, FACES, SHOWN, SIDE, EDGE = {"train": 1200, "dev": 200, "test": 600}, 8, 1, 144, 24
LABELS = ["anger", "joy", "sadness", "surprise"]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    manifest, ffmpeg, out = sys.argv[1:]
    root, rng = os.path.dirname(manifest), np.random.default_rng(0)
    os.makedirs(out, exist_ok=True)
    faces = {}
    with open(manifest, newline="") as file:
        for row in csv.DictReader(file):
            votes = {k[6:]: int(v) for k, v in row.items() if k.startswith("votes_") and v}
            label = max(votes, key=votes.get)
            if 2 * votes[label] > sum(votes.values()):
                faces.setdefault((row["split"], label), []).append(os.path.join(root, row["image"]))

    def picture(path):
        face = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.BICUBIC)
        whole = Image.new("RGB", (SIDE + 2 * EDGE, SIDE + 2 * EDGE), (127, 127, 127))
        whole.paste(face, (EDGE, EDGE))
        return whole.tobytes()

    def write(path, split, label):
        of = ["neutral"] * FACES
        for i in rng.choice(FACES, SHOWN, replace=False):
            of[i] = label
        data = b"".join(picture(rng.choice(faces[split, l])) for l in of)
        size = f"{SIDE + 2 * EDGE}x{SIDE + 2 * EDGE}"
        command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "2.9", "-i", "-"]
        subprocess.run([*command, "-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", path], input=data, check=True)

    with open(os.path.join(out, "videos.csv"), "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["split", "video", "label"])
        for split, n in N_VIDEOS.items():
            for i in range(n):
                name, label = f"{split}-{i:04}.mp4", LABELS[i % len(LABELS)]
                write(os.path.join(out, name), split, label)
                table.writerow([split, name, label])


if __name__ == "__main__":
    main()
