/* json_memory.h: whether jansson failed because memory was out. It does not say so apart: the
 * parser reports a fault of the text, and a string that cannot be made looks like one that is not
 * UTF-8. But the C library's allocation leaves ENOMEM in errno, and jansson stops at it. */
#ifndef MER_TENSOR_JSON_MEMORY_H
#define MER_TENSOR_JSON_MEMORY_H

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>

/** Before calls of jansson. */
static inline void mer__json_begin(void) { errno = 0; }

/** After them: whether memory was out in one of them, so that what they built is not whole. */
static inline bool mer__json_no_memory(void) { return errno == ENOMEM; }

/** json_dumps for what was built since mer__json_begin. jansson 2.14 leaves out a key whose text
 * it cannot store, without an error; so NULL also if memory was out on the way. For free(). */
char *mer__json_dump(const json_t *value, size_t flags);

#endif
