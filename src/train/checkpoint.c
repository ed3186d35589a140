/* checkpoint.c: the state of a training between two steps. Numbers are kept to the last bit (17
 * digits), so that a resumed training ends in the same bytes. */
#include "train/checkpoint.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mer/tensor.h"

static json_t *scores_to_json(const mer_epoch_scores *s) {
  return json_pack("[I, f, f, f]", (json_int_t)s->n, s->loss, s->accuracy, s->weighted_f1);
}

static json_t *epochs_to_json(const mer__train_state *state) {
  json_t *list = json_array();
  for (int64_t i = 0; i < state->n_epochs; i++) {
    const mer_epoch *e = &state->epochs[i];
    json_t *item = json_pack("{s:f, s:f, s:f, s:f, s:o, s:o}", "loss", e->loss, "loss_sum",
                             e->loss_sum, "accuracy", e->accuracy, "seconds", e->seconds, "dev",
                             scores_to_json(&e->dev), "test", scores_to_json(&e->test));
    if (json_array_append_new(list, item) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static char *state_to_text(const mer__train_state *s) {
  json_t *root = json_pack("{s:I, s:I, s:f, s:I, s:I, s:I, s:f, s:o}", "step", (json_int_t)s->step,
                           "batch", (json_int_t)s->batch, "loss_sum", s->loss_sum, "n_correct",
                           (json_int_t)s->n_correct, "n_seen", (json_int_t)s->n_seen, "best_epoch",
                           (json_int_t)s->best_epoch, "best_score", s->best_score, "epochs",
                           epochs_to_json(s));
  char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
  json_decref(root);
  return text;
}

mer_status mer__checkpoint_write(const char *path, const mer__train_state *state,
                                 const char *settings, mer_error *err) {
  char *text = state_to_text(state);
  if (!text) return mer__fail_memory(err);
  const float *arrays[] = {state->params, state->m, state->v, state->best};
  const char *const names[] = {"params", "m", "v", "best"};
  int n_tensors = state->best_epoch > 0 && state->best ? 4 : 3;
  mer_tensor tensors[4];
  for (int i = 0; i < n_tensors; i++)
    tensors[i] = (mer_tensor){names[i], MER_DTYPE_F32, 1, {state->n}, state->n, arrays[i]};
  const mer_metadata metadata[] = {{"state", text}, {"settings", settings}};
  mer_status status = mer_safetensors_write(path, tensors, n_tensors, metadata, 2, err);
  free(text);
  return status;
}

/* "epochs 4" */
static void describe_setting(char out[100], const char *name, const json_t *value) {
  char *text =
      value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
  snprintf(out, 100, "%.30s %.60s", name, text ? text : "unset");
  free(text);
}

/* Says which setting is another one. */
static mer_status compare_settings(const char *saved, const char *settings, const char *path,
                                   mer_error *err) {
  if (saved && strcmp(saved, settings) == 0) return MER_OK;
  json_t *was = saved ? json_loads(saved, 0, NULL) : NULL, *is = json_loads(settings, 0, NULL);
  char before[100] = "other settings", now[100] = "these";
  json_t *value;
  const char *name;
  json_object_foreach(is, name, value) {
    const json_t *old = json_object_get(was, name);
    if (json_equal(value, old)) continue;
    describe_setting(before, name, old);
    describe_setting(now, name, value);
    break;
  }
  mer_status status = mer__fail(err, MER_STATUS_INVALID,
                                "%s: cannot resume: the interrupted training had %s, this one %s",
                                path, before, now);
  json_decref(was);
  json_decref(is);
  return status;
}

static mer_status read_array(float *out, const mer_safetensors *file, const char *name, int64_t n,
                             const char *path, mer_error *err) {
  const mer_tensor *tensor = mer_safetensors_find(file, name);
  if (!tensor || tensor->n_elements != n)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: no tensor '%s' of %lld values", path, name,
                     (long long)n);
  return mer_tensor_to_f32(out, tensor, err);
}

static bool scores_from_json(mer_epoch_scores *s, json_t *list) {
  json_int_t n;
  if (json_unpack(list, "[I, F, F, F]", &n, &s->loss, &s->accuracy, &s->weighted_f1) != 0)
    return false;
  s->n = n;
  return true;
}

static bool epochs_from_json(mer__train_state *state, json_t *list, int64_t max_epochs) {
  if ((int64_t)json_array_size(list) > max_epochs) return false;
  state->n_epochs = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    mer_epoch *e = &state->epochs[i];
    json_t *dev, *test;
    bool good = json_unpack(json_array_get(list, i), "{s:F, s:F, s:F, s:F, s:o, s:o}", "loss",
                            &e->loss, "loss_sum", &e->loss_sum, "accuracy", &e->accuracy, "seconds",
                            &e->seconds, "dev", &dev, "test", &test) == 0;
    if (!good || !scores_from_json(&e->dev, dev) || !scores_from_json(&e->test, test)) return false;
    state->n_epochs++;
  }
  return true;
}

static mer_status state_from_text(mer__train_state *s, const char *text, int64_t max_epochs,
                                  const char *path, mer_error *err) {
  json_t *root = text ? json_loads(text, 0, NULL) : NULL, *epochs = NULL;
  json_int_t step, batch, n_correct, n_seen, best_epoch;
  bool good = root && json_unpack(root, "{s:I, s:I, s:F, s:I, s:I, s:I, s:F, s:o}", "step", &step,
                                  "batch", &batch, "loss_sum", &s->loss_sum, "n_correct",
                                  &n_correct, "n_seen", &n_seen, "best_epoch", &best_epoch,
                                  "best_score", &s->best_score, "epochs", &epochs) == 0;
  good = good && epochs_from_json(s, epochs, max_epochs) && step >= 0 && batch >= 0 &&
         best_epoch >= 0 && best_epoch <= s->n_epochs && (s->best || best_epoch == 0);
  json_decref(root);
  if (!good) return mer__fail(err, MER_STATUS_FORMAT, "%s: no state of a training", path);
  s->step = step;
  s->batch = batch;
  s->n_correct = n_correct;
  s->n_seen = n_seen;
  s->best_epoch = best_epoch;
  return MER_OK;
}

mer_status mer__checkpoint_read(mer__train_state *state, int64_t max_epochs, const char *path,
                                const char *settings, mer_error *err) {
  mer_safetensors *file;
  mer_status status = mer_safetensors_open(&file, path, err);
  if (status != MER_OK) return status;
  MER__CHECK(compare_settings(mer_safetensors_metadata(file, "settings"), settings, path, err));
  MER__CHECK(
      state_from_text(state, mer_safetensors_metadata(file, "state"), max_epochs, path, err));
  MER__CHECK(read_array(state->params, file, "params", state->n, path, err));
  MER__CHECK(read_array(state->m, file, "m", state->n, path, err));
  MER__CHECK(read_array(state->v, file, "v", state->n, path, err));
  if (state->best_epoch > 0 && state->best)
    MER__CHECK(read_array(state->best, file, "best", state->n, path, err));
cleanup:
  mer_safetensors_close(file);
  return status;
}
