/* mer/speech.h: features of sound: MFCC and log-mel as torchaudio computes them, log-mel as Whisper
 * takes it, and the samples themselves.
 * Stable (mer/mer.h). */
#ifndef MER_SPEECH_H
#define MER_SPEECH_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mer_feature_kind {
  MER_FEATURE_MFCC,
  MER_FEATURE_LOGMEL,
  MER_FEATURE_WHISPER, /* (log10 of mel power + 4) / 4, bands by slaney, not below the maximum - 2
                        */
  MER_FEATURE_SAMPLES, /* the sound itself: one row, a frame for each sample */
} mer_feature_kind;

/** Settings; the defaults are torchaudio.transforms.MFCC's at 16 kHz with 13 coefficients. */
typedef struct mer_feature_options {
  size_t size;           /* of this struct; set by mer_feature_options_init */
  mer_feature_kind kind; /* default MFCC */
  int rate_hz;           /* 1000 to 768000; default 16000 */
  int n_fft;             /* window and transform in samples, even, 2 to 8192; default 400 */
  int hop;               /* samples between frames, 1 to 8192; default 200, 160 for WHISPER */
  int n_mels; /* mel bands from 0 Hz to rate/2, 1 to 512; default 128 for MFCC, 64 for LOGMEL, 80
                 for WHISPER */
  int n_coefficients; /* of MFCC, 1 to n_mels; default 13 */
  double top_db;      /* range below the clip's maximum, above 0 to 1000; default 80 */
  int n_frames; /* frames of the result, 1 to 2^20: zeros are added, or frames dropped, at the end
                   (of WHISPER: samples, before all else); default 401. 0: as many as the sound has,
                   and the result is frame by frame; default for WHISPER and SAMPLES */
} mer_feature_options;

/** Fills in the defaults of `kind`; `size` is sizeof *options. */
MER_API void mer_feature_options_init(mer_feature_options *options, size_t size,
                                      mer_feature_kind kind);

/** Tables for one setting: window, transform, mel bands, cosines. Immutable; many threads may use
 * one. */
typedef struct mer_feature_extractor mer_feature_extractor;

/** MER_STATUS_INVALID names the setting that is out of its range. `options` may be NULL. */
MER_API mer_status mer_feature_extractor_create(mer_feature_extractor **out,
                                                const mer_feature_options *options, mer_error *err);
/** Accepts NULL. */
MER_API void mer_feature_extractor_free(mer_feature_extractor *extractor);

/** Rows of the result: n_coefficients for MFCC, n_mels for LOGMEL and WHISPER, 1 for SAMPLES. */
MER_API int mer_feature_rows(const mer_feature_extractor *extractor);
/** Columns of the result: n_frames; 0: as many as the sound has. */
MER_API int mer_feature_frames(const mer_feature_extractor *extractor);
/** Sampling rate of the sound that the extractor takes. */
MER_API int mer_feature_rate_hz(const mer_feature_extractor *extractor);
/** Frames of a sound before padding and truncation: 1 + n_samples / hop, for the samples to which a
 * short sound is extended, of WHISPER one less, of SAMPLES n_samples; 0 for none. */
MER_API int64_t mer_feature_natural_frames(const mer_feature_extractor *extractor,
                                           int64_t n_samples);

/** Features of `samples` [n_samples] into `out` [rows, n_frames] f32, coefficient-major (with
 * n_frames 0: [natural frames, rows], frame by frame), within 1e-2 of torchaudio's, of WHISPER
 * within 1e-4 of transformers'. A sound shorter
 * than n_fft / 2 + 1 samples, which reflection cannot pad, is extended with zeros to that length
 * first. `out` is all zeros for n_samples 0 (`samples` may then be NULL), and finite whatever the
 * samples are. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_feature_compute(float *out, const mer_feature_extractor *extractor,
                                       const float *samples, int64_t n_samples, mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
