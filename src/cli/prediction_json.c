/* prediction_json.c: the answer for a row of a data set as a line of JSON. */
#include "cli/prediction_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_text.h"
#include "mer/predict.h"

enum { TIME_BYTES = 32 };

/* A time as the table has it where that is a number of JSON; else its seconds in the fewest digits
 * that are read as the same number. */
static void print_time(char text[TIME_BYTES], double seconds, const char *written) {
  json_t *value = written ? json_loads(written, JSON_DECODE_ANY, NULL) : NULL;
  const bool is_number = json_is_number(value);
  json_decref(value);
  if (is_number && strlen(written) < TIME_BYTES) {
    strcpy(text, written);
    return;
  }
  if (isfinite(seconds))
    for (int digits = 1; digits <= 17; digits++) {
      snprintf(text, TIME_BYTES, "%.*g", digits, seconds);
      if (strtod(text, NULL) == seconds) return;
    }
  strcpy(text, "null");
}

static char *json_of(const char *text) {
  json_t *value = cli_json_text(text);
  char *json = json_dumps(value, JSON_ENCODE_ANY);
  json_decref(value);
  return json;
}

/* The labels that a row has. */
static json_t *list_labels(const float *targets, const mer_model *model) {
  json_t *list = json_array();
  for (int32_t i = 0; i < mer_model_n_labels(model); i++)
    if (targets[i] >= 0.5f) json_array_append_new(list, cli_json_text(mer_model_label(model, i)));
  return list;
}

static json_t *name_values(const float *targets, const mer_model *model) {
  json_t *object = json_object();
  for (int32_t i = 0; i < mer_model_n_labels(model); i++)
    json_object_set_new(object, mer_model_label(model, i), json_real(targets[i]));
  return object;
}

/* What the data say of a row, as JSON: its label, its labels, or its values by name. */
static char *truth_of(const mer_predictions *p, int64_t index, const mer_model *model) {
  const float *targets = p->targets + index * p->n_classes;
  if (p->target == MER_TARGET_LABEL) return json_of(mer_model_label(model, p->labels[index]));
  json_t *value =
      p->target == MER_TARGET_LABELS ? list_labels(targets, model) : name_values(targets, model);
  char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(7));
  json_decref(value);
  return json;
}

/* What a row has beside its answer, as members of its object; NULL if memory is out. Frees
 * `truth`. */
static char *describe_row(const mer_utterance *row, char *truth) {
  char start[TIME_BYTES], end[TIME_BYTES], *speaker = json_of(row->speaker);
  size_t size = 160 + (speaker ? strlen(speaker) : 0) + (truth ? strlen(truth) : 0);
  char *members = speaker && truth ? malloc(size) : NULL;
  print_time(start, row->start_s, row->start);
  print_time(end, row->end_s, row->end);
  if (members)
    snprintf(members, size, "\"speaker\":%s,\"start\":%s,\"end\":%s,\"true\":%s", speaker, start,
             end, truth);
  free(speaker);
  free(truth);
  return members;
}

static mer_answer answer_of(const mer_predictions *p, int64_t index, int n_modalities) {
  mer_answer answer = {.label = p->predicted[index], .n_labels = p->n_classes};
  memcpy(answer.probs, p->probs + index * p->n_classes, (size_t)p->n_classes * sizeof(float));
  for (int m = 0; m < n_modalities; m++) answer.present[m] = p->present[index * n_modalities + m];
  return answer;
}

void cli_print_prediction(FILE *out, const mer_predictions *predictions, int64_t index,
                          const mer_model *model, const mer_utterance *row, double min_confidence) {
  mer_answer answer = answer_of(predictions, index, mer_model_n_modalities(model));
  answer.uncertain = mer_prediction_is_uncertain(predictions, index, min_confidence);
  char *id = json_of(row->id), *json = NULL;
  char *members = describe_row(row, truth_of(predictions, index, model));
  if (id && members && mer_answer_json(&json, &answer, model, id, members, NULL) == MER_OK)
    fprintf(out, "%s\n", json);
  mer_text_free(json);
  free(id);
  free(members);
}
