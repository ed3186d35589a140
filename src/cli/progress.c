/* progress.c: progress and messages on standard error. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/text_line.h"

/* What is on the terminal's last line; one program has one standard error. */
static struct {
  char task[32];
  double start, shown; /* seconds */
  int64_t first;       /* units done when the task began */
  int64_t done, total; /* as they were last told */
  bool line_open;
} bar;

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool should_stop(void *user) {
  (void)user;
  return cli_is_interrupted();
}

void cli_progress_end(void) {
  if (bar.line_open) fputs("\r\033[K", stderr);
  bar.line_open = false;
}

enum { N_CELLS = 20 };

static void format_duration(char out[16], double seconds) {
  int s = seconds > 0 ? (int)fmin(seconds + 0.5, 1e9) : 0;
  if (s >= 3600) snprintf(out, 16, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  else snprintf(out, 16, "%d:%02d", s / 60 % 60, s % 60);
}

/* A bar of N_CELLS; more than all is all. */
static void fill_bar(char cells[N_CELLS + 1], int64_t done, int64_t total) {
  double part = total > 0 ? (double)done / (double)total : 0;
  int full = part >= 1 ? N_CELLS : part > 0 ? (int)(N_CELLS * part) : 0;
  memset(cells, '.', N_CELLS);
  memset(cells, '#', (size_t)full);
  cells[N_CELLS] = 0;
}

static void draw(const char *task, int64_t done, int64_t total, const char *note, double rate) {
  char left[16] = "-:--", cells[N_CELLS + 1];
  fill_bar(cells, done, total);
  if (rate > 0) format_duration(left, (double)(total - done) / rate);
  fprintf(stderr, "\r\033[K%s [%s] %lld/%lld  %.4g/s  %s left%s%s", task, cells, (long long)done,
          (long long)total, rate, left, note ? "  " : "", note ? note : "");
  bar.line_open = true;
}

static void print_line(const char *task, int64_t done, int64_t total, const char *note,
                       double rate) {
  char left[16] = "-:--";
  if (rate > 0) format_duration(left, (double)(total - done) / rate);
  fprintf(stderr, "%s %lld/%lld  %.4g/s  %s left%s%s\n", task, (long long)done, (long long)total,
          rate, left, note ? "  " : "", note ? note : "");
}

static void progress(void *user, const char *task, int64_t done, int64_t total, const char *note) {
  (void)user;
  bool terminal = isatty(STDERR_FILENO);
  double now = now_seconds();
  const bool is_another =
      strncmp(bar.task, task, sizeof bar.task - 1) != 0 || done < bar.done || total != bar.total;
  bar.done = done;
  bar.total = total;
  if (is_another) {
    snprintf(bar.task, sizeof bar.task, "%s", task);
    bar.start = now;
    bar.shown = terminal ? 0 : now;
    bar.first = done;
  }
  if (now - bar.shown < (terminal ? 0.1 : 10) && !(terminal && done == total)) return;
  bar.shown = now;
  double rate = now > bar.start ? (double)(done - bar.first) / (now - bar.start) : 0;
  if (terminal) draw(task, done, total, note, rate);
  else print_line(task, done, total, note, rate);
  fflush(stderr);
}

static void print_message(void *user, mer_log_level level, const char *message) {
  (void)user;
  cli_progress_end();
  if (level == MER_LOG_WARNING) fputs("mer: warning: ", stderr);
  cli_put_line(stderr, message, 0);
  fputc('\n', stderr);
}

void cli_warn(const mer_monitor *monitor, const char *format, ...) {
  va_list args, again;
  if (!monitor || !monitor->log) return;
  va_start(args, format);
  va_copy(again, args);
  const int size = vsnprintf(NULL, 0, format, args);
  char *message = size < 0 ? NULL : malloc((size_t)size + 1);
  if (message) vsnprintf(message, (size_t)size + 1, format, again);
  monitor->log(monitor->user, MER_LOG_WARNING, message ? message : format);
  free(message);
  va_end(again);
  va_end(args);
}

mer_monitor cli_progress_monitor(const cli_common *common) {
  return (mer_monitor){.log = common->quiet ? NULL : print_message,
                       .progress = common->quiet ? NULL : progress,
                       .should_stop = should_stop};
}
