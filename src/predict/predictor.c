/* predictor.c: opens a model directory and answers utterances. */
#include "predict/predictor.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "eval/argmax.h"
#include "model/joint.h"
#include "tensor/finite.h"

_Static_assert((int)MER_MAX_LABELS == (int)MER__MAX_LABELS, "an answer has room for each label");

/* Seconds of a sound that a modality of sound hears. Values of a fixed number of frames depend on
 * the rest of the sound by its loudest place alone, and in training no clip was longer than
 * `max_duration`: nothing after that is heard. */
static double heard_of(const mer_modality_info *info) {
  const mer_feature_options *features = info->features;
  const double frames_s = (double)features->n_frames * features->hop / features->rate_hz + 1;
  if (features->n_frames == 0 || info->max_duration_s == 0) return 0;
  return info->max_duration_s > frames_s ? info->max_duration_s : frames_s;
}

const mer_model *mer__predictor_part(const mer_predictor *predictor, int m) {
  return predictor->model->parts[0] ? predictor->model->parts[m] : predictor->model;
}

/* Opens the models of the folders; several are joined. */
static mer_status open_models(mer_model **out, const char *const *folders, int n, mer_error *err) {
  mer_model *parts[MER_MAX_MODALITIES] = {NULL};
  mer_status status = MER_OK;
  for (int m = 0; m < n && status == MER_OK; m++)
    status = mer_model_open(&parts[m], folders[m], err);
  if (status == MER_OK && n == 1) *out = parts[0];
  else if (status == MER_OK) status = mer__model_join(out, parts, n, err);
  for (int m = 0; m < n && status != MER_OK; m++) mer_model_close(parts[m]);
  return status;
}

mer_status mer_predictor_open_joint(mer_predictor **out, const char *const *folders, int n_folders,
                                    mer_error *err) {
  *out = NULL;
  if (n_folders < 1 || n_folders > MER_MAX_MODALITIES)
    return mer__fail(err, MER_STATUS_INVALID, "%d models, expected 1 to %d", n_folders,
                     (int)MER_MAX_MODALITIES);
  mer_predictor *p = mer__calloc(1, sizeof *p);
  if (!p) return mer__fail_memory(err);
  if (mer__pool_init(&p->calls) != 0 || mer__pool_init(&p->arenas) != 0) {
    mer__free(p);
    return mer__fail(err, MER_STATUS_IO, "the system gives no lock");
  }
  mer_status status = open_models(&p->model, folders, n_folders, err);
  for (int m = 0; status == MER_OK && m < mer_model_n_modalities(p->model); m++) {
    const mer__modality *modality = &p->model->network.modalities[m];
    if (modality->turns.lstm) status = mer__turn_cache_create(&p->turns[m], modality->width, err);
    if (status != MER_OK) break;
    const mer_modality_info info = mer_model_modality(p->model, m);
    p->takes_images |= info.from_image;
    if (!info.from_sound) continue;
    status = mer_feature_extractor_create(&p->extractors[m], info.features, err);
    p->heard_s[m] = heard_of(&info);
    p->takes_sound = true;
  }
  if (status == MER_OK) *out = p;
  else mer_predictor_close(p);
  return status;
}

mer_status mer_predictor_open(mer_predictor **out, const char *folder, mer_error *err) {
  return mer_predictor_open_joint(out, &folder, 1, err);
}

void mer_predictor_close(mer_predictor *predictor) {
  if (!predictor) return;
  mer__pool_clear(&predictor->calls, mer__call_free);
  mer__pool_clear(&predictor->arenas, mer__pooled_arena_free);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) {
    mer_feature_extractor_free(predictor->extractors[m]);
    mer__turn_cache_free(predictor->turns[m]);
  }
  mer__face_detector_close(predictor->detector);
  mer_model_close(predictor->model);
  mer__free(predictor);
}

mer_status mer_predictor_set_face_detector(mer_predictor *predictor, const char *folder,
                                           mer_error *err) {
  mer__face_detector *detector;
  mer_status status = mer__face_detector_open(&detector, folder, err);
  if (status != MER_OK) return status;
  mer__face_detector_close(predictor->detector);
  predictor->detector = detector;
  return MER_OK;
}

void mer_predictor_forget_turns(mer_predictor *predictor) {
  for (int m = 0; m < MER_MAX_MODALITIES; m++)
    if (predictor->turns[m]) mer__turn_cache_forget(predictor->turns[m]);
}

const mer_model *mer_predictor_model(const mer_predictor *predictor) { return predictor->model; }

mer_status mer_predictor_map_labels(mer_predictor *predictor, const char *map, mer_error *err) {
  return mer_model_map_labels(predictor->model, map, NULL, 0, err);
}

mer_status mer_predictor_set_min_confidence(mer_predictor *predictor, double min_confidence,
                                            mer_error *err) {
  if (!(min_confidence >= 0 && min_confidence <= 1))
    return mer__fail(err, MER_STATUS_INVALID, "a minimum confidence of %g, expected 0 to 1",
                     min_confidence);
  if (min_confidence > 0 && mer_model_target(predictor->model) != MER_TARGET_LABEL)
    return mer__fail(
        err, MER_STATUS_INVALID,
        "a minimum confidence is of models of one label; this one answers %s",
        mer_model_target(predictor->model) == MER_TARGET_LABELS ? "several labels" : "values");
  predictor->min_confidence = min_confidence;
  return MER_OK;
}

static bool has_sound(const mer_predictor *p, const mer_sound *sound) {
  return p->takes_sound && (sound->path || sound->bytes || sound->samples);
}

static bool has_image(const mer_predictor *p, const mer_image *image) {
  return p->takes_images && (image->path || image->bytes || image->pixels);
}

/* The fault of a modality; the first one of an answer is told, and is its status unless something
 * else is there. */
static void note_fault(mer_answer *answer, int m, const char *why, const mer_error *err) {
  answer->missing[m] = why;
  if (answer->status != MER_OK) return;
  answer->status = err->status;
  snprintf(answer->message, sizeof answer->message, "%s", err->message);
}

/* Requests with media from which several threads decode them. */
enum { MANY_MEDIA = 4 };

/* Makes the features of sound and image of request media[k] of the call. MER_STATUS_NO_MEMORY. */
static mer_status prepare_one(mer__call *call, mer_answer *answers, const mer_predictor *p,
                              const mer_request *requests, int64_t k) {
  const int64_t i = call->media[k];
  for (int m = 0; m < call->n_modalities; m++) {
    const bool sees = p->model->network.modalities[m].input == MER__INPUT_IMAGE;
    if (!(sees ? has_image(p, &requests[i].image)
               : p->extractors[m] && has_sound(p, &requests[i].sound)))
      continue;
    mer__floats *features = &call->features[k * call->n_modalities + m];
    mer_error fault = {0};
    mer__face_counts faces = {0};
    const char *why = sees
                          ? mer__predictor_image(features, &faces, p, m, &requests[i].image, &fault)
                          : mer__hear(features, p->extractors[m], &requests[i].sound, p->heard_s[m],
                                      NULL, &fault);
    if (why && fault.status == MER_STATUS_NO_MEMORY) return MER_STATUS_NO_MEMORY;
    if (sees) {
      answers[i].n_frames = (int32_t)faces.n_frames;
      answers[i].n_with_face = (int32_t)faces.n_with_face;
    }
    if (why) {
      note_fault(&answers[i], m, why, &fault);
      continue;
    }
    if (fault.status != MER_OK && !answers[i].message[0])
      memcpy(answers[i].message, fault.message, sizeof fault.message);
    mer__input *input = &call->inputs[i * call->n_modalities + m];
    *input = (mer__input){.present = true, .length = (int64_t)features->n};
    if (sees) input->image = features->data;
    else input->values = features->data;
  }
  return MER_OK;
}

/* Decodes all sounds and images. */
static mer_status prepare_media(mer__call *call, mer_answer *answers, const mer_predictor *p,
                                const mer_request *requests, int64_t n, mer_error *err) {
  int failed = 0;
  for (int64_t i = 0; i < n; i++)
    if (has_sound(p, &requests[i].sound) || has_image(p, &requests[i].image))
      call->media[call->n_media++] = i;
  if (mer__call_reserve_media(call) != 0) return mer__fail_memory(err);
#pragma omp parallel for schedule(dynamic) if (call->n_media >= MANY_MEDIA) reduction(| : failed)
  for (int64_t k = 0; k < call->n_media; k++)
    failed |= prepare_one(call, answers, p, requests, k) != MER_OK;
  return failed ? mer__fail_memory(err) : MER_OK;
}

/* A vector that a request brings. */
static void prepare_vector(mer__input *input, mer_answer *answer, const mer__modality *modality,
                           int m, const float *values) {
  *input = (mer__input){.length = modality->width, .values = values};
  const char *why = NULL;
  if (mer__modality_perceives(modality))
    why = modality->input == MER__INPUT_IMAGE ? "not an image" : "not sound";
  else if (!mer__all_measured(values, modality->width)) why = "not finite";
  input->present = !why;
  mer_error fault = {.status = MER_STATUS_FORMAT};
  if (why) {
    snprintf(fault.message, sizeof fault.message, "%s", why);
    note_fault(answer, m, why, &fault);
  }
}

/* Text and vectors of one request. */
static mer_status prepare_rest(mer__call *call, mer_answer *answer, const mer_predictor *p,
                               const mer_request *request, int64_t i, mer_error *err) {
  const mer__network *network = &p->model->network;
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    const int64_t at = i * network->n_modalities + m;
    mer__input *input = &call->inputs[at];
    if (modality->input == MER__INPUT_TEXT && request->text) {
      mer_status status =
          modality->type->tokenize(input, &call->tokens[at], modality, request->text,
                                   request->text_size, request->context, NULL, err);
      if (status != MER_OK) return status;
    } else if (modality->input != MER__INPUT_TEXT && request->vectors[m] && !input->present) {
      prepare_vector(input, answer, modality, m, request->vectors[m]);
    }
  }
  return MER_OK;
}

/* What of a request is there; without anything its answer is that. */
static bool note_presence(mer_answer *answer, const mer__call *call, const mer_predictor *p,
                          int64_t i) {
  bool any = false;
  for (int m = 0; m < call->n_modalities; m++) {
    answer->present[m] = call->inputs[i * call->n_modalities + m].present;
    any |= answer->present[m];
  }
  if (any) {
    answer->status = MER_OK;
    return true;
  }
  if (answer->status == MER_OK)
    snprintf(answer->message, sizeof answer->message, "nothing here that the %s model takes",
             mer_model_kind(p->model));
  if (answer->status == MER_OK) answer->status = MER_STATUS_INVALID;
  return false;
}

/* Finds the turns before the utterances, where a layer of the model reads them. */
static mer_status prepare_turns(mer__call *call, const mer_predictor *p,
                                const mer_request *requests, int64_t n, mer_error *err) {
  mer_status status = MER_OK;
  for (int m = 0; m < call->n_modalities && status == MER_OK; m++) {
    int64_t n_requests = 0;
    if (!p->turns[m]) continue;
    for (int64_t i = 0; i < n; i++) {
      mer__input *input = &call->inputs[i * call->n_modalities + m];
      if (input->present)
        call->turn_requests[n_requests++] = (mer__turn_request){
            input, requests[i].text, requests[i].text_size, requests[i].context};
    }
    status = mer__turn_reading_find(&call->turns[m], p->model, m, call->turn_requests, n_requests,
                                    p->turns[m], err);
  }
  return status;
}

static mer_status prepare(mer__call *call, mer_answer *answers, const mer_predictor *p,
                          const mer_request *requests, int64_t n, mer_error *err) {
  for (int64_t i = 0; i < n; i++) {
    answers[i] = (mer_answer){.label = -1, .n_labels = mer_model_n_labels(p->model)};
    for (int m = 0; m < call->n_modalities; m++)
      call->inputs[i * call->n_modalities + m] = (mer__input){0};
  }
  mer_status status = prepare_media(call, answers, p, requests, n, err);
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    status = prepare_rest(call, &answers[i], p, &requests[i], i, err);
    if (status == MER_OK && note_presence(&answers[i], call, p, i)) call->rows[call->n_rows++] = i;
  }
  if (status == MER_OK) status = prepare_turns(call, p, requests, n, err);
  return status;
}

static void get_row(mer__input *inputs, const mer__source *source, int64_t row) {
  const mer__call *call = source->owner;
  memcpy(inputs, call->inputs + call->rows[row] * call->n_modalities,
         (size_t)call->n_modalities * sizeof *inputs);
}

int32_t mer__answer_of(float *probs, const mer_model *model, const float *logits) {
  mer__model_answers(probs, model, logits, 1, 0);
  if (mer_model_target(model) == MER_TARGET_VALUES) return -1;
  /* The label does not depend on the temperature. */
  const int32_t label = mer__argmax(probs, mer_model_n_labels(model));
  if (model->temperature > 0) mer__model_answers(probs, model, logits, 1, model->temperature);
  return label;
}

static void finish(mer_answer *answer, const mer_predictor *p, const float *logits) {
  const mer_model *model = p->model;
  const int32_t n = answer->n_labels;
  memcpy(answer->logits, logits, (size_t)n * sizeof *logits);
  if (!mer__all_finite(logits, n)) {
    answer->status = MER_STATUS_FORMAT;
    snprintf(
        answer->message, sizeof answer->message,
        "the scores are not finite numbers: the features or the model's weights are too large");
    return;
  }
  answer->label = mer__answer_of(answer->probs, model, logits);
  if (answer->label < 0) return;
  answer->uncertain = answer->probs[answer->label] < p->min_confidence;
  if (answer->uncertain) answer->label = -1;
}

/* Tokens times parameters of the model from which several threads pay for a call: some 10 ms of
 * work. Shorter calls gain a millisecond or two by them; but where other programs use the
 * processor, each of some sixty loops would wait for a thread that the system has put off. */
static const double large_work = 5e8;

static bool is_short(double n_tokens, const mer_predictor *p) {
  return n_tokens * (double)mer_model_n_parameters(p->model) < large_work;
}

/* Tokens of a call, but for those of texts whose vectors are known. */
static double count_tokens(const mer__call *call, const mer_predictor *p) {
  double n_tokens = 0;
  for (int64_t i = 0; i < call->n_rows; i++)
    for (int m = 0; m < call->n_modalities; m++) {
      const mer__input *input = &call->inputs[call->rows[i] * call->n_modalities + m];
      const mer__modality *modality = &p->model->network.modalities[m];
      if (input->present && !input->vector)
        n_tokens += (double)(modality->type->n_rows ? mer__modality_rows(modality, input) : 1);
    }
  return n_tokens;
}

static mer_status compute(mer__call *call, mer_predictor *p, const mer_request *requests,
                          mer_error *err) {
  const mer__source source = {call->n_rows, call, get_row};
  const int n_threads = mer_threads_get();
  mer_status status = MER_OK;
  for (int m = 0; m < call->n_modalities && status == MER_OK; m++) {
    if (!p->turns[m]) continue;
    if (is_short((double)call->turns[m].n_tokens, p)) omp_set_num_threads(1);
    status = mer__turn_reading_encode(&call->turns[m], p->model, m, p->turns[m], &p->arenas, err);
    omp_set_num_threads(n_threads);
  }
  if (is_short(count_tokens(call, p), p)) omp_set_num_threads(1);
  if (status == MER_OK) status = mer__predictor_adapt(call, p, requests, err);
  if (status == MER_OK)
    status = mer__model_logits(call->logits, p->model, &source, call->without, &p->arenas, err);
  omp_set_num_threads(n_threads);
  return status;
}

mer_status mer_predictor_answer(mer_answer *answers, const mer_predictor *predictor,
                                const mer_request *requests, int64_t n, mer_error *err) {
  return mer_predictor_contributions(answers, NULL, predictor, requests, n, err);
}

mer_status mer_predictor_contributions(mer_answer *answers, mer_contributions *contributions,
                                       const mer_predictor *predictor, const mer_request *requests,
                                       int64_t n, mer_error *err) {
  mer_predictor *p = (mer_predictor *)predictor; /* its pools have locks */
  if (n < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld requests", (long long)n);
  mer__call *call = mer__call_take(p, n, contributions != NULL);
  mer_status status;
  if (!call) return mer__fail_memory(err);
  MER__CHECK(prepare(call, answers, p, requests, n, err));
  MER__CHECK(compute(call, p, requests, err));
  for (int64_t i = 0; contributions && i < n; i++) contributions[i] = (mer_contributions){0};
  for (int64_t i = 0; i < call->n_rows; i++) {
    const int64_t row = call->rows[i], n_labels = mer_model_n_labels(p->model);
    const float *logits =
        call->logits + i * n_labels * (1 + (contributions ? call->n_modalities : 0));
    finish(&answers[row], p, logits);
    if (contributions)
      mer__contributions_of(&contributions[row], &answers[row], p->model, logits + n_labels);
  }
cleanup:
  mer__call_give(p, call);
  return status;
}
