"""A short stereo call for tests, of the synthetic speech of sample/.

Makes timeline/call.opus (16 kHz, 12 s): on the left two utterances from .5 s and 8 s on, on the right one from 4 s on, which
is heard faintly on the left, too (-30 dB); and timeline/same.opus, whose two channels carry the first utterance alike.

Versions: soundfile 0.14.0.
Command:  python make_call.py LIBRARY     (build/release/src/libmer.so, which decodes the clips)
"""

import os
import sys

import numpy as np
import soundfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "parity"))
from mer_voice import RATE, Decoder  # noqa: E402 (the path first)

CLIPS = os.path.join(HERE, "../../sample/meld/train_splits")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    decoder, call = Decoder(sys.argv[1]), np.zeros((12 * RATE, 2), np.float32)
    for clip, channel, seconds in (("dia0_utt2", 0, 0.5), ("dia1_utt1", 1, 4), ("dia4_utt1", 0, 8)):
        samples = decoder.decode(os.path.join(CLIPS, clip + ".opus"))[: 3 * RATE]
        first = round(seconds * RATE)
        call[first : first + len(samples), channel] = samples
    call[:, 0] += call[:, 1] * 10 ** (-30 / 20)
    same = np.stack([call[: 4 * RATE, 0], call[: 4 * RATE, 0] * 0.5], axis=1)
    for name, samples in (("call", call), ("same", same)):
        soundfile.write(os.path.join(HERE, "timeline", name + ".opus"), samples, RATE, format="OGG", subtype="OPUS")


if __name__ == "__main__":
    main()
