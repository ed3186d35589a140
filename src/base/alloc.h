/* alloc.h: checked allocation and the arena. Every allocation of the library's own code is made
 * here. */
#ifndef MER_BASE_ALLOC_H
#define MER_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/** Alignment of arrays and arena blocks, in bytes: a cache line, and the widest vector. */
#define MER__ALIGNMENT 64

/** n bytes rounded up to it. */
static inline size_t mer__align(size_t n) {
  return (n + MER__ALIGNMENT - 1) / MER__ALIGNMENT * MER__ALIGNMENT;
}

/** `count * size` bytes, aligned to MER__ALIGNMENT; NULL if that overflows or memory is out.
 * Never NULL for a product of 0. Freed by mer__free. */
void *mer__malloc(size_t count, size_t size);
/** The same, for a block of which only small parts will be touched: the rest takes no memory. */
void *mer__malloc_sparse(size_t count, size_t size);
/** mer__malloc of a block that is then zeroed. */
void *mer__calloc(size_t count, size_t size);
/** A copy of `size` bytes of a string, and a terminating 0; NULL if memory is out. */
char *mer__strndup(const char *text, size_t size);
char *mer__strdup(const char *text);
/** Accepts NULL. */
void mer__free(void *pointer);

/** Grows `*array` (elements of `size` bytes, `*capacity` of them) to hold at least `needed`.
 * Returns 0, or -1 with nothing changed. */
int mer__grow(void *array, size_t *capacity, size_t needed, size_t size);

/** Memory for one batch: many small allocations, released together. Zero-initialize. */
typedef struct mer__arena {
  struct mer__arena_block *first, *current;
} mer__arena;

/** `count * size` bytes, aligned to MER__ALIGNMENT, not zeroed; NULL if memory is out. */
void *mer__arena_alloc(mer__arena *arena, size_t count, size_t size);
/** Makes all memory available again, without giving it back. */
void mer__arena_reset(mer__arena *arena);
/** Text as vsnprintf makes it; NULL if memory is out. */
char *mer__arena_format(mer__arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/** Frees everything; the arena can be used again. */
void mer__arena_clear(mer__arena *arena);

#endif
