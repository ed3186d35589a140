/* json_fields.h: members of JSON objects, with messages that say where they are. */
#ifndef MER_TEXT_JSON_FIELDS_H
#define MER_TEXT_JSON_FIELDS_H

#include <jansson.h>

#include "mer/base.h"

/** Where an object is: in a file, and under which name there ("pre_tokenizer"). */
typedef struct mer__json_place {
  const char *path, *name;
} mer__json_place;

/** Fails with MER_STATUS_FORMAT: "path: name: expected .." (`expected` goes on with the key). */
mer_status mer__json_expected(const mer__json_place *place, const char *key, const char *expected,
                              mer_error *err);
/** Fails with MER_STATUS_UNSUPPORTED: "path: name: 'what' is not supported". */
mer_status mer__json_unsupported(const mer__json_place *place, const char *what, mer_error *err);

/** Each of these leaves `*value` if there is no member of that name, or it is null. */
mer_status mer__json_bool(bool *value, const json_t *object, const char *key,
                          const mer__json_place *place, mer_error *err);
mer_status mer__json_integer(int64_t *value, const json_t *object, const char *key,
                             const mer__json_place *place, mer_error *err);
/** Borrowed, with a terminating 0. */
mer_status mer__json_text(const char **value, const json_t *object, const char *key,
                          const mer__json_place *place, mer_error *err);

/** Fails with MER_STATUS_UNSUPPORTED unless the member is absent, null, false, 0 or "". */
mer_status mer__json_unset(const json_t *object, const char *key, const mer__json_place *place,
                           mer_error *err);

#endif
