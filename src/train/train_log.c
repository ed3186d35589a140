/* train_log.c: the training log, JSON lines. */
#include "train/train_log.h"

#include <stdlib.h>

#include "train/json_real.h"

void mer__train_log_write(FILE *log, json_t *object) {
  char *line = log && object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  if (line) {
    fprintf(log, "%s\n", line);
    fflush(log);
  }
  free(line);
  json_decref(object);
}

static json_t *scores(const mer_epoch_scores *s) {
  if (s->n == 0) return json_null();
  return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)s->n, "loss", mer__json_real(s->loss),
                   "accuracy", mer__json_real(s->accuracy), "weighted_f1",
                   mer__json_real(s->weighted_f1));
}

json_t *mer__train_log_epoch(int64_t number, const mer_epoch *e) {
  json_t *line = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:f}", "event", "epoch", "epoch",
                           (json_int_t)number, "loss", mer__json_real(e->loss), "loss_sum",
                           mer__json_real(e->loss_sum), "accuracy", mer__json_real(e->accuracy),
                           "dev", scores(&e->dev), "test", scores(&e->test), "seconds", e->seconds);
  if (e->n_skipped) json_object_set_new(line, "skipped", json_integer(e->n_skipped));
  return line;
}
