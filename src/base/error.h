/* error.h: how internal code reports failures. */
#ifndef MER_BASE_ERROR_H
#define MER_BASE_ERROR_H

#include "mer/base.h"

/** Fills `err` (may be NULL) and returns `status`. The message is cut to one line. */
mer_status mer__fail(mer_error *err, mer_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** mer__fail with a position (line, row or byte offset). */
mer_status mer__fail_at(mer_error *err, mer_status status, int64_t position, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/** Fills `err` with MER_STATUS_NO_MEMORY. Inline, so that static analysis sees what it returns. */
static inline mer_status mer__fail_memory(mer_error *err) {
  mer__fail(err, MER_STATUS_NO_MEMORY, "out of memory");
  return MER_STATUS_NO_MEMORY;
}

/** The same of what a file needs. */
static inline mer_status mer__fail_memory_for(mer_error *err, const char *path) {
  mer__fail(err, MER_STATUS_NO_MEMORY, "%s: out of memory", path);
  return MER_STATUS_NO_MEMORY;
}

/** What a function says that is to open something and is given NULL or "". */
static inline mer_status mer__fail_no_name(mer_error *err) {
  return mer__fail(err, MER_STATUS_INVALID, "expected the name of a file or folder, found none");
}

/** Runs `call`; on failure stores it in the local `status` and jumps to the local `cleanup`. */
#define MER__CHECK(call)                \
  do {                                  \
    status = (call);                    \
    if (status != MER_OK) goto cleanup; \
  } while (0)

/** Monitor calls that accept a NULL monitor and NULL members. */
void mer__log(const mer_monitor *monitor, mer_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mer__progress(const mer_monitor *monitor, const char *task, int64_t done, int64_t total,
                   const char *note);
bool mer__should_stop(const mer_monitor *monitor);
/** One that says nothing, and stops what runs where `monitor` (may be NULL) does. */
static inline mer_monitor mer__monitor_quiet(const mer_monitor *monitor) {
  return (mer_monitor){.user = monitor ? monitor->user : NULL,
                       .should_stop = monitor ? monitor->should_stop : NULL};
}

#endif
