/* json_reader.h: takes typed values out of a JSON document, with errors that name the place, such
 * as "runs[0].seeds[1].test.n: expected an integer, found a string". */
#ifndef MER_REPORT_JSON_READER_H
#define MER_REPORT_JSON_READER_H

#include <jansson.h>

#include "mer/base.h"

/** A place in a document. Initialize with {.err}. */
typedef struct mer__json_reader {
  mer_error *err;
  char place[160];
  size_t length; /* of place */
} mer__json_reader;

/** Steps into member `key`, or element `index` if `key` is NULL; returns what leave needs. */
size_t mer__json_enter(mer__json_reader *reader, const char *key, size_t index);
void mer__json_leave(mer__json_reader *reader, size_t mark);

/** Fails with MER_STATUS_FORMAT at the present place. */
mer_status mer__json_fail(mer__json_reader *reader, const char *expected, const json_t *found);

/** Whether a value must be there. JSON's null is as good as none. */
typedef enum mer__json_need { MER__JSON_OPTIONAL, MER__JSON_REQUIRED } mer__json_need;

/** The member `key` of `object` if it has the type; NULL (or 0, NaN) where it is absent and
 * optional. MER_STATUS_FORMAT. */
mer_status mer__json_object(const json_t **out, mer__json_reader *reader, const json_t *object,
                            const char *key, mer__json_need need);
mer_status mer__json_array(const json_t **out, mer__json_reader *reader, const json_t *object,
                           const char *key, mer__json_need need);
mer_status mer__json_string(const char **out, mer__json_reader *reader, const json_t *object,
                            const char *key, mer__json_need need);
/** An integer that is not negative. */
mer_status mer__json_count(int64_t *out, mer__json_reader *reader, const json_t *object,
                           const char *key, mer__json_need need);
/** A number; NaN where it is absent or null. */
mer_status mer__json_number(double *out, mer__json_reader *reader, const json_t *object,
                            const char *key);
/** The element `i` of an array of objects alone; to be called when it has been entered. */
mer_status mer__json_item(const json_t **out, mer__json_reader *reader, const json_t *array,
                          size_t i);
/** MER_STATUS_LIMIT if more of something, "runs", were found than a report shows. */
mer_status mer__json_limit(mer__json_reader *reader, const char *what, size_t found, size_t most);
/** Fails unless `array` has `n` elements. */
mer_status mer__json_length(mer__json_reader *reader, const json_t *array, size_t n);

#endif
