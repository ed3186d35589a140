/* modality_bert.c: text through a BERT encoder; the vector is the last hidden state of [CLS]. */
#include <string.h>

#include "base/error.h"
#include "model/config_json.h"
#include "model/modality.h"

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  modality->width = modality->bert.config.hidden_size;
  return mer__bert_declare(&modality->bert, params, err);
}

/* Joins the inputs' tokens into one packed batch. */
static mer_status pack(mer__token_batch *batch, const mer__input *const *inputs, int64_t n,
                       mer__arena *arena, mer_error *err) {
  size_t n_tokens = 0;
  for (int64_t i = 0; i < n; i++) n_tokens += (size_t)inputs[i]->n_tokens;
  int32_t *ids = mer__arena_alloc(arena, n_tokens, sizeof *ids);
  int32_t *type_ids = mer__arena_alloc(arena, n_tokens, sizeof *type_ids);
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!ids || !type_ids || !offsets) return mer__fail_memory(err);
  int32_t at = 0;
  for (int64_t i = 0; i < n; i++) {
    size_t bytes = (size_t)inputs[i]->n_tokens * sizeof *ids;
    memcpy(ids + at, inputs[i]->ids, bytes);
    memcpy(type_ids + at, inputs[i]->type_ids, bytes);
    offsets[i] = at;
    at += inputs[i]->n_tokens;
  }
  offsets[n] = at;
  *batch = (mer__token_batch){ids, type_ids, {(int32_t)n, offsets}};
  return MER_OK;
}

static mer_status forward(float *vectors, void **state, const mer__modality *modality,
                          const mer__params *params, const mer__input *const *inputs, int64_t n,
                          mer__arena *arena, const mer__noise *noise, mer_error *err) {
  size_t row = (size_t)modality->width * sizeof(float);
  if (inputs[0]->vector) { /* computed before by the frozen encoder */
    for (int64_t i = 0; i < n; i++) memcpy(vectors + i * modality->width, inputs[i]->vector, row);
    return MER_OK;
  }
  mer__token_batch batch;
  mer_status status = pack(&batch, inputs, n, arena, err);
  if (status != MER_OK) return status;
  mer__noise used = *noise;
  if (modality->frozen) used.training = false;
  mer__bert_state *kept;
  status = mer__bert_forward(vectors, &kept, &modality->bert, params, &batch, arena, &used, err);
  *state = kept;
  return status;
}

static mer_status backward(const mer__modality *modality, mer__params *params, const void *state,
                           const float *dvectors, mer__arena *arena, mer_error *err) {
  return mer__bert_backward(&modality->bert, params, state, dvectors, arena, err);
}

static int describe(const mer__modality *modality, json_t *object) {
  return json_object_set_new(object, "max_length", json_integer(modality->max_length));
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *path, mer_error *err) {
  mer_status status = mer__bert_config_read(&modality->bert.config, root, path, err);
  if (status != MER_OK) return status;
  return mer__config_integer(&modality->max_length, object, "max_length", true, 3,
                             modality->bert.config.max_positions, path, err);
}

static void clear(mer__modality *modality) { mer__bert_clear(&modality->bert); }

const mer__modality_type mer__modality_bert = {"bert",   true,     declare, forward,
                                               backward, describe, parse,   clear};
