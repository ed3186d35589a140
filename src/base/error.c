/* error.c: errors, status names and monitor calls. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>
#include <utf8proc.h>

#include "base/format.h"

enum { LETTER_BYTES = 4 }; /* most of a letter in UTF-8 */

const char *mer_status_name(mer_status status) {
  switch (status) {
    case MER_OK: return "OK";
#define STATUS_CASE(name, text) \
  case MER_STATUS_##name: return #name;
      MER_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
  }
  return "?";
}

const char *mer_status_text(mer_status status) {
  switch (status) {
    case MER_OK: return "success";
#define STATUS_CASE(name, text) \
  case MER_STATUS_##name: return text;
      MER_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
  }
  return "unknown status";
}

const char *mer_version(void) { return MER_VERSION; }

int mer_version_number(void) { return MER_VERSION_NUMBER; }

/* A message is one line of UTF-8, but what it quotes may hold any bytes, and its end may be cut off
 * within a letter. Control characters become blanks, bytes that are not UTF-8 '?'; half a letter at
 * the end goes. `whole`: nothing was cut off. */
static void make_line(char *message, bool whole) {
  utf8proc_int32_t letter;
  for (size_t i = 0, n = strlen(message), left; (left = n - i) > 0;) {
    utf8proc_ssize_t size =
        utf8proc_iterate((const utf8proc_uint8_t *)message + i, (utf8proc_ssize_t)left, &letter);
    if (size < 0 && !whole && left < LETTER_BYTES) message[i] = 0, n = i;
    else if (size < 0) message[i++] = '?';
    else {
      if (letter < ' ' || (letter >= 0x7f && letter < 0xa0)) memset(message + i, ' ', (size_t)size);
      i += (size_t)size;
    }
  }
}

/* Prints a message of at most `size` bytes. */
static void print_line(char *out, size_t size, const char *format, va_list args) {
  int n = mer__format_list(out, size, format, args);
  make_line(out, n >= 0 && (size_t)n < size);
}

static mer_status fill(mer_error *err, mer_status status, int64_t position, const char *format,
                       va_list args) {
  if (!err) return status;
  err->status = status;
  err->position = position;
  print_line(err->message, sizeof err->message, format, args);
  return status;
}

mer_status mer__fail(mer_error *err, mer_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fill(err, status, 0, format, args);
  va_end(args);
  return status;
}

mer_status mer__fail_at(mer_error *err, mer_status status, int64_t position, const char *format,
                        ...) {
  va_list args;
  va_start(args, format);
  fill(err, status, position, format, args);
  va_end(args);
  return status;
}

void mer__log(const mer_monitor *monitor, mer_log_level level, const char *format, ...) {
  if (!monitor || !monitor->log) return;
  char message[1024];
  va_list args;
  va_start(args, format);
  print_line(message, sizeof message, format, args);
  va_end(args);
  monitor->log(monitor->user, level, message);
}

void mer__progress(const mer_monitor *monitor, const char *task, int64_t done, int64_t total,
                   const char *note) {
  if (monitor && monitor->progress) monitor->progress(monitor->user, task, done, total, note);
}

bool mer__should_stop(const mer_monitor *monitor) {
  return monitor && monitor->should_stop && monitor->should_stop(monitor->user);
}
