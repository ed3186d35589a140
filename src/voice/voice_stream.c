/* voice_stream.c: a sound of any rate, in pieces of any size, to frames of the network of voice
 * activity. What waits for a frame to be whole is less than one, and the samples before it. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/floats.h"
#include "media/resample.h"
#include "voice/voice_network.h"

struct mer_voice_stream {
  const mer_voice_model *model;
  int rate_hz;
  mer__resampler resampler; /* whose output is what waits, the context of the next frame first */
  mer__voice_state state;
  mer__floats probs; /* of the last call */
  float *scratch;
};

/* The beginning of a sound: the context of its first frame is zeros. */
static mer_status begin(mer_voice_stream *stream, mer_error *err) {
  mer__resampler_clear(&stream->resampler);
  stream->state = (mer__voice_state){0};
  mer_status status =
      mer__resampler_init(&stream->resampler, stream->rate_hz, MER_VOICE_RATE_HZ, err);
  if (status != MER_OK) return status;
  return mer__samples_append(&stream->resampler.out, NULL, MER__VOICE_CONTEXT, err);
}

mer_status mer_voice_stream_create(mer_voice_stream **out, const mer_voice_model *model,
                                   int rate_hz, mer_error *err) {
  mer_status status = MER_OK;
  *out = NULL;
  if (rate_hz < MER__RATE_MIN_HZ || rate_hz > MER__RATE_MAX_HZ)
    return mer__fail(err, MER_STATUS_INVALID, "rate_hz is %d, not %d to %d", rate_hz,
                     MER__RATE_MIN_HZ, MER__RATE_MAX_HZ);
  mer_voice_stream *stream = mer__calloc(1, sizeof *stream);
  if (!stream) return mer__fail_memory(err);
  stream->model = model;
  stream->rate_hz = rate_hz;
  stream->scratch = mer__malloc((size_t)mer__voice_scratch(model), sizeof(float));
  if (!stream->scratch) status = mer__fail_memory(err);
  if (status == MER_OK) status = begin(stream, err);
  if (status == MER_OK) *out = stream;
  else mer_voice_stream_free(stream);
  return status;
}

void mer_voice_stream_free(mer_voice_stream *stream) {
  if (!stream) return;
  mer__resampler_clear(&stream->resampler);
  mer__floats_clear(&stream->probs);
  mer__free(stream->scratch);
  mer__free(stream);
}

/* Runs all frames that are whole, and drops what no later one needs. */
static mer_status run_frames(mer_voice_stream *stream, mer_error *err) {
  mer__samples *waiting = &stream->resampler.out;
  const size_t frame = MER_VOICE_FRAME_SAMPLES, n = (waiting->n - MER__VOICE_CONTEXT) / frame;
  if (mer__floats_resize(&stream->probs, n) != 0) return mer__fail_memory(err);
  for (size_t at = 0; at < n; at += MER__VOICE_BATCH)
    mer__voice_run(
        stream->probs.data + at, &stream->state, stream->model, waiting->data + at * frame,
        (int64_t)(n - at < MER__VOICE_BATCH ? n - at : MER__VOICE_BATCH), stream->scratch);
  waiting->n -= n * frame;
  memmove(waiting->data, waiting->data + n * frame, waiting->n * sizeof *waiting->data);
  return MER_OK;
}

mer_status mer_voice_stream_push(const float **probs, int64_t *n_probs, mer_voice_stream *stream,
                                 const float *samples, int64_t n_samples, mer_error *err) {
  mer_status status = mer__resampler_push(&stream->resampler, samples, (size_t)n_samples, err);
  if (status == MER_OK) status = run_frames(stream, err);
  *probs = stream->probs.data;
  *n_probs = status == MER_OK ? (int64_t)stream->probs.n : 0;
  return status;
}

mer_status mer_voice_stream_finish(const float **probs, int64_t *n_probs, mer_voice_stream *stream,
                                   mer_error *err) {
  mer_status status;
  mer__samples *waiting = &stream->resampler.out;
  *n_probs = 0;
  MER__CHECK(mer__resampler_finish(&stream->resampler, err));
  const size_t frame = MER_VOICE_FRAME_SAMPLES, rest = (waiting->n - MER__VOICE_CONTEXT) % frame;
  if (rest) MER__CHECK(mer__samples_append(waiting, NULL, frame - rest, err));
  MER__CHECK(run_frames(stream, err));
  *probs = stream->probs.data;
  *n_probs = (int64_t)stream->probs.n;
  MER__CHECK(begin(stream, err));
cleanup:
  return status;
}
