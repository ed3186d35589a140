/* text_buffer.h: a growing byte string with a maximum; errors are sticky, so that a writer checks
 * once. */
#ifndef MER_BASE_TEXT_BUFFER_H
#define MER_BASE_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/** Most bytes a buffer may hold. */
#define MER__TEXT_BUFFER_MAX ((size_t)1 << 30)

/** Zero-initialize. `data` is 0-terminated once anything was appended. */
typedef struct mer__text_buffer {
  char *data;
  size_t size, capacity;
  bool failed; /* memory was out or the maximum reached; further appends do nothing */
  bool full;   /* it failed because of the maximum */
} mer__text_buffer;

/** Makes room for `size` more bytes, so that they are added without growing. */
void mer__text_reserve(mer__text_buffer *buffer, size_t size);
void mer__text_append(mer__text_buffer *buffer, const char *data, size_t size);
void mer__text_puts(mer__text_buffer *buffer, const char *text);
void mer__text_printf(mer__text_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void mer__text_clear(mer__text_buffer *buffer);

#endif
