/* answer_json.c: an answer as a JSON object. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "mer/predict.h"
#include "predict/scores_json.h"
#include "text/json_scan.h"
#include "text/json_write.h"

static void put_text(mer__text_buffer *out, const char *text) {
  mer__json_put_string(out, text, strlen(text));
}

void mer__scores_put(mer__text_buffer *out, const float *scores, int32_t n,
                     const mer_model *model) {
  mer__text_puts(out,
                 mer_model_target(model) == MER_TARGET_VALUES ? "\"values\":{" : "\"probs\":{");
  for (int32_t i = 0; i < n; i++) {
    mer__text_puts(out, i ? "," : "");
    put_text(out, mer_model_label(model, i));
    mer__text_puts(out, ":");
    mer__json_put_number(out, scores[i], MER__SCORE_DIGITS);
  }
  mer__text_puts(out, "}");
}

static void put_modalities(mer__text_buffer *out, const mer_answer *answer,
                           const mer_model *model) {
  const char *before = "";
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    if (!answer->present[m]) continue;
    mer__text_puts(out, before);
    put_text(out, mer_model_modality(model, m).name);
    before = ",";
  }
}

static void put_missing(mer__text_buffer *out, const mer_answer *answer, const mer_model *model) {
  bool any = false;
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    if (!answer->missing[m]) continue;
    mer__text_puts(out, any ? "," : ",\"missing\":{");
    put_text(out, mer_model_modality(model, m).name);
    mer__text_puts(out, ":");
    put_text(out, answer->missing[m]);
    any = true;
  }
  if (any) mer__text_puts(out, "}");
}

/* Of a video, how much of it has a face. */
static void put_frames(mer__text_buffer *out, const mer_answer *answer) {
  char text[80];
  if (!answer->n_frames) return;
  snprintf(text, sizeof text, ",\"frames\":{\"seen\":%d,\"with_face\":%d}", (int)answer->n_frames,
           (int)answer->n_with_face);
  mer__text_puts(out, text);
}

/* The answer itself: one label, or those that are as likely as not. */
static void put_labels(mer__text_buffer *out, const mer_answer *answer, const mer_model *model) {
  const mer_target target = mer_model_target(model);
  const char *before = "";
  if (target == MER_TARGET_LABEL) {
    mer__text_puts(out, ",\"label\":");
    put_text(out, answer->uncertain ? "uncertain" : mer_model_label(model, answer->label));
  }
  if (target != MER_TARGET_LABELS) return;
  mer__text_puts(out, ",\"labels\":[");
  for (int32_t i = 0; i < answer->n_labels; i++) {
    if (answer->probs[i] < 0.5f) continue;
    mer__text_puts(out, before);
    put_text(out, mer_model_label(model, i));
    before = ",";
  }
  mer__text_puts(out, "]");
}

/* The caller's JSON on one line: ends of lines stand only between its values, as blanks do. */
static void put_json(mer__text_buffer *out, const char *json) {
  for (size_t n; (n = strcspn(json, "\n\r")), json[n]; json += n + 1) {
    mer__text_append(out, json, n);
    mer__text_puts(out, " ");
  }
  mer__text_puts(out, json);
}

static void put_answer(mer__text_buffer *out, const mer_answer *answer, const mer_model *model,
                       const char *members) {
  put_labels(out, answer, model);
  mer__text_puts(out, ",");
  mer__scores_put(out, answer->probs, answer->n_labels, model);
  if (members) {
    mer__text_puts(out, ",");
    put_json(out, members);
  }
  mer__text_puts(out, ",\"modalities\":[");
  put_modalities(out, answer, model);
  mer__text_puts(out, "]");
  put_missing(out, answer, model);
  put_frames(out, answer);
}

/* An id that not every reader of JSON would take, such as NaN, becomes a text. */
static void put_id(mer__text_buffer *out, const char *id) {
  if (!id) mer__text_puts(out, "null");
  else if (mer__json_is_value(id, strlen(id))) put_json(out, id);
  else put_text(out, id);
}

mer_status mer_answer_json(char **json, const mer_answer *answer, const mer_model *model,
                           const char *id, const char *members, mer_error *err) {
  mer__text_buffer out = {0};
  mer__text_puts(&out, "{\"id\":");
  put_id(&out, id);
  if (answer->status == MER_OK) {
    put_answer(&out, answer, model, members);
  } else {
    if (members) {
      mer__text_puts(&out, ",");
      put_json(&out, members);
    }
    mer__text_puts(&out, ",\"error\":");
    put_text(&out, answer->message);
  }
  mer__text_puts(&out, "}");
  *json = out.data;
  if (!out.failed) return MER_OK;
  mer__text_clear(&out);
  *json = NULL;
  return mer__fail_memory(err);
}
