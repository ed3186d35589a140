/* contributions.c: what answers would be without each of their modalities, and that as JSON. */
#include <string.h>

#include "base/error.h"
#include "eval/argmax.h"
#include "predict/predictor.h"
#include "predict/scores_json.h"
#include "tensor/finite.h"
#include "text/json_write.h"

void mer__contributions_of(mer_contributions *c, const mer_answer *answer, const mer_model *model,
                           const float *without) {
  const int32_t n = answer->n_labels;
  const bool has_label = mer_model_target(model) == MER_TARGET_LABEL;
  const int32_t given = answer->label >= 0 ? answer->label : mer__argmax(answer->probs, n);
  int n_present = 0;
  *c = (mer_contributions){0};
  for (int m = 0; m < mer_model_n_modalities(model); m++) n_present += answer->present[m];
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    const float *logits = without + (int64_t)m * n;
    c->labels[m] = -1;
    c->known[m] = answer->status == MER_OK && answer->present[m] && n_present > 1 &&
                  mer__all_finite(logits, n);
    if (!c->known[m]) continue;
    const int32_t label = mer__answer_of(c->probs[m], model, logits);
    if (!has_label) continue;
    c->labels[m] = label;
    c->differences[m] = answer->probs[given] - c->probs[m][given];
  }
}

/* What the answer would be without modality m. */
static void put_without(mer__text_buffer *out, const mer_contributions *c, int m,
                        const mer_model *model) {
  mer__text_puts(out, "{");
  if (mer_model_target(model) == MER_TARGET_LABEL) {
    const char *label = mer_model_label(model, c->labels[m]);
    mer__text_puts(out, "\"difference\":");
    mer__json_put_number(out, c->differences[m], MER__SCORE_DIGITS);
    mer__text_puts(out, ",\"label\":");
    mer__json_put_string(out, label, strlen(label));
    mer__text_puts(out, ",");
  }
  mer__scores_put(out, c->probs[m], mer_model_n_labels(model), model);
  mer__text_puts(out, "}");
}

mer_status mer_contributions_json(char **members, const mer_contributions *contributions,
                                  const mer_model *model, mer_error *err) {
  mer__text_buffer out = {0};
  const char *before = "";
  mer__text_puts(&out, "\"contributions\":{");
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    if (!contributions->known[m]) continue;
    const char *name = mer_model_modality(model, m).name;
    mer__text_puts(&out, before);
    mer__json_put_string(&out, name, strlen(name));
    mer__text_puts(&out, ":");
    put_without(&out, contributions, m, model);
    before = ",";
  }
  mer__text_puts(&out, "}");
  *members = out.data;
  if (!out.failed) return MER_OK;
  mer__text_clear(&out);
  *members = NULL;
  return mer__fail_memory(err);
}
