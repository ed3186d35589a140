/* prediction_json.c: a prediction as a JSON object. */
#include "cli/prediction_json.h"

#include <math.h>

#include "cli/json_text.h"

static json_t *number_or_null(double x) { return isfinite(x) ? json_real(x) : json_null(); }

json_t *cli_prediction_json(const mer_model *model, const char *id, const float *probs,
                            const uint8_t *present, const mer_utterance *row) {
  json_t *object = json_object(), *by_label = json_object(), *modalities = json_array();
  int32_t best = 0, n = mer_model_n_labels(model);
  for (int32_t i = 0; i < n; i++) {
    if (probs[i] > probs[best]) best = i;
    json_object_set_new(by_label, mer_model_label(model, i), json_real(probs[i]));
  }
  for (int m = 0; m < mer_model_n_modalities(model); m++)
    if (present[m])
      json_array_append_new(modalities, json_string(mer_model_modality(model, m).name));
  json_object_set_new(object, "id", cli_json_text(id));
  json_object_set_new(object, "label", json_string(mer_model_label(model, best)));
  json_object_set_new(object, "probs", by_label);
  if (row) {
    json_object_set_new(object, "speaker", cli_json_text(row->speaker));
    json_object_set_new(object, "start", number_or_null(row->start_s));
    json_object_set_new(object, "end", number_or_null(row->end_s));
  }
  json_object_set_new(object, "modalities", modalities);
  return object;
}

void cli_print_json(FILE *out, json_t *object) {
  json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(6));
  putc('\n', out);
  json_decref(object);
}
