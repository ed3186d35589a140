/* error.c: errors, status names and monitor calls. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* A message is one line: a file name may hold control characters. */
static void flatten(char *message) {
  for (char *c = message; *c; c++)
    if ((unsigned char)*c < 0x20) *c = ' ';
}

static mer_status fill(mer_error *err, mer_status status, int64_t position, const char *format,
                       va_list args) {
  if (!err) return status;
  err->status = status;
  err->position = position;
  vsnprintf(err->message, sizeof err->message, format, args);
  flatten(err->message);
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
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  flatten(message);
  monitor->log(monitor->user, level, message);
}

void mer__progress(const mer_monitor *monitor, const char *task, int64_t done, int64_t total,
                   const char *note) {
  if (monitor && monitor->progress) monitor->progress(monitor->user, task, done, total, note);
}

bool mer__should_stop(const mer_monitor *monitor) {
  return monitor && monitor->should_stop && monitor->should_stop(monitor->user);
}
