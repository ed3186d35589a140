/* predict_inputs.c: prediction from inputs in memory. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/turn_reading.h"
#include "tensor/finite.h"

/* The inputs of one call, and the tokens that they borrow. */
typedef struct call {
  const mer_model *model;
  mer__input *inputs; /* [n, n_modalities] */
  mer_tokens *tokens; /* [n, n_modalities] */
} call;

static void get_row(mer__input *inputs, const mer__source *source, int64_t row) {
  const call *c = source->owner;
  const size_t n = (size_t)c->model->network.n_modalities;
  memcpy(inputs, c->inputs + (size_t)row * n, n * sizeof *inputs);
}

static mer_status prepare_text(mer__input *input, mer_tokens *tokens, const mer__modality *modality,
                               const mer_input_data *data, mer_error *err) {
  if (!data->text) return MER_OK;
  return modality->type->tokenize(input, tokens, modality, data->text, strlen(data->text),
                                  data->context, NULL, err);
}

static mer_status prepare_values(mer__input *input, const mer__modality *modality,
                                 const float *values, int64_t row, mer_error *err) {
  *input = (mer__input){.present = values != NULL, .length = modality->width, .values = values};
  if (!values) return MER_OK;
  if (mer__modality_perceives(modality))
    return mer__fail_at(err, MER_STATUS_INVALID, row,
                        "'%s' takes %s, not a vector: use mer_predictor", modality->name,
                        modality->input == MER__INPUT_IMAGE ? "images" : "sound");
  if (mer__all_measured(values, modality->width)) return MER_OK;
  return mer__fail_at(err, MER_STATUS_INVALID, row,
                      "'%s' of utterance %lld holds values that are not finite or above %g",
                      modality->name, (long long)row + 1, (double)MER__NO_MEASUREMENT);
}

static mer_status prepare(const call *c, const mer_input_data *data, int64_t n, mer_error *err) {
  const mer__network *network = &c->model->network;
  mer_status status = MER_OK;
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
      const int64_t at = i * network->n_modalities + m;
      const mer__modality *modality = &network->modalities[m];
      status = modality->input == MER__INPUT_TEXT
                   ? prepare_text(&c->inputs[at], &c->tokens[at], modality, &data[i], err)
                   : prepare_values(&c->inputs[at], modality, data[i].vectors[m], i, err);
    }
  return status;
}

/* Reads the turns before the utterances, where a layer of the model does. */
static mer_status read_turns(mer__turn_reading *reading, const call *c, int m,
                             const mer_input_data *data, int64_t n, mer_error *err) {
  const int n_modalities = c->model->network.n_modalities;
  int64_t n_requests = 0;
  mer__turn_request *requests = mer__malloc((size_t)n, sizeof *requests);
  if (!requests) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    mer__input *input = &c->inputs[i * n_modalities + m];
    if (input->present)
      requests[n_requests++] =
          (mer__turn_request){input, data[i].text, strlen(data[i].text), data[i].context};
  }
  mer_status status = mer__turn_reading_find(reading, c->model, m, requests, n_requests, NULL, err);
  if (status == MER_OK) status = mer__turn_reading_encode(reading, c->model, m, NULL, NULL, err);
  mer__free(requests);
  return status;
}

mer_status mer_model_predict(float *probs, const mer_model *model, const mer_input_data *inputs,
                             int64_t n, const mer_monitor *monitor, mer_error *err) {
  if (n < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld utterances", (long long)n);
  const size_t n_items = (size_t)n * (size_t)model->network.n_modalities;
  const call c = {model, mer__calloc(n_items, sizeof *c.inputs),
                  mer__calloc(n_items, sizeof *c.tokens)};
  const mer__source source = {n, &c, get_row};
  mer__turn_reading turns[MER_MAX_MODALITIES] = {0};
  mer_status status = c.inputs && c.tokens ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) status = prepare(&c, inputs, n, err);
  for (int m = 0; m < model->network.n_modalities && status == MER_OK; m++)
    if (model->network.modalities[m].turns.lstm)
      status = read_turns(&turns[m], &c, m, inputs, n, err);
  if (status == MER_OK) status = mer__model_infer(probs, model, &source, monitor, "predict", err);
  for (size_t i = 0; c.tokens && i < n_items; i++) mer_tokens_clear(&c.tokens[i]);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) mer__turn_reading_clear(&turns[m]);
  mer__free(c.tokens);
  mer__free(c.inputs);
  return status;
}
