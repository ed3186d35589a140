/* markup_check.h: a small checker of HTML that a program wrote. */
#ifndef MER_TEST_MARKUP_CHECK_H
#define MER_TEST_MARKUP_CHECK_H

#include <stddef.h>

/** NULL if every tag of `html` is closed in order, every attribute quoted, ids are unique, every
 * '&' begins an entity, and nothing is loaded from outside; else what is wrong, in `fault`. */
const char *markup_check(const char *html, char *fault, size_t size);

#endif
