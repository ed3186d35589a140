/* feature_stream.h: features of a sound that comes piece by piece, in memory that does not grow
 * with it. */
#ifndef MER_SPEECH_FEATURE_STREAM_H
#define MER_SPEECH_FEATURE_STREAM_H

#include "mer/speech.h"

/** One sound. Zero-initialize but for `extractor`. */
typedef struct mer__feature_stream {
  const mer_feature_extractor *extractor; /* borrowed */
  float *memory;                          /* what is worked on, in parts: */
  float *work, *power;                    /* of mer__fft_power */
  float *edges;                           /* [LANES, n_fft]: frames that reach over an end */
  float *spill;                           /* [n_mels, LANES]: of frames that are not kept */
  float *mel;                             /* [kept groups, n_mels, LANES] */
  size_t mel_capacity;
  float most;        /* the largest of all mel power */
  int64_t next;      /* first frame that is not computed: a multiple of LANES */
  int64_t n_samples; /* that have come */
  float *samples;    /* [n]: the last of them, from number `base` on */
  size_t n, capacity;
  int64_t base;
} mer__feature_stream;

/** Takes the next `n` samples. MER_STATUS_NO_MEMORY. */
mer_status mer__feature_stream_push(mer__feature_stream *stream, const float *samples, size_t n,
                                    mer_error *err);
/** Values of the result for the samples that have come: rows x n_frames, or x natural frames. */
int64_t mer__feature_stream_size(const mer__feature_stream *stream);
/** Ends the sound: `out` is what mer_feature_compute gives for all samples, to the bit.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__feature_stream_finish(float *out, mer__feature_stream *stream, mer_error *err);
/** Accepts a stream that nothing was pushed into. */
void mer__feature_stream_clear(mer__feature_stream *stream);

#endif
