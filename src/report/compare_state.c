/* compare_state.c: what an unfinished comparison has done. */
#include "report/compare_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/folder_digest.h"
#include "eval/kept_scores.h"
#include "tensor/json_memory.h"
#include "train/settings_compare.h"
#include "train/state_json.h"

enum { MAX_FILE_BYTES = 1 << 28 };
enum { WHOLE_NUMBERS = JSON_COMPACT | JSON_REAL_PRECISION(17) };

static mer_status write_state(const mer__compare_state *state, mer_error *err) {
  mer__json_watch();
  char *text = mer__json_dump(state->root, WHOLE_NUMBERS);
  mer_status status =
      text ? mer__file_write(state->path, text, strlen(text), err) : mer__fail_memory(err);
  free(text);
  return status;
}

static mer_status read_state(mer__compare_state *state, const json_t *settings, mer_error *err) {
  char *text = NULL, *saved = NULL, *present = NULL;
  size_t size;
  mer_status status = mer__file_read(&text, &size, state->path, MAX_FILE_BYTES, err);
  if (status != MER_OK) return status;
  mer__json_watch();
  state->root = mer__json_parse(text, size, 0, NULL);
  saved = mer__json_dump(json_object_get(state->root, "settings"), WHOLE_NUMBERS);
  present = mer__json_dump(settings, WHOLE_NUMBERS);
  if (mer__json_no_memory() || !present) status = mer__fail_memory(err);
  else if (!saved || !json_is_array(json_object_get(state->root, "finished")))
    status = mer__fail(err, MER_STATUS_FORMAT, "%s: not the state of a comparison", state->path);
  else status = mer__settings_compare(saved, present, state->path, NULL, err);
  mer__free(text);
  free(saved);
  free(present);
  return status;
}

/* The folder of what models answer comes first: that it cannot be made is known before a training.
 */
static mer_status make_state(mer__compare_state *state, const json_t *settings, mer_error *err) {
  state->root = json_pack("{s:O, s:[]}", "settings", settings, "finished");
  mer_status status =
      state->root ? mer__kept_scores_make(state->scores, err) : mer__fail_memory(err);
  return status == MER_OK ? write_state(state, err) : status;
}

static mer_status open_state(mer__compare_state *state, const char *out, bool resume,
                             const json_t *settings, mer_error *err) {
  state->path = mer__path_join(out, "unfinished.json");
  state->scores = mer__path_join(out, "unfinished.scores");
  if (!state->path || !state->scores) return mer__fail_memory(err);
  state->was_there = mer__path_is_file(state->path);
  if (resume && !state->was_there)
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: there is no interrupted comparison to resume",
                     out);
  if (state->was_there && !resume)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: tells of an interrupted comparison: --resume goes on with it; without "
                     "this file all is trained anew",
                     state->path);
  if (!settings)
    return mer__fail(err, MER_STATUS_INVALID, "the path of an encoder or of vectors is not UTF-8");
  mer__json_watch();
  return (state->was_there ? read_state : make_state)(state, settings, err);
}

mer_status mer__compare_state_open(mer__compare_state *state, const char *out, bool resume,
                                   json_t *settings, mer_error *err) {
  const mer_status status =
      mer__json_no_memory() ? mer__fail_memory(err) : open_state(state, out, resume, settings, err);
  json_decref(settings);
  return status;
}

static const json_t *find(const mer__compare_state *state, const char *run, int32_t seed) {
  const json_t *list = json_object_get(state->root, "finished");
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *item = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(item, "run"));
    const json_t *number = json_object_get(item, "seed");
    if (name && strcmp(name, run) == 0 && json_is_integer(number) &&
        json_integer_value(number) == seed)
      return item;
  }
  return NULL;
}

mer_status mer__compare_state_find(bool *found, mer_train_result *trained,
                                   const mer__compare_state *state, const char *run, int32_t seed,
                                   mer_error *err) {
  const json_t *item = find(state, run, seed), *list = json_object_get(item, "epochs");
  size_t n = json_array_size(list);
  *found = item != NULL;
  if (!item) return MER_OK;
  mer_train_result r = {
      .best_epoch = json_integer_value(json_object_get(item, "best_epoch")),
      .n_train = json_integer_value(json_object_get(item, "utterances")),
      .epochs = n <= MER_REPORT_MAX_EPOCHS ? mer__calloc(n, sizeof *r.epochs) : NULL,
  };
  if (n <= MER_REPORT_MAX_EPOCHS && !r.epochs) return mer__fail_memory(err);
  if (n > MER_REPORT_MAX_EPOCHS ||
      !mer__epochs_from_json(r.epochs, &r.n_epochs, list, (int64_t)n) || r.best_epoch < 1 ||
      r.best_epoch > r.n_epochs || r.n_train < 1) {
    mer_train_result_clear(&r);
    return mer__fail(err, MER_STATUS_FORMAT, "%s: what it says of %s, seed %d, is damaged",
                     state->path, run, (int)seed);
  }
  for (int64_t i = 0; i < r.n_epochs; i++) r.n_skipped += r.epochs[i].n_skipped;
  *trained = r;
  return MER_OK;
}

/* Forgets a training that is there again. */
static void forget(mer__compare_state *state, const json_t *item) {
  json_t *list = json_object_get(state->root, "finished");
  size_t i = 0;
  while (i < json_array_size(list) && json_array_get(list, i) != item) i++;
  json_array_remove(list, i); /* past the end: nothing */
}

mer_status mer__compare_state_add(mer__compare_state *state, const char *run, int32_t seed,
                                  const mer_train_result *trained, const char *folder,
                                  const mer_monitor *monitor, mer_error *err) {
  char digest[MER__HASH_BYTES];
  mer_status status = mer__folder_digest(digest, folder, monitor, err);
  if (status != MER_OK) return status;
  mer__json_watch();
  json_t *item =
      json_pack("{s:s, s:i, s:I, s:I, s:s, s:o}", "run", run, "seed", (int)seed, "best_epoch",
                (json_int_t)trained->best_epoch, "utterances", (json_int_t)trained->n_train,
                "model", digest, "epochs", mer__epochs_to_json(trained->epochs, trained->n_epochs));
  forget(state, find(state, run, seed));
  if (json_array_append_new(json_object_get(state->root, "finished"), item) != 0 ||
      mer__json_no_memory())
    return mer__fail_memory(err);
  return write_state(state, err);
}

mer_status mer__compare_state_expect(const mer__compare_state *state, const char *run, int32_t seed,
                                     const char *folder, const mer_monitor *monitor,
                                     mer_error *err) {
  const char *was = json_string_value(json_object_get(find(state, run, seed), "model"));
  char digest[MER__HASH_BYTES];
  mer_status status = mer__folder_digest(digest, folder, monitor, err);
  if (status != MER_OK || (was && strcmp(was, digest) == 0)) return status;
  return mer__fail(err, MER_STATUS_IO,
                   "%s: is not the model that was trained here: put that back, or remove the "
                   "folder, and it is trained again",
                   folder);
}

mer_status mer__compare_fail_interrupted(const char *out, mer_error *err) {
  return mer__fail(
      err, MER_STATUS_INTERRUPTED,
      "interrupted; %s holds what was done: run the same command with --resume to go on", out);
}

void mer__compare_state_close(mer__compare_state *state, bool remove) {
  if (remove && state->scores) mer__kept_scores_remove(state->scores);
  if (remove && state->path) unlink(state->path);
  json_decref(state->root);
  mer__free(state->path);
  mer__free(state->scores);
  *state = (mer__compare_state){0};
}
