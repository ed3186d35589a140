/* json_memory.h: jansson when memory is out. It has no status for that: its parser reports a fault
 * of the text, a string that cannot be made looks like one that is not UTF-8, json_copy leaves out
 * members, and both parser and writer (2.14) go on with a text or a number that has lost its end.
 * But the C library's allocation leaves ENOMEM in errno. */
#ifndef MER_TENSOR_JSON_MEMORY_H
#define MER_TENSOR_JSON_MEMORY_H

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>

/** To be called before JSON values are built. */
static inline void mer__json_watch(void) { errno = 0; }

/** To be called after that: whether memory was out, so that a value is not complete. */
static inline bool mer__json_no_memory(void) { return errno == ENOMEM; }

/** json_loadb; if memory is out, NULL, and mer__json_no_memory() is true. */
json_t *mer__json_parse(const char *text, size_t size, size_t flags, json_error_t *fault);

/** json_dumps of values that were built since mer__json_watch; NULL if memory was out while they
 * were built, or is now. The caller frees it by free(). */
char *mer__json_dump(const json_t *value, size_t flags);

#endif
