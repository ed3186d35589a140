/* json_reader.c: takes typed values out of a JSON document, with errors that name the place. */
#include "report/json_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

size_t mer__json_enter(mer__json_reader *reader, const char *key, size_t index) {
  size_t mark = reader->length, room = sizeof reader->place - mark;
  int size = key ? snprintf(reader->place + mark, room, "%s%s", mark ? "." : "", key)
                 : snprintf(reader->place + mark, room, "[%zu]", index);
  if (size > 0) reader->length += (size_t)size < room ? (size_t)size : room - 1;
  return mark;
}

void mer__json_leave(mer__json_reader *reader, size_t mark) {
  reader->length = mark;
  reader->place[mark] = 0;
}

static const char *type_name(const json_t *value) {
  if (!value) return "nothing";
  switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a number";
    case JSON_NULL: return "null";
    default: return "a truth value";
  }
}

mer_status mer__json_fail(mer__json_reader *reader, const char *expected, const json_t *found) {
  return mer__fail(reader->err, MER_STATUS_FORMAT, "results: %s: expected %s, found %s",
                   reader->length ? reader->place : "document", expected, type_name(found));
}

/* Finds a member of one of two types; `*out` is NULL if it is absent. */
static mer_status find(const json_t **out, mer__json_reader *reader, const json_t *object,
                       const char *key, mer__json_need need, const char *expected, json_type type,
                       json_type or_type) {
  const json_t *value = json_object_get(object, key);
  *out = NULL;
  if (need == MER__JSON_OPTIONAL && (!value || json_is_null(value))) return MER_OK;
  if (!value || (json_typeof(value) != type && json_typeof(value) != or_type)) {
    size_t mark = mer__json_enter(reader, key, 0);
    mer_status status = mer__json_fail(reader, expected, value);
    mer__json_leave(reader, mark);
    return status;
  }
  *out = value;
  return MER_OK;
}

mer_status mer__json_object(const json_t **out, mer__json_reader *reader, const json_t *object,
                            const char *key, mer__json_need need) {
  return find(out, reader, object, key, need, "an object", JSON_OBJECT, JSON_OBJECT);
}

mer_status mer__json_array(const json_t **out, mer__json_reader *reader, const json_t *object,
                           const char *key, mer__json_need need) {
  return find(out, reader, object, key, need, "an array", JSON_ARRAY, JSON_ARRAY);
}

mer_status mer__json_string(const char **out, mer__json_reader *reader, const json_t *object,
                            const char *key, mer__json_need need) {
  const json_t *value;
  mer_status status = find(&value, reader, object, key, need, "a string", JSON_STRING, JSON_STRING);
  *out = value ? json_string_value(value) : NULL;
  return status;
}

mer_status mer__json_count(int64_t *out, mer__json_reader *reader, const json_t *object,
                           const char *key, mer__json_need need) {
  const json_t *value;
  mer_status status =
      find(&value, reader, object, key, need, "an integer", JSON_INTEGER, JSON_INTEGER);
  *out = value ? json_integer_value(value) : 0;
  if (status != MER_OK || *out >= 0) return status;
  return mer__fail(reader->err, MER_STATUS_FORMAT,
                   "results: %s.%s: expected no negative number, found %lld", reader->place, key,
                   (long long)*out);
}

mer_status mer__json_number(double *out, mer__json_reader *reader, const json_t *object,
                            const char *key) {
  const json_t *value;
  mer_status status =
      find(&value, reader, object, key, MER__JSON_OPTIONAL, "a number", JSON_REAL, JSON_INTEGER);
  *out = value ? json_number_value(value) : (double)NAN;
  return status;
}

mer_status mer__json_length(mer__json_reader *reader, const json_t *array, size_t n) {
  if (json_array_size(array) == n) return MER_OK;
  return mer__fail(reader->err, MER_STATUS_FORMAT, "results: %s: expected %zu elements, found %zu",
                   reader->place, n, json_array_size(array));
}

mer_status mer__json_item(const json_t **out, mer__json_reader *reader, const json_t *array,
                          size_t i) {
  *out = json_array_get(array, i);
  return json_is_object(*out) ? MER_OK : mer__json_fail(reader, "an object", *out);
}

mer_status mer__json_limit(mer__json_reader *reader, const char *what, size_t found, size_t most) {
  if (found <= most) return MER_OK;
  return mer__fail(reader->err, MER_STATUS_LIMIT, "results: %s: %zu %s, a report shows at most %zu",
                   reader->place, found, what, most);
}
