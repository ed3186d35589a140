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

/* What a digest is of, in words, where the setting `name` is one; or NULL. Those of vectors say it
 * themselves. */
static const char *describe_digest(const char *name) {
  static const char *const digests[][2] = {
      {"fixed_digest", "an encoder, or what its constants come from (clips, images, vectors),"},
      {"inputs_digest", "what the rows have (texts, clips, images), or how a text becomes tokens,"},
      {"teachers_digest", "what the teachers say"}};
  for (size_t i = 0; name && i < sizeof digests / sizeof *digests; i++)
    if (strcmp(name, digests[i][0]) == 0) return digests[i][1];
  if (name && strncmp(name, "vectors '", 9) == 0) return "the file of features";
  return NULL;
}

/* The object in `text`; NULL if it is none, or memory is out. */
static json_t *parse(bool *no_memory, const char *text) {
  json_t *object = text ? mer__json_parse(text, strlen(text), 0, NULL) : NULL;
  *no_memory |= text && !object && mer__json_no_memory();
  return object;
}

/* The name of a setting that the first run alone has, else of the first that differs; NULL: all are
 * the same. */
static const char *find_other(json_t *was, json_t *is) {
  json_t *value;
  const char *name;
  json_object_foreach(was, name, value) {
    if (!json_object_get(is, name)) return name;
  }
  json_object_foreach(is, name, value) {
    if (!json_equal(value, json_object_get(was, name))) return name;
  }
  return NULL;
}

mer_status mer__settings_compare(const char *saved, const char *settings, const char *path,
                                 mer_error *err) {
  if (saved && strcmp(saved, settings) == 0) return MER_OK;
  bool no_memory = false;
  json_t *was = parse(&no_memory, saved), *is = parse(&no_memory, settings);
  char before[VALUE_BYTES] = "other settings", now[VALUE_BYTES] = "these";
  const char *other = find_other(was, is);
  if (other) {
    describe_setting(before, other, json_object_get(was, other));
    describe_setting(now, other, json_object_get(is, other));
  }
  const char *digest = describe_digest(other);
  mer_status status = MER_STATUS_INVALID;
  if (no_memory) status = mer__fail_memory(err);
  else if (digest)
    mer__fail(err, status, "%s: cannot resume: %s has changed since the interrupted run (%s)", path,
              digest, other);
  else
    mer__fail(err, status, "%s: cannot resume: the interrupted run had %s, this one %s", path,
              before, now);
  json_decref(was);
  json_decref(is);
  return status;
}
