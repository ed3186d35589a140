"""Small videos for tests of src/image/video_frames.h: pictures of 64 x 48 pixels of one grey, whose number tells the time.

Makes videos/:
  plain.mp4    50 pictures, 25 a second, H.264 with B-frames, picture N of the brightness 16 + 4 N; and a tone of AAC
  turned.mp4   the same, to be shown turned by a quarter to the left; without the tone
  uneven.mkv   pictures 0 to 9, 14, 21, 28, 35, 42 and 49 of these, at their times
  stream.h264  the pictures alone, whose packets have no times
  one.mp4      the first picture alone

Version: ffmpeg n9.0.2-17-g2a571b6068-20260930 (the program, with libx264).
Command:  python make_videos.py FFMPEG [--out videos]
"""

import argparse
import os
import subprocess

GREY = "nullsrc=s=64x48:r=25:d=2,geq=lum='16+4*N':cb=128:cr=128"
CODEC = "-c:v libx264 -preset veryslow -crf 10 -bf 2 -g 25 -pix_fmt yuv420p".split()
EXACT = "-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1".split()


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("ffmpeg")
    ap.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "videos"))
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)

    def run(name, *words):
        path = os.path.join(args.out, name)
        subprocess.run([args.ffmpeg, "-v", "error", "-y", *words, *EXACT, path], check=True)
        return path

    tone = ["-f", "lavfi", "-i", "sine=f=300:r=16000:d=2", "-c:a", "aac", "-b:a", "16k"]
    plain = run("plain.mp4", "-f", "lavfi", "-i", GREY, *tone, *CODEC, "-movflags", "+faststart")
    run("turned.mp4", "-display_rotation", "90", "-i", plain, "-c", "copy", "-an")
    select = GREY + ",select='lt(n,10)+not(mod(n,7))'"
    run("uneven.mkv", "-f", "lavfi", "-i", select, "-fps_mode", "vfr", *CODEC)
    run("stream.h264", "-i", plain, "-c", "copy", "-an", "-bsf:v", "h264_mp4toannexb")
    run("one.mp4", "-f", "lavfi", "-i", GREY, *CODEC, "-frames:v", "1")


main()
