/* sized_options.h: options structs that may grow. Each begins with `size_t size`, the bytes that
 * its caller knows; a later version of the library appends members and changes no other. */
#ifndef MER_BASE_SIZED_OPTIONS_H
#define MER_BASE_SIZED_OPTIONS_H

#include "mer/base.h"

/** Fills a caller's struct of `size` bytes: the first bytes of `defaults` [known], zeros after
 * them, and `size` as its first member. A size that cannot hold that member fills nothing. */
void mer__options_init(void *options, size_t size, const void *defaults, size_t known);

/** Copies what the caller's struct `given` holds over the defaults in `options` [known]; NULL
 * copies nothing. `name` is the type, for messages. MER_STATUS_INVALID: the struct was not
 * initialized, so that its size makes no sense; MER_STATUS_UNSUPPORTED: it sets a member of a later
 * version. */
mer_status mer__options_read(void *options, size_t known, const void *given, const char *name,
                             mer_error *err);

#endif
