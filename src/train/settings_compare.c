/* settings_compare.c: which setting is another one. */
#include "train/settings_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tensor/json_memory.h"

enum { VALUE_BYTES = 160 };

/* "epochs 4" */
static void describe_setting(char out[VALUE_BYTES], const char *name, const json_t *value) {
  char *text =
      value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
  snprintf(out, VALUE_BYTES, "%.30s %.120s", name, text ? text : "unset");
  free(text);
}

/* What has changed, in words, where the setting `name` is a digest; or NULL. */
static const char *describe_digest(const char *name) {
  static const char *const digests[][2] = {
      {"fixed_digest", "an encoder, or what its constants come from (clips, images, vectors),"},
      {"inputs_digest", "what the rows have (texts, clips, images), or how a text becomes tokens,"},
      {"teachers_digest", "what the teachers say"},
      {MER__VECTORS_DIGEST, "what was computed before (.npy)"},
      {"data", "the table of the rows"}};
  static const char table[] = MER__TABLE_PREFIX;
  const size_t n_prefix = strlen(MER__INPUT_PREFIX);
  if (!name) return NULL;
  for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
    if (strcmp(name, digests[i][0]) == 0) return digests[i][1];
  if (strncmp(name, table, sizeof table - 1) == 0) return name;
  return strncmp(name, MER__INPUT_PREFIX, n_prefix) == 0 ? name + n_prefix : NULL;
}

static bool is_digest(const char *name) { return describe_digest(name) != NULL; }

/* The object in `text`; NULL if it is none, or memory is out. */
static json_t *parse(bool *no_memory, const char *text) {
  json_t *object = text ? mer__json_parse(text, strlen(text), 0, NULL) : NULL;
  *no_memory |= text && !object && mer__json_no_memory();
  return object;
}

/* The name of a setting, among the digests or among the others, that the first run alone has, else
 * of the first that differs; NULL: there is none. */
static const char *find_among(json_t *was, json_t *is, bool digests) {
  json_t *value;
  const char *name;
  json_object_foreach(was, name, value) {
    if (is_digest(name) == digests && !json_object_get(is, name)) return name;
  }
  json_object_foreach(is, name, value) {
    if (is_digest(name) == digests && !json_equal(value, json_object_get(was, name))) return name;
  }
  return NULL;
}

/* The name of a setting that the runs have otherwise; NULL: all are the same. Another setting makes
 * other digests, so it comes before them. */
static const char *find_other(json_t *was, json_t *is) {
  const char *name = find_among(was, is, false);
  return name ? name : find_among(was, is, true);
}

/* Whether both have precomputed vectors, and others; lets them be the same. */
static bool adopt_vectors(json_t *was, json_t *is) {
  json_t *now = json_object_get(is, MER__VECTORS_DIGEST);
  json_t *before = json_object_get(was, MER__VECTORS_DIGEST);
  if (!now || !before || json_equal(now, before)) return false;
  return json_object_set(was, MER__VECTORS_DIGEST, now) == 0;
}

static void tell_vectors(const char *path, const mer_monitor *monitor) {
  mer__log(monitor, MER_LOG_WARNING,
           "%s: features that were computed before have changed since the interrupted run: the "
           "model learns from the former ones first, then from these",
           path);
}

mer_status mer__settings_compare(const char *saved, const char *settings, const char *path,
                                 const mer_monitor *monitor, mer_error *err) {
  if (saved && strcmp(saved, settings) == 0) return MER_OK;
  bool no_memory = false;
  json_t *was = parse(&no_memory, saved), *is = parse(&no_memory, settings);
  char before[VALUE_BYTES] = "other settings", now[VALUE_BYTES] = "these";
  const bool other_vectors = adopt_vectors(was, is);
  const char *other = find_other(was, is);
  if (other) {
    describe_setting(before, other, json_object_get(was, other));
    describe_setting(now, other, json_object_get(is, other));
  }
  const char *digest = describe_digest(other);
  mer_status status = MER_STATUS_INVALID;
  if (no_memory) status = mer__fail_memory(err);
  else if (other_vectors && !other) status = MER_OK;
  else if (digest && strstr(other, digest))
    mer__fail(err, status,
              "%s: cannot resume: %.300s has changed since the interrupted run, or is gone", path,
              digest);
  else if (digest)
    mer__fail(err, status,
              "%s: cannot resume: %s has changed since the interrupted run, or is gone (%s)", path,
              digest, other);
  else
    mer__fail(err, status, "%s: cannot resume: the interrupted run had %s, this one %s", path,
              before, now);
  if (status == MER_OK) tell_vectors(path, monitor);
  json_decref(was);
  json_decref(is);
  return status;
}
