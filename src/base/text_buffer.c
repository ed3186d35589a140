/* text_buffer.c: a growing byte string with a maximum. */
#include "base/text_buffer.h"

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/format.h"

/* Room for `size` more bytes and a terminator. */
static bool reserve(mer__text_buffer *buffer, size_t size) {
  if (buffer->failed) return false;
  buffer->full = size > MER__TEXT_BUFFER_MAX - buffer->size;
  if (buffer->full || mer__grow(&buffer->data, &buffer->capacity, buffer->size + size + 1, 1) != 0)
    buffer->failed = true;
  return !buffer->failed;
}

void mer__text_reserve(mer__text_buffer *buffer, size_t size) { (void)reserve(buffer, size); }

void mer__text_append(mer__text_buffer *buffer, const char *data, size_t size) {
  if (!reserve(buffer, size)) return;
  if (size) memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
  buffer->data[buffer->size] = 0;
}

void mer__text_puts(mer__text_buffer *buffer, const char *text) {
  mer__text_append(buffer, text, strlen(text));
}

void mer__text_printf(mer__text_buffer *buffer, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int size = mer__format_list(NULL, 0, format, args);
  if (size < 0) buffer->failed = true;
  else if (reserve(buffer, (size_t)size)) {
    mer__format_list(buffer->data + buffer->size, (size_t)size + 1, format, again);
    buffer->size += (size_t)size;
  }
  va_end(again);
  va_end(args);
}

void mer__text_clear(mer__text_buffer *buffer) {
  mer__free(buffer->data);
  *buffer = (mer__text_buffer){0};
}
