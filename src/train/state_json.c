/* state_json.c: the counters of a training as JSON. Numbers are kept to the last bit (17 digits),
 * NaN as null, so that a resumed training ends in the same bytes. */
#include "train/state_json.h"

#include <stdlib.h>
#include <string.h>

#include "tensor/json_memory.h"
#include "train/json_real.h"

/* null is NaN. */
static bool read_real(double *x, const json_t *value) {
  if (!json_is_number(value) && !json_is_null(value)) return false;
  *x = json_is_null(value) ? (double)NAN : json_number_value(value);
  return true;
}

static bool read_count(int64_t *n, const json_t *value, int64_t most) {
  *n = json_integer_value(value);
  return json_is_integer(value) && *n >= 0 && *n <= most;
}

/* Of a count that older states lack: 0. */
static bool read_optional(int64_t *n, const json_t *value) {
  *n = 0;
  return !value || read_count(n, value, INT64_MAX);
}

static json_t *scores_to_json(const mer_epoch_scores *s) {
  return json_pack("[I, o, o, o]", (json_int_t)s->n, mer__json_real(s->loss),
                   mer__json_real(s->accuracy), mer__json_real(s->score));
}

static bool scores_from_json(mer_epoch_scores *s, const json_t *list) {
  return json_array_size(list) == 4 && read_count(&s->n, json_array_get(list, 0), INT64_MAX) &&
         read_real(&s->loss, json_array_get(list, 1)) &&
         read_real(&s->accuracy, json_array_get(list, 2)) &&
         read_real(&s->score, json_array_get(list, 3));
}

json_t *mer__epochs_to_json(const mer_epoch *epochs, int64_t n) {
  json_t *list = json_array();
  for (int64_t i = 0; i < n; i++) {
    const mer_epoch *e = &epochs[i];
    json_t *item =
        json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "loss", mer__json_real(e->loss),
                  "loss_sum", mer__json_real(e->loss_sum), "accuracy", mer__json_real(e->accuracy),
                  "skipped", (json_int_t)e->n_skipped, "seconds", mer__json_real(e->seconds), "dev",
                  scores_to_json(&e->dev), "test", scores_to_json(&e->test));
    if (json_array_append_new(list, item) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static bool epoch_from_json(mer_epoch *e, const json_t *item) {
  return read_real(&e->loss, json_object_get(item, "loss")) &&
         read_real(&e->loss_sum, json_object_get(item, "loss_sum")) &&
         read_real(&e->accuracy, json_object_get(item, "accuracy")) &&
         read_optional(&e->n_skipped, json_object_get(item, "skipped")) &&
         read_real(&e->seconds, json_object_get(item, "seconds")) &&
         scores_from_json(&e->dev, json_object_get(item, "dev")) &&
         scores_from_json(&e->test, json_object_get(item, "test"));
}

bool mer__epochs_from_json(mer_epoch *epochs, int64_t *n, const json_t *list, int64_t most) {
  *n = (int64_t)json_array_size(list);
  if (!json_is_array(list) || *n > most) return false;
  for (int64_t i = 0; i < *n; i++)
    if (!epoch_from_json(&epochs[i], json_array_get(list, (size_t)i))) return false;
  return true;
}

char *mer__state_to_text(const mer__train_state *s) {
  mer__json_watch();
  json_t *root = json_pack(
      "{s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "step", (json_int_t)s->step,
      "batch", (json_int_t)s->batch, "loss_sum", mer__json_real(s->loss_sum), "n_correct",
      (json_int_t)s->n_correct, "n_seen", (json_int_t)s->n_seen, "skipped",
      (json_int_t)s->n_skipped, "skipped_in_a_row", (json_int_t)s->n_in_a_row, "cautious_from",
      (json_int_t)s->cautious_from, "best_epoch", (json_int_t)s->best_epoch, "best_score",
      mer__json_real(s->best_score), "epochs", mer__epochs_to_json(s->epochs, s->n_epochs));
  char *text = mer__json_dump(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
  json_decref(root);
  return text;
}

/* Utterances of the first n batches of an epoch. */
static int64_t utterances_of(const mer__train_size *size, int64_t n) {
  return n < size->n_batches ? n * size->batch_size : size->n_utterances;
}

/* Of the present epoch: batches that were skipped count no utterances. */
static bool batch_is_possible(const mer__train_state *s, const mer__train_size *size) {
  const int64_t n = utterances_of(size, s->batch);
  return s->n_skipped <= s->batch && s->n_seen <= n &&
         s->n_seen >= n - s->n_skipped * size->batch_size && s->n_correct <= s->n_seen &&
         isfinite(s->loss_sum);
}

/* Each number against those it depends on. */
static bool is_possible(const mer__train_state *s, const mer__train_size *size) {
  const int64_t n_before = s->n_epochs * size->n_batches;
  const bool whole = s->n_epochs == size->n_epochs;
  return s->step == n_before + s->batch && s->batch <= (whole ? 0 : size->n_batches) &&
         batch_is_possible(s, size) && s->n_in_a_row <= s->step &&
         s->cautious_from <= size->n_epochs * size->n_batches && s->best_epoch <= s->n_epochs &&
         (s->best || s->best_epoch == 0) && isfinite(s->best_score);
}

bool mer__state_from_text(mer__train_state *s, const char *text, const mer__train_size *size) {
  json_t *root = text ? mer__json_parse(text, strlen(text), 0, NULL) : NULL;
  bool good = root &&
              mer__epochs_from_json(s->epochs, &s->n_epochs, json_object_get(root, "epochs"),
                                    size->n_epochs) &&
              read_count(&s->step, json_object_get(root, "step"), INT64_MAX) &&
              read_count(&s->batch, json_object_get(root, "batch"), INT64_MAX) &&
              read_count(&s->n_correct, json_object_get(root, "n_correct"), INT64_MAX) &&
              read_count(&s->n_seen, json_object_get(root, "n_seen"), INT64_MAX) &&
              read_optional(&s->n_skipped, json_object_get(root, "skipped")) &&
              read_optional(&s->n_in_a_row, json_object_get(root, "skipped_in_a_row")) &&
              read_optional(&s->cautious_from, json_object_get(root, "cautious_from")) &&
              read_count(&s->best_epoch, json_object_get(root, "best_epoch"), INT64_MAX) &&
              read_real(&s->loss_sum, json_object_get(root, "loss_sum")) &&
              read_real(&s->best_score, json_object_get(root, "best_score"));
  json_decref(root);
  return good && is_possible(s, size);
}
