/* crnn_frames.c: what a batch hears. */
#include "encoder/crnn_frames.h"

#include <string.h>

#include "base/error.h"
#include "encoder/mel_augment.h"
#include "encoder/mel_frames.h"
#include "nn/parallel.h"
#include "nn/rows.h"

/* Of the masks four sites, then that of the other changes. */
enum { MASK_SITE = 0, CHANGE_SITE = 4 };

/* Spans of six frames, and of five bands: a tenth of each, or a little less. */
static const mer__spec_augment masks_of_training = {.time = {0.1, 6, 0}, .features = {0.1, 5, 0}};

mer_status mer__crnn_frames_declare(mer__crnn_frames *f, mer__params *params, const char *name,
                                    mer_error *err) {
  f->deviation = mer__params_add(params, MER__CONSTANT, f->n_bands, 0, "%s.deviation", name);
  return f->deviation < 0 ? mer__params_fail(params, err) : MER_OK;
}

/* An input's part of the batch. */
typedef struct clip {
  const float *frames; /* without the silence at the ends */
  int64_t n;
  mer__mel_change change; /* if it is `changed` */
  bool changed;
  mer__rng rng; /* of it */
  mer__spec_masks masks;
} clip;

static void trim(clip *c, const mer__crnn_frames *f) {
  if (f->trim_db == 0 || c->n == 0) return;
  int64_t from, to;
  mer__frames_trim(&from, &to, c->frames, c->n, f->n_bands, (float)f->trim_db);
  c->frames += from * f->n_bands;
  c->n = to - from;
}

static mer__mel_bands bands_of(const mer__crnn_frames *f) {
  return (mer__mel_bands){MER__BANK_HTK, f->n_bands, f->top_hz, f->window_s};
}

/* What becomes of input number i of the batch. */
static mer_status plan(clip *c, const mer__crnn_frames *f, const mer__input *input, int64_t i,
                       const mer__pass *pass, mer_error *err) {
  const mer__noise *noise = &pass->noise;
  const mer__mel_bands bands = bands_of(f);
  *c = (clip){.frames = input->values, .n = input->length / f->n_bands};
  c->changed = noise->training && f->augment && c->n > 0;
  if (c->changed) c->rng = mer__noise_rng(noise, CHANGE_SITE, i);
  const bool loud = c->changed && mer__mel_draw_loud(f->noise, &c->rng);
  if (!loud) trim(c, f); /* else the noise at the ends is no silence, as in prediction */
  c->change = mer__mel_unchanged(c->n);
  if (!c->changed) return MER_OK;
  mer__mel_change_draw(&c->change, c->frames, c->n, &bands, loud, &c->rng);
  return mer__spec_masks_draw(&c->masks, &masks_of_training, mer__mel_change_frames(&c->change),
                              f->n_bands, noise, MASK_SITE, i, pass->arena, err);
}

static void mask(float *frames, const mer__spec_masks *masks, int64_t n, int64_t n_bands) {
  for (int64_t t = 0; t < n && masks->time; t++)
    for (int64_t j = 0; j < n_bands; j++)
      if (masks->time[t] || masks->features[j]) frames[t * n_bands + j] = 0;
}

/* Each band without its mean over the n frames, in units of the training set's deviation. */
static void standardize(float *to, const float *from, int64_t n, const mer__crnn_frames *f,
                        const mer__params *params) {
  float mean[MER__CRNN_MAX_BANDS] = {0};
  const int64_t bands = f->n_bands;
  mer__rows_sum_add(mean, from, n, bands);
  for (int64_t j = 0; j < bands; j++) mean[j] /= (float)n;
  for (int64_t t = 0; t < n; t++)
    mer__rows_standardize(to + t * bands, from + t * bands, mean, mer__value(params, f->deviation),
                          bands);
}

/* The frames of one clip, n of them. */
static void write_frames(float *to, const clip *c, const mer__crnn_frames *f, int64_t n,
                         const mer__params *params) {
  const int64_t bands = f->n_bands;
  mer__rng rng = c->rng;
  if (c->n == 0) {
    memset(to, 0, (size_t)bands * sizeof *to);
    return;
  }
  const mer__mel_bands of = bands_of(f);
  if (c->changed) mer__mel_change_apply(to, &c->change, c->frames, &of, &rng);
  standardize(to, c->changed ? to : c->frames, n, f, params);
  mask(to, &c->masks, n, bands);
}

mer_status mer__crnn_frames_take(float **out, mer__packing *packing, const mer__crnn_frames *f,
                                 const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                                 mer_error *err) {
  clip *clips = mer__arena_alloc(pass->arena, (size_t)n, sizeof *clips);
  int32_t *offsets = mer__arena_alloc(pass->arena, (size_t)n + 1, sizeof *offsets);
  if (!clips || !offsets) return mer__fail_memory(err);
  offsets[0] = 0;
  for (int64_t i = 0; i < n; i++) {
    mer_status status = plan(&clips[i], f, inputs[i], i, pass, err);
    if (status != MER_OK) return status;
    offsets[i + 1] = offsets[i] + (int32_t)mer__mel_change_frames(&clips[i].change);
  }
  *packing = (mer__packing){(int32_t)n, offsets};
  *out = mer__arena_alloc(pass->arena, (size_t)(offsets[n] * f->n_bands), sizeof **out);
  if (!*out) return mer__fail_memory(err);
#pragma omp parallel for schedule( \
    dynamic) if (mer__shared(offsets[n] * f->n_bands >= MER__PARALLEL_MIN))
  for (int64_t i = 0; i < n; i++)
    write_frames(*out + offsets[i] * f->n_bands, &clips[i], f, offsets[i + 1] - offsets[i],
                 pass->params);
  return MER_OK;
}
