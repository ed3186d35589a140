/* bench_answers.c: the works of `mer bench` that answer utterances: an encoder's vectors of texts,
 * a model's probabilities of what it takes. */
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/model_input.h"
#include "mer/model.h"
#include "mer/predict.h"

enum { MAX_LENGTH = 128, RATE_HZ = 16000, SIDE = 224 };

/* Utterances and what answers them, `batch_size` in a call. */
typedef struct answering {
  mer_encoder *encoder;
  mer_predictor *predictor;
  bench_texts texts;     /* n is the number of utterances */
  float *vectors;        /* [n, width] of the encoder */
  mer_request *requests; /* [n] to the predictor */
  mer_answer *answers;   /* [n] */
  int64_t width, batch_size, max_length;
} answering;

static mer_status answer_some(const answering *a, int64_t first, int64_t n, mer_error *err) {
  if (a->encoder)
    return mer_encoder_embed(a->vectors + first * a->width, a->encoder, a->texts.items + first, n,
                             a->max_length, NULL, err);
  mer_status status =
      mer_predictor_answer(a->answers + first, a->predictor, a->requests + first, n, err);
  for (int64_t i = first; i < first + n && status == MER_OK; i++)
    if (a->answers[i].status != MER_OK)
      status = bench_fail(err, a->answers[i].status, "predict", a->answers[i].message);
  return status;
}

static mer_status answer(void *state, mer_error *err) {
  const answering *a = state;
  mer_status status = MER_OK;
  if (a->predictor)
    mer_predictor_forget_turns(a->predictor); /* or only the first run would encode */
  for (int64_t first = 0; first < a->texts.n && status == MER_OK; first += a->batch_size) {
    int64_t rest = a->texts.n - first;
    status = answer_some(a, first, rest < a->batch_size ? rest : a->batch_size, err);
  }
  return status;
}

static mer_status run_answers(bench_result *result, answering *a, const bench_settings *s,
                              mer_error *err) {
  a->batch_size = s->batch_size ? s->batch_size : a->texts.n;
  a->max_length = s->tokens > MAX_LENGTH ? s->tokens : MAX_LENGTH;
  result->rate_unit = "utterances/s";
  result->n_units = a->texts.n;
  result->batch_size = a->batch_size;
  result->tokens = a->texts.tokens;
  return bench_repeat(result, answer, a, s, err);
}

mer_status bench_infer(bench_result *result, const bench_settings *s, mer_error *err) {
  answering a = {0};
  result->subject = s->encoder;
  mer_status status = mer_encoder_open(&a.encoder, s->encoder, err);
  if (status != MER_OK) return status;
  a.width = mer_encoder_describe(a.encoder).hidden_size;
  status = bench_texts_open(&a.texts, s, s->encoder, s->batch_size ? s->batch_size : 1, err);
  if (status == MER_OK) a.vectors = malloc((size_t)(a.texts.n * a.width) * sizeof *a.vectors);
  if (status == MER_OK && !a.vectors) status = MER_STATUS_NO_MEMORY;
  if (status == MER_OK) status = run_answers(result, &a, s, err);
  free(a.vectors);
  bench_texts_close(&a.texts);
  mer_encoder_close(a.encoder);
  return status;
}

/* What every utterance brings beside its text. */
typedef struct media {
  float *samples; /* [n_samples] */
  int64_t n_samples;
  uint8_t *pixels; /* [SIDE, SIDE, 3] */
  float *vector;   /* as long as that of any modality */
} media;

static void clear_media(media *m) {
  free(m->samples);
  free(m->pixels);
  free(m->vector);
}

static mer_status make_media(media *m, const mer_model *model, double seconds) {
  int64_t width = 1;
  for (int i = 0; i < mer_model_n_modalities(model); i++)
    if (mer_model_modality(model, i).width > width) width = mer_model_modality(model, i).width;
  const size_t n_values = (size_t)3 * SIDE * SIDE;
  m->n_samples = (int64_t)(seconds * RATE_HZ);
  m->samples = malloc((size_t)m->n_samples * sizeof *m->samples);
  m->pixels = malloc(n_values);
  m->vector = malloc((size_t)width * sizeof *m->vector);
  if (!m->samples || !m->pixels || !m->vector) return MER_STATUS_NO_MEMORY;
  bench_synthesize(m->samples, m->n_samples);
  bench_synthesize(m->vector, width);
  for (size_t i = 0; i < n_values; i++) m->pixels[i] = (uint8_t)(i * i >> 8);
  return MER_OK;
}

/* Texts where the model takes any; else as many utterances without. */
static mer_status open_texts(answering *a, const mer_model *model, const bench_settings *s,
                             mer_error *err) {
  int64_t n_fixed = s->batch_size ? s->batch_size : 1;
  if (cli_model_input(model, CLI_INPUT_TEXT) >= 0)
    return bench_texts_open(&a->texts, s, s->model, n_fixed, err);
  a->texts.n = n_fixed;
  return MER_OK;
}

static mer_status fill_requests(answering *a, const media *m) {
  const mer_model *model = mer_predictor_model(a->predictor);
  a->requests = calloc((size_t)a->texts.n, sizeof *a->requests);
  a->answers = calloc((size_t)a->texts.n, sizeof *a->answers);
  if (!a->requests || !a->answers) return MER_STATUS_NO_MEMORY;
  for (int64_t i = 0; i < a->texts.n; i++) {
    mer_request *r = &a->requests[i];
    r->text = a->texts.items ? a->texts.items[i] : NULL;
    r->text_size = r->text ? strlen(r->text) : 0;
    r->sound.samples = m->samples;
    r->sound.n_samples = m->n_samples;
    r->sound.n_channels = 1;
    r->sound.rate_hz = RATE_HZ;
    r->image.pixels = m->pixels;
    r->image.height = r->image.width = SIDE;
    for (int j = 0; j < mer_model_n_modalities(model); j++)
      if (mer_model_modality(model, j).width > 0) r->vectors[j] = m->vector;
  }
  return MER_OK;
}

mer_status bench_predict(bench_result *result, const bench_settings *s, mer_error *err) {
  answering a = {0};
  media m = {0};
  result->subject = s->model;
  mer_status status = mer_predictor_open(&a.predictor, s->model, err);
  if (status != MER_OK) return status;
  const mer_model *model = mer_predictor_model(a.predictor);
  status = open_texts(&a, model, s, err);
  if (status == MER_OK) status = make_media(&m, model, s->seconds);
  if (status == MER_OK) status = fill_requests(&a, &m);
  if (status == MER_OK) status = run_answers(result, &a, s, err);
  free(a.requests);
  free(a.answers);
  clear_media(&m);
  bench_texts_close(&a.texts);
  mer_predictor_close(a.predictor);
  return status;
}
