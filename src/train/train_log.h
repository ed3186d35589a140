/* train_log.h: the training log, JSON lines: {"event": "start" | "resume" | "epoch" | "rewind" |
 * "end", ...}. Where a training was resumed or rewound, an epoch may have several lines: the last
 * counts. */
#ifndef MER_TRAIN_TRAIN_LOG_H
#define MER_TRAIN_TRAIN_LOG_H

#include <jansson.h>
#include <stdio.h>

#include "mer/train.h"

/** Opens the log at its end. A FIFO is opened when a program reads from it, which is waited for,
 * but not for ever. MER_STATUS_IO; MER_STATUS_INTERRUPTED: the monitor asked to stop while it was
 * waited for. */
mer_status mer__train_log_open(FILE **log, const char *path, const mer_monitor *monitor,
                               mer_error *err);
/** Removes what an earlier training has written into a log that is a file. */
void mer__train_log_empty(FILE *log);

/** Accepts NULL. */
void mer__train_log_close(FILE *log);

/** Appends one line; `object` is taken (NULL: memory was out, which is ignored as an unwritable log
 * is: the log is not worth a training). */
void mer__train_log_write(FILE *log, json_t *object);

/** The line of an epoch. */
json_t *mer__train_log_epoch(int64_t number, const mer_epoch *epoch);

#endif
