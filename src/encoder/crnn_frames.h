/* crnn_frames.h: from log-mel inputs to the frames of a batch, side by side: silence at the ends is
 * cut off, while training they are changed (mel_augment.h) and partly masked (spec_augment.h). Of
 * each band the clip's mean is subtracted, which is much of the speaker and of the microphone, and
 * the rest is divided by the training set's deviation. */
#ifndef MER_ENCODER_CRNN_FRAMES_H
#define MER_ENCODER_CRNN_FRAMES_H

#include "encoder/modality.h"
#include "encoder/spec_augment.h"

typedef struct mer__crnn_frames {
  int64_t n_bands;
  double top_hz;     /* of the last band: half the rate */
  double window_s;   /* of a frame */
  double trim_db;    /* silence at the ends: what is quieter than the peak by that; 0: none */
  bool augment;      /* of a training */
  double noise;      /* with it: the share of clips that get loud noise */
  int64_t deviation; /* constants [n_bands] */
} mer__crnn_frames;

/** Sites of noise that it draws from, the first ones of its encoder; and most bands, those of
 * mer/speech.h. */
enum { MER__CRNN_FRAMES_SITES = 5, MER__CRNN_MAX_BANDS = 512 };

/** Declares the constants, `name`.deviation. MER_STATUS_NO_MEMORY. */
mer_status mer__crnn_frames_declare(mer__crnn_frames *frames, mer__params *params, const char *name,
                                    mer_error *err);

/** The frames [T, n_bands] of inputs [n], and which are whose, in the arena; each has one at least.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__crnn_frames_take(float **out, mer__packing *clips, const mer__crnn_frames *frames,
                                 const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                                 mer_error *err);

#endif
