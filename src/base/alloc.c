/* alloc.c: checked allocation and the arena. */
#define _DEFAULT_SOURCE /* madvise */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The bytes of an array, rounded up to the alignment; 0 if that does not fit. */
static size_t array_bytes(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - MER__ALIGNMENT) return 0;
  return bytes ? mer__align(bytes) : MER__ALIGNMENT;
}

enum { HUGE_PAGE_BYTES = 1 << 21, LARGE_BYTES = 2 * HUGE_PAGE_BYTES };

/* A block of whole huge pages, if that is the advice and the system has them: the parameters of a
 * model are faulted in with 1/512 of the page faults, which take longer than reading them. */
static void *allocate_large(size_t bytes, int advice) {
  bytes = (bytes + HUGE_PAGE_BYTES - 1) & ~(size_t)(HUGE_PAGE_BYTES - 1);
  void *pointer = aligned_alloc(HUGE_PAGE_BYTES, bytes);
  if (pointer) (void)madvise(pointer, bytes, advice); /* if it fails, the block is only slower */
  return pointer;
}

static void *allocate(size_t count, size_t size, int advice_if_large) {
  size_t bytes = array_bytes(count, size);
  if (bytes >= LARGE_BYTES) return allocate_large(bytes, advice_if_large);
  return bytes ? aligned_alloc(MER__ALIGNMENT, bytes) : NULL;
}

void *mer__malloc(size_t count, size_t size) { return allocate(count, size, MADV_HUGEPAGE); }

void *mer__malloc_sparse(size_t count, size_t size) {
  return allocate(count, size, MADV_NOHUGEPAGE);
}

void *mer__calloc(size_t count, size_t size) {
  void *pointer = mer__malloc(count, size);
  if (pointer) memset(pointer, 0, count * size);
  return pointer;
}

char *mer__strndup(const char *text, size_t size) {
  char *copy = size < PTRDIFF_MAX ? mer__malloc(size + 1, 1) : NULL;
  if (!copy) return NULL;
  memcpy(copy, text, size);
  copy[size] = 0;
  return copy;
}

char *mer__strdup(const char *text) { return mer__strndup(text, strlen(text)); }

void mer__free(void *pointer) { free(pointer); }

int mer__grow(void *array, size_t *capacity, size_t needed, size_t size) {
  if (needed <= *capacity) return 0;
  size_t wanted = *capacity > SIZE_MAX / 2 ? needed : *capacity * 2;
  if (wanted < needed) wanted = needed;
  if (wanted < 16) wanted = 16;
  void *old, *grown = mer__malloc(wanted, size);
  if (!grown) return -1;
  memcpy(&old, array, sizeof old);
  if (old) memcpy(grown, old, *capacity * size);
  mer__free(old);
  memcpy(array, &grown, sizeof grown);
  *capacity = wanted;
  return 0;
}

struct mer__arena_block {
  struct mer__arena_block *next;
  size_t size, used;
};

enum { ARENA_HEADER = MER__ALIGNMENT, ARENA_BLOCK_BYTES = 1 << 20 };
_Static_assert(sizeof(struct mer__arena_block) <= ARENA_HEADER, "arena header");

/* The first block from `current` on with room for `bytes`, or a new one after the last. */
static struct mer__arena_block *arena_find(mer__arena *arena, size_t bytes) {
  struct mer__arena_block *last = NULL;
  for (struct mer__arena_block *b = arena->current; b; last = b, b = b->next)
    if (b->size - b->used >= bytes) return b;
  size_t size = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
  struct mer__arena_block *block = mer__malloc(1, ARENA_HEADER + size);
  if (!block) return NULL;
  *block = (struct mer__arena_block){.size = size};
  if (last) last->next = block;
  else arena->first = block;
  return block;
}

void *mer__arena_alloc(mer__arena *arena, size_t count, size_t size) {
  size_t bytes = array_bytes(count, size);
  if (!bytes || bytes > PTRDIFF_MAX / 2) return NULL;
  struct mer__arena_block *block = arena_find(arena, bytes);
  if (!block) return NULL;
  if (!arena->current) arena->current = block;
  void *pointer = (char *)block + ARENA_HEADER + block->used;
  block->used += bytes;
  return pointer;
}

char *mer__arena_format(mer__arena *arena, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  const int size = vsnprintf(NULL, 0, format, args);
  char *text = size < 0 ? NULL : mer__arena_alloc(arena, (size_t)size + 1, 1);
  if (text) vsnprintf(text, (size_t)size + 1, format, again);
  va_end(again);
  return text;
}

void mer__arena_reset(mer__arena *arena) {
  for (struct mer__arena_block *b = arena->first; b; b = b->next) b->used = 0;
  arena->current = arena->first;
}

void mer__arena_clear(mer__arena *arena) {
  for (struct mer__arena_block *b = arena->first, *next; b; b = next) {
    next = b->next;
    mer__free(b);
  }
  *arena = (mer__arena){0};
}
