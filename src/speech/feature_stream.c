/* feature_stream.c: MFCC and log-mel, equal to torchaudio.transforms.MFCC and MelSpectrogram +
 * AmplitudeToDB("power", top_db) (torchaudio 2.11), and to transformers' WhisperFeatureExtractor
 * (5.24), whose values are decibels / 40 + 1. Two passes, because the floor of the decibels
 * lies below the maximum of the whole sound: mel power of all frames, of which the first n_frames
 * are kept; then decibels and cosines of these. Frames are computed in groups of MER__LANES. */
#include "speech/feature_stream.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "speech/extractor.h"

enum { L = MER__LANES };

static mer_status prepare(mer__feature_stream *s, mer_error *err) {
  const mer_feature_extractor *e = s->extractor;
  size_t n_fft = (size_t)e->options.n_fft, n_mels = (size_t)e->options.n_mels;
  size_t work = mer__fft_work_size(&e->fft), power = (n_fft / 2 + 1) * L, edges = n_fft * L;
  if (s->memory) return MER_OK;
  s->memory = mer__malloc(work + power + edges + n_mels * L, sizeof(float));
  if (!s->memory) return mer__fail_memory(err);
  s->work = s->memory;
  s->power = s->work + work;
  s->edges = s->power + power;
  s->spill = s->edges + edges;
  return MER_OK;
}

static mer_status reserve_mel(mer__feature_stream *s, int64_t n_groups, mer_error *err) {
  size_t n = (size_t)n_groups * (size_t)s->extractor->options.n_mels * L;
  if (mer__grow(&s->mel, &s->mel_capacity, n, sizeof *s->mel) == 0) return MER_OK;
  return mer__fail_memory(err);
}

/* Frames of the result that come from the sound. */
static int64_t n_kept_of(const mer_feature_extractor *e, int64_t n_frames) {
  const int most = e->options.n_frames;
  return most == 0 || n_frames < most ? n_frames : most;
}

/* A sound, or the part of it that begins at sample `base`. */
typedef struct part {
  const float *samples;
  int64_t base, n_samples; /* of the whole sound, as far as it is known */
} part;

/* Copies the frame that begins at `start`, reflecting the sound at its ends. */
static void copy_reflected(float *out, const part *p, int64_t start, int n) {
  for (int i = 0; i < n; i++) {
    int64_t at = start + i;
    if (at < 0) at = -at;
    if (at >= p->n_samples) at = 2 * (p->n_samples - 1) - at;
    out[i] = p->samples[at - p->base];
  }
}

/* Points at the LANES frames from `first` on; those after the last repeat it. */
static void find_frames(const float *frames[MER__LANES], mer__feature_stream *s, const part *p,
                        int64_t first, int64_t n_frames) {
  const mer_feature_options *o = &s->extractor->options;
  for (int l = 0; l < L; l++) {
    int64_t frame = first + l < n_frames ? first + l : n_frames - 1;
    int64_t start = frame * o->hop - o->n_fft / 2;
    if (start >= 0 && start + o->n_fft <= p->n_samples) {
      frames[l] = p->samples + (start - p->base);
      continue;
    }
    float *edge = s->edges + (size_t)l * (size_t)o->n_fft;
    copy_reflected(edge, p, start, o->n_fft);
    frames[l] = edge;
  }
}

/* Mel power of the next group of frames, of `n_frames` in all. */
static mer_status take_group(mer__feature_stream *s, const part *p, int64_t n_frames,
                             mer_error *err) {
  const mer_feature_extractor *e = s->extractor;
  const float *frames[MER__LANES];
  float *mel = s->spill;
  if (e->options.n_frames == 0 || s->next < e->options.n_frames) {
    mer_status status = reserve_mel(s, s->next / L + 1, err);
    if (status != MER_OK) return status;
    mel = s->mel + (size_t)s->next * (size_t)e->options.n_mels;
  }
  find_frames(frames, s, p, s->next, n_frames);
  mer__frames_window(s->work, frames, e->window, e->options.n_fft);
  mer__fft_power(s->power, s->work, &e->fft);
  float most = mer__mel_apply(mel, s->power, &e->bank);
  if (most > s->most) s->most = most;
  s->next += L;
  return MER_OK;
}

/* All frames that are left of a sound whose end is known. */
static mer_status take_rest(mer__feature_stream *s, const part *p, mer_error *err) {
  int64_t n_frames = mer_feature_natural_frames(s->extractor, p->n_samples);
  mer_status status = MER_OK;
  while (s->next < n_frames && status == MER_OK) status = take_group(s, p, n_frames, err);
  return status;
}

static mer_status append(mer__feature_stream *s, const float *samples, size_t n, mer_error *err) {
  if (mer__grow(&s->samples, &s->capacity, s->n + n, sizeof *samples) != 0)
    return mer__fail_memory(err);
  if (samples) memcpy(s->samples + s->n, samples, n * sizeof *samples);
  else memset(s->samples + s->n, 0, n * sizeof *samples);
  s->n += n;
  s->n_samples += (int64_t)n;
  return MER_OK;
}

/* Forgets the samples that no later frame needs; one more is kept, as reflection at the end may
 * reach one sample further back than the frame. */
static void drop_used(mer__feature_stream *s) {
  const mer_feature_options *o = &s->extractor->options;
  int64_t used = s->next * o->hop - o->n_fft / 2 - 1 - s->base;
  if (used <= 0) return;
  if (used > (int64_t)s->n) used = (int64_t)s->n;
  s->n -= (size_t)used;
  s->base += used;
  memmove(s->samples, s->samples + used, s->n * sizeof *s->samples);
}

/* Samples to which a sound is cut and padded before all else; -1: it is not. */
static int64_t fixed_length(const mer_feature_options *o) {
  return o->kind == MER_FEATURE_WHISPER && o->n_frames > 0 ? (int64_t)o->n_frames * o->hop : -1;
}

mer_status mer__feature_stream_push(mer__feature_stream *stream, const float *samples, size_t n,
                                    mer_error *err) {
  mer__feature_stream *s = stream;
  const mer_feature_options *o = &s->extractor->options;
  const int64_t length = fixed_length(o);
  mer_status status = prepare(s, err);
  if (length >= 0 && (int64_t)n > length - s->n_samples) n = (size_t)(length - s->n_samples);
  if (status == MER_OK && n) status = append(s, samples, n, err);
  if (o->kind == MER_FEATURE_SAMPLES) return status;
  part p = {s->samples, s->base, s->n_samples};
  /* The group is whole when its last frame is. */
  while (status == MER_OK && s->n_samples > (s->next + L - 1) * o->hop + o->n_fft / 2)
    status = take_group(s, &p, s->next + L, err);
  drop_used(s);
  return status;
}

/* The frames of one group, one after the other. */
static void put_frames(float *out, const mer__feature_stream *s, const float *decibels,
                       int n_lanes) {
  const mer_feature_extractor *e = s->extractor;
  const mer_feature_options *o = &e->options;
  const int rows = mer_feature_rows(e);
  const float *columns = decibels; /* [rows, LANES] */
  if (o->kind == MER_FEATURE_MFCC) {
    mer__cosines_apply(s->spill, decibels, e->cosines, rows, o->n_mels, L, n_lanes);
    columns = s->spill;
  }
  for (int l = 0; l < n_lanes; l++)
    for (int c = 0; c < rows; c++) out[l * rows + c] = columns[c * L + l];
}

/* The kept frames of one group into columns `first` .. of `out`. */
static void put_columns(float *out, const mer_feature_extractor *e, const float *decibels,
                        int n_lanes) {
  const mer_feature_options *o = &e->options;
  size_t stride = (size_t)o->n_frames;
  if (o->kind == MER_FEATURE_MFCC) {
    mer__cosines_apply(out, decibels, e->cosines, o->n_coefficients, o->n_mels, stride, n_lanes);
    return;
  }
  for (int m = 0; m < o->n_mels; m++)
    memcpy(out + (size_t)m * stride, decibels + m * L, (size_t)n_lanes * sizeof *out);
}

/* What Whisper takes of decibels. */
static void scale_for_whisper(float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = x[i] * 0.025f + 1;
}

/* The second pass: decibels and cosines of the kept frames. */
static void put_all(float *out, const mer__feature_stream *s, int64_t n_frames) {
  const mer_feature_extractor *e = s->extractor;
  const mer_feature_options *o = &e->options;
  int64_t n_kept = n_kept_of(e, n_frames);
  float most_db = s->most;
  mer__decibel(&most_db, 1, -INFINITY);
  for (int64_t first = 0; first < n_kept; first += L) {
    float *group = s->mel + (size_t)first * (size_t)o->n_mels;
    mer__decibel(group, (size_t)o->n_mels * L, most_db - (float)o->top_db);
    if (o->kind == MER_FEATURE_WHISPER) scale_for_whisper(group, (size_t)o->n_mels * L);
    const int n_lanes = (int)(n_kept - first < L ? n_kept - first : L);
    if (o->n_frames == 0) put_frames(out + first * mer_feature_rows(e), s, group, n_lanes);
    else put_columns(out + first, e, group, n_lanes);
  }
}

static void put_zeros(float *out, const mer_feature_extractor *e) {
  memset(out, 0, (size_t)mer_feature_rows(e) * (size_t)e->options.n_frames * sizeof *out);
}

int64_t mer__feature_stream_size(const mer__feature_stream *stream) {
  const mer_feature_extractor *e = stream->extractor;
  const int64_t n_frames = e->options.n_frames;
  return mer_feature_rows(e) *
         (n_frames ? n_frames : mer_feature_natural_frames(e, stream->n_samples));
}

/* Zeros after the sound up to its fixed length, piece by piece. */
static mer_status pad(mer__feature_stream *s, mer_error *err) {
  enum { PIECE = 16000 };
  const int64_t length = fixed_length(&s->extractor->options);
  mer_status status = MER_OK;
  while (s->n_samples < length && status == MER_OK)
    status = mer__feature_stream_push(s, NULL, PIECE, err);
  return status;
}

static mer_status put_samples(float *out, const mer_feature_extractor *e, const float *samples,
                              int64_t n) {
  memcpy(out, samples, (size_t)n_kept_of(e, n) * sizeof *out);
  return MER_OK;
}

mer_status mer__feature_stream_finish(float *out, mer__feature_stream *stream, mer_error *err) {
  mer__feature_stream *s = stream;
  int64_t least = s->extractor->options.n_fft / 2 + 1; /* which reflection can pad */
  put_zeros(out, s->extractor);
  if (s->n_samples == 0) return MER_OK;
  if (s->extractor->options.kind == MER_FEATURE_SAMPLES)
    return put_samples(out, s->extractor, s->samples, s->n_samples);
  mer_status status = pad(s, err);
  if (s->n_samples < least) status = append(s, NULL, (size_t)(least - s->n_samples), err);
  part p = {s->samples, s->base, s->n_samples};
  if (status == MER_OK) status = take_rest(s, &p, err);
  if (status == MER_OK) put_all(out, s, mer_feature_natural_frames(s->extractor, s->n_samples));
  return status;
}

void mer__feature_stream_clear(mer__feature_stream *stream) {
  mer__free(stream->memory);
  mer__free(stream->mel);
  mer__free(stream->samples);
  *stream = (mer__feature_stream){.extractor = stream->extractor};
}

/* The whole sound is there, so that its samples need not be copied unless it is very short. */
static mer_status compute(float *out, mer__feature_stream *s, const float *samples,
                          int64_t n_samples, mer_error *err) {
  const mer_feature_options *o = &s->extractor->options;
  part p = {samples, 0, n_samples};
  if (o->kind == MER_FEATURE_SAMPLES) return put_samples(out, s->extractor, samples, n_samples);
  mer_status status = prepare(s, err);
  if (status != MER_OK) return status;
  if (n_samples <= o->n_fft / 2 || fixed_length(o) >= 0) {
    status = mer__feature_stream_push(s, samples, (size_t)n_samples, err);
    return status == MER_OK ? mer__feature_stream_finish(out, s, err) : status;
  }
  int64_t n_frames = mer_feature_natural_frames(s->extractor, n_samples);
  MER__CHECK(reserve_mel(s, (n_kept_of(s->extractor, n_frames) + L - 1) / L, err));
  MER__CHECK(take_rest(s, &p, err));
  put_all(out, s, n_frames);
cleanup:
  return status;
}

mer_status mer_feature_compute(float *out, const mer_feature_extractor *extractor,
                               const float *samples, int64_t n_samples, mer_error *err) {
  mer__feature_stream stream = {.extractor = extractor};
  put_zeros(out, extractor);
  if (n_samples < 1) return MER_OK;
  mer_status status = compute(out, &stream, samples, n_samples, err);
  mer__feature_stream_clear(&stream);
  return status;
}
