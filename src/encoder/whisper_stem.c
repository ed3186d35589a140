/* whisper_stem.c: the convolutions of Whisper, whose inputs have a frame of zeros at either end. */
#include "encoder/whisper_stem.h"

#include <string.h>

#include "base/error.h"
#include "encoder/mel_augment.h"
#include "encoder/mel_frames.h"
#include "nn/activation.h"
#include "nn/rows.h"

enum { KERNEL = 3, PADDING = 1, STRIDE = 2 };

/* Of the masks four sites, then that of the other changes. */
enum { MASK_SITE = MER__TRANSFORMER_SITES, CHANGE_SITE = MASK_SITE + 4 };

/* A value is (decibels + DB) / DB. */
enum { DB = 40, RANGE_DB = 80 };

/* What forward keeps for backward. */
typedef struct kept_stem {
  float *frames;          /* [F + 2, bands] */
  float *first, *between; /* [F, H] before GELU, [F + 2, H] after it */
  float *second;          /* [rows, H] before GELU */
} kept_stem;

static int64_t n_rows(const void *self, int64_t n_frames) {
  (void)self;
  return (n_frames + STRIDE - 1) / STRIDE;
}

/* Room for n frames with zeros around them. */
static float *take_padded(mer__arena *arena, int64_t n, int64_t width) {
  float *x = mer__arena_alloc(arena, (size_t)((n + 2 * PADDING) * width), sizeof *x);
  if (!x) return NULL;
  memset(x, 0, (size_t)width * sizeof *x);
  memset(x + (n + PADDING) * width, 0, (size_t)width * sizeof *x);
  return x;
}

static void copy_frames(float *to, const mer__whisper_stem *s, const mer__window *window) {
  const int64_t n = window->n_frames, bands = s->n_bands;
  if (!s->band_major) {
    memcpy(to, window->values, (size_t)(n * bands) * sizeof *to);
    return;
  }
  for (int64_t m = 0; m < bands; m++)
    for (int64_t f = 0; f < n; f++) to[f * bands + m] = window->values[m * n + f];
}

static void trim(int64_t *from, int64_t *to, const void *self, const float *values,
                 int64_t n_frames, double decibels) {
  const int64_t bands = ((const mer__whisper_stem *)self)->n_bands;
  mer__frames_trim(from, to, values, n_frames, bands, (float)(decibels / DB));
}

/* In decibels, and back to values, which lie within their range below the peak. */
static mer_status change(const float **values, int64_t *n_frames, const void *self, int64_t number,
                         const mer__pass *pass, mer_error *err) {
  const mer__whisper_stem *s = self;
  const mer__mel_bands bands = {MER__BANK_SLANEY, s->n_bands, s->top_hz, s->window_s};
  const int64_t size = *n_frames * bands.n;
  mer__rng rng = mer__noise_rng(&pass->noise, CHANGE_SITE, number);
  mer__mel_change drawn;
  float *decibels = mer__arena_alloc(pass->arena, (size_t)size, sizeof *decibels);
  if (!decibels) return mer__fail_memory(err);
  for (int64_t i = 0; i < size; i++) decibels[i] = DB * ((*values)[i] - 1);
  const bool loud = mer__mel_draw_loud(s->noise, &rng);
  mer__mel_change_draw(&drawn, decibels, *n_frames, &bands, loud, &rng);
  const int64_t n = mer__mel_change_frames(&drawn), changed_size = n * bands.n;
  float *changed = mer__arena_alloc(pass->arena, (size_t)changed_size, sizeof *changed);
  if (!changed) return mer__fail_memory(err);
  mer__mel_change_apply(changed, &drawn, decibels, &bands, &rng);
  const float least = mer__frames_peak(changed, changed_size) - RANGE_DB;
  for (int64_t i = 0; i < changed_size; i++)
    changed[i] = (changed[i] > least ? changed[i] : least) / DB + 1;
  *values = changed;
  *n_frames = n;
  return MER_OK;
}

/* Frames of the window, of which some are masked while training. */
static mer_status take_frames(float *to, const mer__whisper_stem *s, const mer__window *window,
                              const mer__pass *pass, mer_error *err) {
  const int64_t n = window->n_frames, bands = s->n_bands;
  mer__spec_masks masks;
  mer_status status = mer__spec_masks_draw(&masks, &s->augment, n, bands, &pass->noise, MASK_SITE,
                                           window->number, pass->arena, err);
  if (status != MER_OK) return status;
  copy_frames(to, s, window);
  for (int64_t f = 0; f < n && (masks.time || masks.features); f++)
    for (int64_t m = 0; m < bands; m++)
      if ((masks.time && masks.time[f]) || (masks.features && masks.features[m]))
        to[f * bands + m] = 0;
  return MER_OK;
}

static mer_status forward(float *rows, void **kept, const void *self, const void *shared,
                          const mer__window *window, const mer__pass *pass, mer_error *err) {
  (void)shared;
  const mer__whisper_stem *s = self;
  const int64_t n = window->n_frames, hidden = s->hidden, size = window->n_rows * hidden;
  const bool keep = pass->noise.training && mer__is_trained(pass->params, s->first.weight);
  kept_stem *k = *kept = mer__arena_alloc(pass->arena, 1, sizeof *k);
  if (!k) return mer__fail_memory(err);
  k->frames = take_padded(pass->arena, n, s->n_bands);
  k->between = take_padded(pass->arena, n, hidden);
  if (!k->frames || !k->between) return mer__fail_memory(err);
  float *activated = k->between + PADDING * hidden;
  k->first = activated;
  k->second = rows;
  if (keep) {
    k->first = mer__arena_alloc(pass->arena, (size_t)(n * hidden), sizeof(float));
    k->second = mer__arena_alloc(pass->arena, (size_t)size, sizeof(float));
    if (!k->first || !k->second) return mer__fail_memory(err);
  }
  mer_status status = take_frames(k->frames + PADDING * s->n_bands, s, window, pass, err);
  if (status != MER_OK) return status;
  mer__conv_forward(k->first, activated, k->frames, pass, &s->first, n);
  mer__conv_forward(k->second, rows, k->between, pass, &s->second, window->n_rows);
  mer__rows_scale_add(rows, mer__value(pass->params, s->positions), 1, size);
  return MER_OK;
}

static mer_status backward(float *drows, const void *kept, const void *self, const void *shared,
                           const mer__window *window, const mer__pass *pass, mer_error *err) {
  (void)shared;
  const mer__whisper_stem *s = self;
  const kept_stem *k = kept;
  const int64_t n = window->n_frames, hidden = s->hidden;
  const int64_t first = mer__conv_scratch(&s->first), second = mer__conv_scratch(&s->second);
  float *scratch =
      mer__arena_alloc(pass->arena, (size_t)(first > second ? first : second), sizeof(float));
  float *dbetween =
      mer__arena_alloc(pass->arena, (size_t)((n + 2 * PADDING) * hidden), sizeof(float));
  if (!scratch || !dbetween) return mer__fail_memory(err);
  memset(dbetween, 0, (size_t)((n + 2 * PADDING) * hidden) * sizeof *dbetween);
  mer__gelu_backward(drows, drows, k->second, window->n_rows * hidden);
  mer__conv_backward(dbetween, drows, k->between, pass, &s->second, window->n_rows, scratch);
  float *dfirst = dbetween + PADDING * hidden;
  mer__gelu_backward(dfirst, dfirst, k->first, n * hidden);
  mer__conv_backward(NULL, dfirst, k->frames, pass, &s->first, n, scratch);
  return MER_OK;
}

mer_status mer__whisper_stem_declare(mer__whisper_stem *s, mer__params *params, mer_error *err) {
  s->first = (mer__conv){.in = s->n_bands, .out = s->hidden, .kernel = KERNEL, .stride = 1};
  s->second = (mer__conv){.in = s->hidden, .out = s->hidden, .kernel = KERNEL, .stride = STRIDE};
  mer__conv_declare(&s->first, params, MER__LINEAR, true, "encoder.conv1");
  mer__conv_declare(&s->second, params, MER__LINEAR, true, "encoder.conv2");
  s->positions = mer__params_add(params, MER__CONSTANT, s->n_positions, s->hidden,
                                 "encoder.embed_positions.weight");
  s->functions = (mer__speech_stem){.most_frames = STRIDE * s->n_positions,
                                    .frame_step = STRIDE,
                                    .trim = trim,
                                    .change = s->changes ? change : NULL,
                                    .most_changed = mer__mel_change_most_frames,
                                    .n_rows = n_rows,
                                    .forward = forward,
                                    .backward = backward};
  const bool failed = s->first.weight < 0 || s->first.bias < 0 || s->second.weight < 0 ||
                      s->second.bias < 0 || s->positions < 0;
  return failed ? mer__params_fail(params, err) : MER_OK;
}
