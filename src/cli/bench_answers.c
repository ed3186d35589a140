/* bench_answers.c: the works of `mer bench` that answer texts: an encoder's vectors, a model's
 * probabilities. */
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "mer/model.h"

enum { MAX_LENGTH = 128 };

/* Texts and what answers them, `batch_size` in a call. */
typedef struct answering {
  mer_encoder *encoder;
  mer_model *model;
  bench_texts texts;
  mer_input_data *inputs; /* [n] of the model */
  float *values;          /* [n, width] */
  int64_t width, batch_size, max_length;
} answering;

static mer_status answer(void *state, mer_error *err) {
  const answering *a = state;
  mer_status status = MER_OK;
  for (int64_t first = 0; first < a->texts.n && status == MER_OK; first += a->batch_size) {
    int64_t rest = a->texts.n - first, n = rest < a->batch_size ? rest : a->batch_size;
    float *values = a->values + first * a->width;
    if (a->model) status = mer_model_predict(values, a->model, a->inputs + first, n, NULL, err);
    else
      status = mer_encoder_embed(values, a->encoder, a->texts.items + first, n, a->max_length, NULL,
                                 err);
  }
  return status;
}

static mer_status run_answers(bench_result *result, answering *a, const bench_settings *s,
                              mer_error *err) {
  a->batch_size = s->batch_size ? s->batch_size : a->texts.n;
  a->max_length = s->tokens > MAX_LENGTH ? s->tokens : MAX_LENGTH;
  a->values = malloc((size_t)(a->texts.n * a->width) * sizeof *a->values);
  mer_status status = a->values ? bench_repeat(result, answer, a, s, err) : MER_STATUS_NO_MEMORY;
  free(a->values);
  result->rate_unit = "utterances/s";
  result->n_units = a->texts.n;
  result->batch_size = a->batch_size;
  result->tokens = a->texts.tokens;
  bench_texts_close(&a->texts);
  return status;
}

mer_status bench_infer(bench_result *result, const bench_settings *s, mer_error *err) {
  answering a = {0};
  result->subject = s->encoder;
  mer_status status = mer_encoder_open(&a.encoder, s->encoder, err);
  if (status != MER_OK) return status;
  a.width = mer_encoder_describe(a.encoder).hidden_size;
  status = bench_texts_open(&a.texts, s, s->encoder, s->batch_size ? s->batch_size : 1, err);
  if (status == MER_OK) status = run_answers(result, &a, s, err);
  else bench_texts_close(&a.texts);
  mer_encoder_close(a.encoder);
  return status;
}

/* Opens texts where the model takes any; else as many inputs without. */
static mer_status open_inputs(answering *a, const bench_settings *s, mer_error *err) {
  int64_t n_fixed = s->batch_size ? s->batch_size : 1;
  for (int m = 0; m < mer_model_n_modalities(a->model); m++)
    if (mer_model_modality(a->model, m).is_text)
      return bench_texts_open(&a->texts, s, s->model, n_fixed, err);
  a->texts.n = n_fixed;
  return MER_OK;
}

/* One vector serves every utterance and modality. */
static float *make_vector(const mer_model *model) {
  int64_t width = 1;
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    int64_t w = mer_model_modality(model, m).width;
    if (w > width) width = w;
  }
  float *vector = malloc((size_t)width * sizeof *vector);
  if (vector) bench_synthesize(vector, width);
  return vector;
}

static mer_status fill_inputs(answering *a, const float *vector) {
  a->inputs = calloc((size_t)a->texts.n, sizeof *a->inputs);
  if (!a->inputs || !vector) return MER_STATUS_NO_MEMORY;
  for (int64_t i = 0; i < a->texts.n; i++) {
    if (a->texts.items) a->inputs[i].text = a->texts.items[i];
    for (int m = 0; m < mer_model_n_modalities(a->model); m++)
      if (!mer_model_modality(a->model, m).is_text) a->inputs[i].vectors[m] = vector;
  }
  return MER_OK;
}

mer_status bench_predict(bench_result *result, const bench_settings *s, mer_error *err) {
  answering a = {0};
  result->subject = s->model;
  mer_status status = mer_model_open(&a.model, s->model, err);
  if (status != MER_OK) return status;
  float *vector = make_vector(a.model);
  a.width = mer_model_n_labels(a.model);
  status = open_inputs(&a, s, err);
  if (status == MER_OK) status = fill_inputs(&a, vector);
  if (status == MER_OK) status = run_answers(result, &a, s, err);
  else bench_texts_close(&a.texts);
  free(a.inputs);
  free(vector);
  mer_model_close(a.model);
  return status;
}
