/* train_log.h: the training log, JSON lines: {"event": "start" | "resume" | "epoch" | "rewind" |
 * "end", ...}. Where a training was resumed or rewound, an epoch may have several lines: the last
 * counts. */
#ifndef MER_TRAIN_TRAIN_LOG_H
#define MER_TRAIN_TRAIN_LOG_H

#include <jansson.h>
#include <stdio.h>

#include "mer/train.h"

/** Zero-initialize. */
typedef struct mer__train_log {
  FILE *file;
  char *path;
  bool is_named; /* not an open descriptor of this process, in whose file others write, too */
  const mer_monitor *monitor;
  int reason; /* errno of the first line that could not be written, the last that was tried; or 0 */
} mer__train_log;

/** Opens the log at its end, or an open descriptor of this process where that is. A FIFO is opened
 * when a program reads from it, which is waited for, but not for ever. MER_STATUS_IO;
 * MER_STATUS_INTERRUPTED: the monitor asked to stop while it was waited for; MER_STATUS_NO_MEMORY.
 */
mer_status mer__train_log_open(mer__train_log *log, const char *path, const mer_monitor *monitor,
                               mer_error *err);
/** Removes what an earlier training has written into a file of that name. */
void mer__train_log_empty(mer__train_log *log);

/** Accepts a zeroed log and one that is closed; `reason` stays. */
void mer__train_log_close(mer__train_log *log);

/** Appends one line; `object` is taken (NULL: memory was out). The log is not worth a training: the
 * first line that cannot be written is a warning with its reason, and the log ends there. */
void mer__train_log_write(mer__train_log *log, json_t *object);

/** The line of an epoch. */
json_t *mer__train_log_epoch(int64_t number, const mer_epoch *epoch, mer_target target);

#endif
