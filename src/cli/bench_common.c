/* bench_common.c: what the works share: warm-up, repetitions, the statistics of times, failures. */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cli/bench.h"

mer_status bench_fail(mer_error *err, mer_status status, const char *name, const char *message) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%.300s: %s", name, message);
  return status;
}

double bench_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void bench_summarize(bench_result *result, double *seconds, int64_t n) {
  struct rusage usage;
  double sum = 0;
  qsort(seconds, (size_t)n, sizeof *seconds, compare);
  for (int64_t i = 0; i < n; i++) sum += seconds[i];
  result->n_runs = n;
  result->median = (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
  result->minimum = seconds[0];
  result->maximum = seconds[n - 1];
  result->mean = sum / (double)n;
  getrusage(RUSAGE_SELF, &usage);
  result->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
}

mer_status bench_repeat(bench_result *result, bench_run *run, void *state,
                        const bench_settings *settings, mer_error *err) {
  const mer_monitor *monitor = settings->monitor;
  int64_t n = settings->n_repetitions;
  double *seconds = malloc((size_t)n * sizeof *seconds);
  mer_status status = seconds ? MER_OK : MER_STATUS_NO_MEMORY;
  for (int64_t i = -settings->n_warmup; i < n && status == MER_OK; i++) {
    double start = bench_now();
    status = run(state, err);
    if (i >= 0) seconds[i] = bench_now() - start;
    if (status == MER_OK && monitor->should_stop(monitor->user)) status = MER_STATUS_INTERRUPTED;
  }
  if (status == MER_OK) bench_summarize(result, seconds, n);
  free(seconds);
  return status;
}
