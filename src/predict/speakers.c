/* speakers.c: what a predictor has heard of speakers, and the statistics of a call's sounds without
 * what is particular to theirs. */
#include "predict/speaker_state.h"

#include "base/alloc.h"
#include "base/error.h"

bool mer_predictor_adapts(const mer_predictor *predictor) {
  bool any = false;
  for (int m = 0; m < predictor->model->network.n_modalities; m++)
    any |= mer__predictor_adapts(predictor, m);
  return any;
}

void mer__speaker_constants(float **mean, float **deviation, const mer_predictor *p, int m) {
  const mer_model *model = mer__predictor_part(p, m);
  const mer__modality *modality = &model->network.modalities[model == p->model ? m : 0];
  modality->type->constants(mean, deviation, modality, &model->network.params);
}

mer_status mer_speaker_create(mer_speaker **out, const mer_predictor *predictor, mer_error *err) {
  *out = NULL;
  if (!mer_predictor_adapts(predictor))
    return mer__fail(err, MER_STATUS_INVALID,
                     "the model does not adapt to speakers (mer train --by-speaker)");
  mer_speaker *speaker = mer__calloc(1, sizeof *speaker);
  if (!speaker) return mer__fail_memory(err);
  speaker->predictor = predictor;
  mer_status status = MER_OK;
  for (int m = 0; m < MER_MAX_MODALITIES && status == MER_OK; m++)
    if (m < predictor->model->network.n_modalities && mer__predictor_adapts(predictor, m))
      status = mer__speaker_init(&speaker->heard[m], mer__speaker_width(predictor, m), err);
  if (status == MER_OK) *out = speaker;
  else mer_speaker_free(speaker);
  return status;
}

void mer_speaker_free(mer_speaker *speaker) {
  if (!speaker) return;
  for (int m = 0; m < MER_MAX_MODALITIES; m++) mer__speaker_clear(&speaker->heard[m]);
  mer__free(speaker);
}

mer_status mer_speaker_copy(mer_speaker **out, const mer_speaker *from, mer_error *err) {
  mer_status status = mer_speaker_create(out, from->predictor, err);
  for (int m = 0; m < MER_MAX_MODALITIES && status == MER_OK; m++)
    if (from->heard[m].mean)
      mer__speaker_copy(&(*out)->heard[m], &from->heard[m], mer__speaker_width(from->predictor, m));
  return status;
}

/* The call's inputs that modality m has, one after the other; their number. */
static int64_t list_inputs(mer__input *inputs, const mer__call *call, int m) {
  int64_t n = 0;
  for (int64_t i = 0; i < call->n_rows; i++) {
    const mer__input *input = &call->inputs[call->rows[i] * call->n_modalities + m];
    if (input->present) inputs[n++] = *input;
  }
  return n;
}

/* Hears the inputs of modality m in their order, and gives them their statistics, those of speakers
 * without what is particular to them. */
static void adapt(mer__call *call, const mer_predictor *p, const mer_request *requests, int m) {
  const int64_t width = mer__speaker_width(p, m);
  float *mean, *deviation, *vector = call->statistics[m].data;
  mer__speaker_constants(&mean, &deviation, p, m);
  for (int64_t i = 0; i < call->n_rows; i++) {
    mer__input *input = &call->inputs[call->rows[i] * call->n_modalities + m];
    mer_speaker *speaker = requests[call->rows[i]].speaker;
    if (!input->present) continue;
    input->vector = vector;
    if (speaker) {
      mer__speaker_add(&speaker->heard[m], vector, width);
      mer__speaker_adapt(vector, vector, &speaker->heard[m], mean, deviation, width);
    }
    vector += width;
  }
}

/* Whether a request has a speaker, who must be this predictor's. */
static mer_status find_speakers(bool *any, const mer__call *call, const mer_predictor *p,
                                const mer_request *requests, mer_error *err) {
  *any = false;
  for (int64_t i = 0; i < call->n_rows; i++) {
    const mer_speaker *speaker = requests[call->rows[i]].speaker;
    if (!speaker) continue;
    if (speaker->predictor != p)
      return mer__fail(err, MER_STATUS_INVALID, "a speaker that another predictor has heard");
    *any = true;
  }
  return MER_OK;
}

mer_status mer__predictor_adapt(mer__call *call, mer_predictor *p, const mer_request *requests,
                                mer_error *err) {
  bool any;
  mer_status status = find_speakers(&any, call, p, requests, err);
  if (status != MER_OK || !any) return status;
  for (int m = 0; m < call->n_modalities; m++) {
    if (!mer__predictor_adapts(p, m)) continue;
    mer__input *inputs = mer__malloc((size_t)call->n_rows, sizeof *inputs);
    const int64_t n = inputs ? list_inputs(inputs, call, m) : 0;
    status = inputs ? MER_OK : mer__fail_memory(err);
    if (status == MER_OK &&
        mer__floats_resize(&call->statistics[m], (size_t)(n * mer__speaker_width(p, m))) != 0)
      status = mer__fail_memory(err);
    if (status == MER_OK)
      status = mer__model_embed(call->statistics[m].data, p->model, m, inputs, n, &p->arenas, NULL,
                                "predict", err);
    mer__free(inputs);
    if (status != MER_OK) return status;
    adapt(call, p, requests, m);
  }
  return MER_OK;
}
