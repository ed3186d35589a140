/* json_scan.h: reads the members of one JSON object, or the elements of one array, and keeps every
 * value as it is written, so that a number loses no digit. Grammar: RFC 8259, and the NaN, Infinity
 * and -Infinity that Python writes. The whole object is checked; nesting is bounded. */
#ifndef MER_TEXT_JSON_SCAN_H
#define MER_TEXT_JSON_SCAN_H

#include "base/text_buffer.h"
#include "mer/base.h"

/** Most objects and arrays within one another. */
enum { MER__JSON_MAX_DEPTH = 64 };

typedef enum mer__json_kind {
  MER__JSON_NULL,
  MER__JSON_BOOLEAN,
  MER__JSON_NUMBER,
  MER__JSON_STRING,
  MER__JSON_OBJECT,
  MER__JSON_ARRAY
} mer__json_kind;

/** A value as it is written, borrowed. */
typedef struct mer__json_value {
  const char *text;
  size_t size;
  mer__json_kind kind;
  bool finite; /* NaN and Infinity do not occur in it, so that every reader takes it */
} mer__json_value;

typedef struct mer__json_scan {
  const char *text;
  size_t size, at;
  int depth;
  bool finite, started, ended;
  const char *fault; /* NULL, or what was expected at `at` */
} mer__json_scan;

/** Begins to read `text`, which must stay. */
void mer__json_begin(mer__json_scan *scan, const char *text, size_t size);
/** The next member of the object, its key as a string that is written; false at the end, or at a
 * fault, and `scan->fault` then names it. The members before a fault are good. */
bool mer__json_next(mer__json_value *key, mer__json_value *value, mer__json_scan *scan);

/** The next element of an array that is scanned in the place of an object. */
bool mer__json_next_element(mer__json_value *value, mer__json_scan *scan);

/** Whether `text` is one value and nothing else, in UTF-8, and every reader takes it. */
bool mer__json_is_value(const char *text, size_t size);

/** Appends the characters of a string, in UTF-8: half a surrogate pair becomes U+FFFD, and \u0000 a
 * zero byte. */
void mer__json_decode(mer__text_buffer *out, const mer__json_value *string);
/** Whether a string is written as `text`, which is ASCII, possibly with escapes. */
bool mer__json_is(const mer__json_value *string, const char *text);

#endif
