/* json_fields.c: members of JSON objects. */
#include "text/json_fields.h"

#include <string.h>

#include "base/error.h"

mer_status mer__json_expected(const mer__json_place *place, const char *key, const char *expected,
                              mer_error *err) {
  return mer__fail(err, MER_STATUS_FORMAT, "%s: %s: expected %s for '%s', found something else",
                   place->path, place->name, expected, key);
}

mer_status mer__json_unsupported(const mer__json_place *place, const char *what, mer_error *err) {
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: %s: '%s' is not supported", place->path,
                   place->name, what);
}

/* The member, NULL if there is none or it is null. */
static const json_t *member(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_null(value) ? NULL : value;
}

mer_status mer__json_bool(bool *value, const json_t *object, const char *key,
                          const mer__json_place *place, mer_error *err) {
  const json_t *found = member(object, key);
  if (!found) return MER_OK;
  if (!json_is_boolean(found)) return mer__json_expected(place, key, "true or false", err);
  *value = json_is_true(found);
  return MER_OK;
}

mer_status mer__json_integer(int64_t *value, const json_t *object, const char *key,
                             const mer__json_place *place, mer_error *err) {
  const json_t *found = member(object, key);
  if (!found) return MER_OK;
  if (!json_is_integer(found)) return mer__json_expected(place, key, "a whole number", err);
  *value = json_integer_value(found);
  return MER_OK;
}

mer_status mer__json_text(const char **value, const json_t *object, const char *key,
                          const mer__json_place *place, mer_error *err) {
  const json_t *found = member(object, key);
  if (!found) return MER_OK;
  if (!json_is_string(found) || strlen(json_string_value(found)) < json_string_length(found))
    return mer__json_expected(place, key, "a text without zero bytes", err);
  *value = json_string_value(found);
  return MER_OK;
}

mer_status mer__json_unset(const json_t *object, const char *key, const mer__json_place *place,
                           mer_error *err) {
  const json_t *found = member(object, key);
  bool unset = !found || json_is_false(found) ||
               (json_is_number(found) && json_number_value(found) == 0) ||
               (json_is_string(found) && json_string_length(found) == 0);
  return unset ? MER_OK : mer__json_unsupported(place, key, err);
}
