/* mer/voice.h: where somebody speaks: the probability of speech for each 32 ms of a sound, by
 * Silero's network of voice activity, and segments of speech made of these. Both take a sound as it
 * comes and keep little of it. Not stable (mer/experimental.h). */
#ifndef MER_VOICE_H
#define MER_VOICE_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The rate that the network hears, and how many samples at that rate have one probability. Times
 * are counted in samples at this rate. */
#define MER_VOICE_RATE_HZ 16000
#define MER_VOICE_FRAME_SAMPLES 512

/** The network's weights. Immutable; many streams and threads may use them at the same time. */
typedef struct mer_voice_model mer_voice_model;

/** Reads `folder`/model.safetensors as tools/get-encoder silero-vad lays it out.
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT (a tensor is missing, has another shape or
 * values that are not finite), MER_STATUS_UNSUPPORTED (tensors of integers),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_voice_model_open(mer_voice_model **out, const char *folder, mer_error *err);
/** Accepts NULL. No stream of it may be left. */
MER_API void mer_voice_model_close(mer_voice_model *model);

/** One mono sound on its way through the network. */
typedef struct mer_voice_stream mer_voice_stream;

/** A sound at `rate_hz`, 100 to 768000, which is resampled as mer_audio_decode does; it borrows
 * `model`. MER_STATUS_INVALID (the rate), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_voice_stream_create(mer_voice_stream **out, const mer_voice_model *model,
                                           int rate_hz, mer_error *err);
/** Accepts NULL. */
MER_API void mer_voice_stream_free(mer_voice_stream *stream);
/** Adds the next `n_samples` of the sound. `*probs` [*n_probs] are the probabilities of the frames
 * that have become whole, borrowed until the next call. They do not depend on how the sound is cut
 * into calls. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_voice_stream_push(const float **probs, int64_t *n_probs,
                                         mer_voice_stream *stream, const float *samples,
                                         int64_t n_samples, mer_error *err);
/** Ends the sound: the last frame is filled up with zeros. The next push begins another sound. */
MER_API mer_status mer_voice_stream_finish(const float **probs, int64_t *n_probs,
                                           mer_voice_stream *stream, mer_error *err);

/** What a segment of speech is. Times in seconds. */
typedef struct mer_speech_options {
  size_t size;          /* of this struct; set by mer_speech_options_init */
  double threshold;     /* speech begins with a probability as high; default .3 */
  double release;       /* and a silence with one below this, from 0 to `threshold`; default .15 */
  double min_silence_s; /* shorter silences are part of the speech around them; at most
                           `longest_s`; default .3 */
  double min_speech_s;  /* shorter speech is none; at most `longest_s`; default .25 */
  double padding_s;     /* is added at both ends, as far as nothing else is there; default 0 */
  double longest_s;     /* longer speech is cut where speech is least probable, 1 to 600;
                           default 15 */
} mer_speech_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_speech_options_init(mer_speech_options *options, size_t size);

/** From sample `start` up to, not including, `end`, at MER_VOICE_RATE_HZ. */
typedef struct mer_speech_segment {
  int64_t start, end;
} mer_speech_segment;

/** Makes segments of probabilities as they come. */
typedef struct mer_speech_finder mer_speech_finder;

/** `options` may be NULL. MER_STATUS_INVALID (options), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speech_finder_create(mer_speech_finder **out,
                                            const mer_speech_options *options, mer_error *err);
/** Accepts NULL. */
MER_API void mer_speech_finder_free(mer_speech_finder *finder);
/** Adds the probabilities of the next `n_probs` frames. `*segments` [*n_segments] are those that
 * have ended, which is known when the silence after them has lasted `min_silence_s`; they are
 * borrowed until the next call, in their order, and do not overlap. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speech_finder_push(const mer_speech_segment **segments, int64_t *n_segments,
                                          mer_speech_finder *finder, const float *probs,
                                          int64_t n_probs, mer_error *err);
/** Ends a sound of `n_samples` at MER_VOICE_RATE_HZ, beyond which no segment goes. The next push
 * begins another one. */
MER_API mer_status mer_speech_finder_finish(const mer_speech_segment **segments,
                                            int64_t *n_segments, mer_speech_finder *finder,
                                            int64_t n_samples, mer_error *err);
/** The first sample that a later segment may begin with: what lies before it is not needed. */
MER_API int64_t mer_speech_finder_needs(const mer_speech_finder *finder);
/** Whether somebody speaks after the last probability, as far as is known by now. */
MER_API bool mer_speech_finder_is_speaking(const mer_speech_finder *finder);

#ifdef __cplusplus
}
#endif
#endif
