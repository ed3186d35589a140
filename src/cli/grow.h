/* grow.h: room in lists that get longer. */
#ifndef MER_CLI_GROW_H
#define MER_CLI_GROW_H

#include <stddef.h>

/** Makes room for one more of the `n` items of `size` bytes at `*items`, a pointer to the first; 0,
 * or -1 if memory is out. */
int cli_grow(void *items, size_t *capacity, size_t n, size_t size);

#endif
