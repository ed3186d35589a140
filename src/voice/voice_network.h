/* voice_network.h: Silero's network of voice activity (silero-vad 6.2, at 16 kHz). A frame of 512
 * samples, the 64 before it, and 64 that mirror its end, give four spectra of 256 samples, whose
 * magnitudes go through four convolutions of width 3, one step of an LSTM and a sigmoid. */
#ifndef MER_VOICE_VOICE_NETWORK_H
#define MER_VOICE_VOICE_NETWORK_H

#include "mer/voice.h"

enum {
  MER__VOICE_CONTEXT = 64, /* samples before a frame that are heard with it */
  MER__VOICE_SPECTRA = 4,  /* of a frame */
  MER__VOICE_BINS = 129,   /* of a spectrum */
  MER__VOICE_HIDDEN = 128,
  MER__VOICE_BATCH = 16, /* most frames of a call */
};

/** The state of the LSTM. Zero-initialize. */
typedef struct mer__voice_state {
  float hidden[MER__VOICE_HIDDEN], cell[MER__VOICE_HIDDEN];
} mer__voice_state;

/** Floats of scratch of a call. */
int64_t mer__voice_scratch(const mer_voice_model *model);

/** The probabilities of `n` frames, which lie one after the other in `samples`, after the
 * MER__VOICE_CONTEXT samples before the first. A probability does not depend on `n`. */
void mer__voice_run(float *probs, mer__voice_state *state, const mer_voice_model *model,
                    const float *samples, int64_t n, float *scratch);

#endif
