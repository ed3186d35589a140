/* train_log.c: the training log, JSON lines. */
#include "train/train_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "train/json_real.h"

mer_status mer__train_log_open(mer__train_log *log, const char *path, const mer_monitor *monitor,
                               mer_error *err) {
  log->monitor = monitor;
  log->path = mer__strdup(path);
  char *target = log->path ? mer_path_follow(path) : NULL;
  if (!target) return mer__fail_memory(err);
  log->is_named = !mer_path_is_descriptor(target);
  int fd = mer__open_for_writing(target, O_APPEND | O_CREAT, monitor);
  if (fd >= 0) log->file = fdopen(fd, "w");
  const int reason = errno;
  mer__free(target);
  if (log->file) return MER_OK;
  if (fd >= 0) close(fd);
  if (reason == EINTR) return mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted", path);
  if (reason == ENOMEM) return mer__fail_memory_for(err, path);
  return mer__fail(err, MER_STATUS_IO,
                   "%s: cannot write the training log: %s; --log takes the name of a file", path,
                   reason == ENXIO ? "no program reads from it" : strerror(reason));
}

/* A FIFO or a device holds nothing to remove, and refuses. */
void mer__train_log_empty(mer__train_log *log) {
  if (log->is_named) (void)!ftruncate(fileno(log->file), 0);
}

/* A reader of the log who has left is no reason to end the program: while the log is written,
 * SIGPIPE is blocked in this thread, which alone gets it, and is taken before it is let in again.
 */
typedef struct pipe_signal {
  sigset_t alone, before, pending;
} pipe_signal;

static void block_pipe_signal(pipe_signal *s) {
  sigemptyset(&s->alone);
  sigaddset(&s->alone, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &s->alone, &s->before);
  sigpending(&s->pending);
}

static void unblock_pipe_signal(const pipe_signal *s) {
  const struct timespec no_time = {0};
  if (!sigismember(&s->pending, SIGPIPE))
    while (sigtimedwait(&s->alone, NULL, &no_time) < 0 && errno == EINTR) continue;
  pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

/* The first failure is told, and nothing is written after it: the rest would follow on a part of a
 * line. */
static void fail(mer__train_log *log, int reason) {
  log->reason = reason ? reason : ENOMEM;
  mer__log(log->monitor, MER_LOG_WARNING,
           "%.300s: cannot write the training log: %s; it ends here, the training goes on",
           log->path, strerror(log->reason));
}

void mer__train_log_close(mer__train_log *log) {
  pipe_signal s;
  block_pipe_signal(&s);
  errno = 0;
  if (log->file && fclose(log->file) != 0 && !log->reason) fail(log, errno);
  unblock_pipe_signal(&s);
  mer__free(log->path);
  log->file = NULL;
  log->path = NULL;
}

void mer__train_log_write(mer__train_log *log, json_t *object) {
  const bool wanted = log->file && !log->reason;
  char *line = wanted && object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  pipe_signal s;
  block_pipe_signal(&s);
  errno = 0;
  const bool written = line && fprintf(log->file, "%s\n", line) > 0 && fflush(log->file) == 0;
  if (wanted && !written) fail(log, line ? errno : ENOMEM);
  unblock_pipe_signal(&s);
  free(line);
  json_decref(object);
}

static json_t *scores(const mer_epoch_scores *s, mer_target target) {
  if (s->n == 0) return json_null();
  return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)s->n, "loss", mer__json_real(s->loss),
                   "accuracy", mer__json_real(s->accuracy), mer_score_name(target),
                   mer__json_real(s->score));
}

json_t *mer__train_log_epoch(int64_t number, const mer_epoch *e, mer_target target) {
  json_t *line =
      json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:f}", "event", "epoch", "epoch",
                (json_int_t)number, "loss", mer__json_real(e->loss), "loss_sum",
                mer__json_real(e->loss_sum), "accuracy", mer__json_real(e->accuracy), "dev",
                scores(&e->dev, target), "test", scores(&e->test, target), "seconds", e->seconds);
  if (e->n_skipped) json_object_set_new(line, "skipped", json_integer(e->n_skipped));
  return line;
}
