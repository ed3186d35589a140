/* train_log.h: the training log, JSON lines: {"event": "start" | "resume" | "epoch" | "rewind" |
 * "end", ...}. Where a training was resumed or rewound, an epoch may have several lines: the last
 * counts. */
#ifndef MER_TRAIN_TRAIN_LOG_H
#define MER_TRAIN_TRAIN_LOG_H

#include <jansson.h>
#include <stdio.h>

#include "mer/train.h"

/** Appends one line; `object` is taken (NULL: memory was out, which is ignored as an unwritable log
 * is: the log is not worth a training). */
void mer__train_log_write(FILE *log, json_t *object);

/** The line of an epoch. */
json_t *mer__train_log_epoch(int64_t number, const mer_epoch *epoch);

#endif
