/* bench_works.c: the smaller works of `mer bench`: tokens, features, loading. Each has a state, one
 * run over it, and a function that prepares, measures and releases. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "mer/model.h"
#include "mer/speech.h"
#include "mer/text.h"

enum { RATE_HZ = 16000, N_FIXED = 1000, MAX_LENGTH = 128 };

typedef struct tokenizing {
  const mer_tokenizer *tokenizer;
  const bench_texts *texts;
  mer_tokens *tokens; /* [n]: all ids are kept, as a caller would */
  int32_t max_length;
} tokenizing;

static mer_status tokenize(void *state, mer_error *err) {
  tokenizing *t = state;
  mer_status failed = MER_OK;
#pragma omp parallel for schedule(dynamic, 64)
  for (int64_t i = 0; i < t->texts->n; i++) {
    const char *text = t->texts->items[i];
    mer_status status = mer_tokenizer_encode(&t->tokens[i], t->tokenizer, text, strlen(text), NULL,
                                             0, t->max_length, NULL);
    if (status != MER_OK) {
#pragma omp atomic write
      failed = status;
    }
  }
  err->status = failed;
  return failed;
}

mer_status bench_tokenize(bench_result *result, const bench_settings *s, mer_error *err) {
  bench_texts texts = {0};
  mer_tokenizer *tokenizer = NULL;
  tokenizing t = {NULL, &texts, NULL, s->tokens > MAX_LENGTH ? (int32_t)s->tokens : MAX_LENGTH};
  mer_status status = bench_texts_open(&texts, s, s->encoder, N_FIXED, err);
  if (status == MER_OK) status = mer_tokenizer_open(&tokenizer, s->encoder, err);
  t.tokenizer = tokenizer;
  if (status == MER_OK) t.tokens = calloc((size_t)texts.n, sizeof *t.tokens);
  if (status == MER_OK && !t.tokens) status = MER_STATUS_NO_MEMORY;
  if (status == MER_OK) status = bench_repeat(result, tokenize, &t, s, err);
  result->subject = s->encoder;
  result->rate_unit = "utterances/s";
  result->n_units = texts.n;
  result->tokens = texts.tokens;
  for (int64_t i = 0; t.tokens && i < texts.n; i++) mer_tokens_clear(&t.tokens[i]);
  free(t.tokens);
  mer_tokenizer_close(tokenizer);
  bench_texts_close(&texts);
  return status;
}

typedef struct featuring {
  mer_feature_extractor *extractor;
  float *samples, *features; /* of one clip; [batch_size, rows, frames] */
  int64_t n_samples, batch_size;
  size_t width;
} featuring;

/* Each clip on one thread. */
static mer_status compute_features(void *state, mer_error *err) {
  featuring *f = state;
  mer_status failed = MER_OK;
#pragma omp parallel for schedule(dynamic) if (f->batch_size > 1)
  for (int64_t i = 0; i < f->batch_size; i++) {
    mer_status status = mer_feature_compute(f->features + (size_t)i * f->width, f->extractor,
                                            f->samples, f->n_samples, NULL);
    if (status != MER_OK) {
#pragma omp atomic write
      failed = status;
    }
  }
  err->status = failed;
  return failed;
}

/* A tone that rises and falls in loudness, with noise. */
void bench_synthesize(float *samples, int64_t n) {
  uint32_t noise = 1;
  for (int64_t i = 0; i < n; i++) {
    double t = (double)i / RATE_HZ;
    noise = noise * 1664525u + 1013904223u;
    samples[i] = (float)(0.3 * sin(1400 * t) * (1 + sin(7 * t)) + 0.02 * (noise / 4294967296.0));
  }
}

mer_status bench_features(bench_result *result, const bench_settings *s, mer_error *err) {
  featuring f = {.batch_size = s->batch_size ? s->batch_size : 1};
  f.n_samples = (int64_t)(s->seconds * RATE_HZ);
  mer_status status = mer_feature_extractor_create(&f.extractor, NULL, err);
  if (status != MER_OK) return status;
  f.width = (size_t)mer_feature_rows(f.extractor) * (size_t)mer_feature_frames(f.extractor);
  f.samples = malloc((size_t)f.n_samples * sizeof *f.samples);
  f.features = malloc((size_t)f.batch_size * f.width * sizeof *f.features);
  if (!f.samples || !f.features) status = MER_STATUS_NO_MEMORY;
  else bench_synthesize(f.samples, f.n_samples);
  if (status == MER_OK) status = bench_repeat(result, compute_features, &f, s, err);
  result->subject = "MFCC";
  result->rate_unit = "clips/s";
  result->n_units = result->batch_size = f.batch_size;
  free(f.samples);
  free(f.features);
  mer_feature_extractor_free(f.extractor);
  return status;
}

static mer_status load(void *state, mer_error *err) {
  const bench_settings *s = state;
  mer_model *model = NULL;
  mer_encoder *encoder = NULL;
  mer_status status = s->model ? mer_model_open(&model, s->model, err)
                               : mer_encoder_open(&encoder, s->encoder, err);
  mer_model_close(model);
  mer_encoder_close(encoder);
  return status;
}

mer_status bench_load(bench_result *result, const bench_settings *s, mer_error *err) {
  bench_settings copy = *s;
  result->subject = s->model ? s->model : s->encoder;
  result->rate_unit = "loads/s";
  result->n_units = 1;
  return bench_repeat(result, load, &copy, s, err);
}
