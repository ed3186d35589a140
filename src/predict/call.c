/* call.c: what one call to a predictor computes in. */
#include "base/alloc.h"
#include "predict/predictor.h"

void mer__call_free(mer__pooled *item) {
  mer__call *call = (mer__call *)item;
  for (size_t i = 0; i < call->tokens_capacity; i++) mer_tokens_clear(&call->tokens[i]);
  mer__free(call->tokens);
  mer__free(call->media);
  for (size_t i = 0; i < call->features_capacity; i++) mer__floats_clear(&call->features[i]);
  mer__free(call->features);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) mer__floats_clear(&call->statistics[m]);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) mer__turn_reading_clear(&call->turns[m]);
  mer__free(call->turn_requests);
  mer__free(call->inputs);
  mer__free(call->logits);
  mer__free(call->rows);
  mer__free(call);
}

/* mer__grow with zeros in what is new. */
static int grow_tokens(mer__call *call, size_t needed) {
  size_t before = call->tokens_capacity;
  if (mer__grow(&call->tokens, &call->tokens_capacity, needed, sizeof *call->tokens) != 0)
    return -1;
  for (size_t i = before; i < call->tokens_capacity; i++) call->tokens[i] = (mer_tokens){0};
  return 0;
}

int mer__call_reserve_media(mer__call *call) {
  size_t before = call->features_capacity;
  size_t needed = (size_t)call->n_media * (size_t)call->n_modalities;
  if (mer__grow(&call->features, &call->features_capacity, needed, sizeof *call->features) != 0)
    return -1;
  for (size_t i = before; i < call->features_capacity; i++) call->features[i] = (mer__floats){0};
  return 0;
}

static int reserve(mer__call *call, const mer_predictor *predictor, int64_t n, bool without) {
  const mer__network *network = &predictor->model->network;
  size_t n_inputs = (size_t)n * (size_t)network->n_modalities;
  size_t n_answers = (size_t)n + (without ? n_inputs : 0);
  call->n_media = call->n_rows = 0;
  call->n_modalities = network->n_modalities;
  call->without = without;
  return mer__grow(&call->media, &call->media_capacity, (size_t)n, sizeof *call->media) |
         mer__grow(&call->inputs, &call->inputs_capacity, n_inputs, sizeof *call->inputs) |
         mer__grow(&call->logits, &call->logits_capacity,
                   n_answers * (size_t)mer_model_n_labels(predictor->model), sizeof *call->logits) |
         mer__grow(&call->rows, &call->rows_capacity, (size_t)n, sizeof *call->rows) |
         mer__grow(&call->turn_requests, &call->turn_requests_capacity, (size_t)n,
                   sizeof *call->turn_requests) |
         grow_tokens(call, n_inputs);
}

mer__call *mer__call_take(mer_predictor *predictor, int64_t n, bool without) {
  mer__pooled *item = mer__pool_take(&predictor->calls);
  mer__call *call = item ? (mer__call *)item : mer__calloc(1, sizeof *call);
  if (call && reserve(call, predictor, n, without) == 0) return call;
  mer__call_give(predictor, call);
  return NULL;
}

/* Features of long media are not kept for the next call: each place would come to hold as many as
 * its longest, and together they would grow with what has been heard. */
enum { KEPT_FEATURES = 1 << 14 };

void mer__call_give(mer_predictor *predictor, mer__call *call) {
  if (!call) return;
  for (size_t i = 0; i < call->features_capacity; i++)
    if (call->features[i].capacity > KEPT_FEATURES) mer__floats_clear(&call->features[i]);
  mer__pool_give(&predictor->calls, &call->pooled);
}
