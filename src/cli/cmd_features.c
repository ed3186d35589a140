/* cmd_features.c: `mer features`: sound files in, a .npy array of MFCC or log-mel out, which is
 * written while it is computed. A file that cannot be used is reported, its row is NaN, and the
 * others are computed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "mer/data.h"
#include "mer/tensor.h"

/* Rows of the array that are computed before they are written: as many as take this, and at least
 * one for each thread. */
enum { PART_BYTES = 16 << 20 };

typedef struct batch {
  const mer_feature_extractor *extractor;
  const mer_monitor *monitor;
  char **paths;
  int n_files;
  float *values; /* [n_part, width] */
  int n_part;
  size_t width; /* rows x frames */
  int n_done, n_bad;
  bool stopped;
} batch;

/* Called by one thread at a time. */
static void report(batch *b, mer_status status, const mer_error *err) {
  if (status == MER_STATUS_INTERRUPTED) {
    /* the whole ends, too */
  } else if (status != MER_OK) {
    cli_progress_end();
    fprintf(stderr, "mer: %s\n", err->message);
    b->n_bad++;
  } else if (err->status != MER_OK) { /* damaged, and used all the same */
    cli_warn(b->monitor, "%s", err->message);
  }
  b->n_done++;
  if (b->monitor->progress)
    b->monitor->progress(b->monitor->user, "features", b->n_done, b->n_files, NULL);
  if (b->monitor->should_stop(b->monitor->user)) {
#pragma omp atomic write
    b->stopped = true;
  }
}

static void compute_one(batch *b, float *out, const char *path) {
  mer_audio audio = {0};
  mer_error err = {0};
  mer_status status = mer_features_of_file(out, &audio, b->extractor, path, b->monitor, &err);
  if (status != MER_OK)
    for (size_t i = 0; i < b->width; i++) out[i] = NAN;
#pragma omp critical(cli_features_report)
  report(b, status, &err);
}

/* Computes the rows of `n` files. */
static void compute_part(batch *b, char **paths, int n) {
#pragma omp parallel for schedule(dynamic)
  for (int i = 0; i < n; i++) {
    bool stopped;
#pragma omp atomic read
    stopped = b->stopped;
    if (!stopped) compute_one(b, b->values + (size_t)i * b->width, paths[i]);
  }
}

static mer_status compute_all(batch *b, mer_npy_writer *writer, mer_error *err) {
  mer_status status = MER_OK;
  for (int first = 0; first < b->n_files && status == MER_OK; first += b->n_part) {
    const int left = b->n_files - first, n = left < b->n_part ? left : b->n_part;
    compute_part(b, b->paths + first, n);
    status = b->stopped
                 ? MER_STATUS_INTERRUPTED
                 : mer_npy_writer_add(writer, b->values, (int64_t)n * (int64_t)b->width, err);
  }
  return status == MER_OK ? mer_npy_writer_commit(writer, err) : status;
}

/* One file gives rows x frames, several give files x rows x frames. */
static mer_status compute_and_write(batch *b, const char *path, mer_error *err) {
  const int64_t rows = mer_feature_rows(b->extractor), frames = mer_feature_frames(b->extractor);
  const int64_t shape[3] = {b->n_files, rows, frames};
  const int skip = b->n_files == 1;
  mer_npy_writer *writer = NULL;
  mer_status status = mer_npy_writer_open(&writer, path, shape + skip, 3 - skip, b->monitor, err);
  if (status == MER_OK) status = compute_all(b, writer, err);
  mer_npy_writer_close(writer);
  return status;
}

static int run_batch(batch *b, const char *path) {
  mer_error err = {0};
  const size_t row_bytes = b->width * sizeof *b->values;
  const int by_size = (int)(PART_BYTES / row_bytes), n_threads = mer_threads_get();
  b->n_part = by_size > n_threads ? by_size : n_threads;
  if (b->n_part > b->n_files) b->n_part = b->n_files;
  b->values = calloc((size_t)b->n_part, row_bytes);
  cli_catch_interrupt();
  mer_status status = b->values ? compute_and_write(b, path, &err) : MER_STATUS_NO_MEMORY;
  free(b->values);
  cli_progress_end();
  err.status = status;
  if (status != MER_OK) return cli_fail(&err);
  if (b->n_bad == 0) return CLI_DONE;
  snprintf(err.message, sizeof err.message, "files that could not be used: %d of %d", b->n_bad,
           b->n_files);
  return cli_fail(&err);
}

static int run(cli_common *common, int argc, char **argv) {
  const char *out = NULL, *kind = "mfcc";
  int64_t n_mels = 0, n_coefficients = 0, n_frames = 0;
  const cli_option options[] = {
      {CLI_NAME, 'o', "out", "OUT.npy|-", &out, 0, 0, "file to write, f32; - is standard output"},
      {CLI_CHOICE, 0, "kind", "mfcc|logmel", &kind, 0, 0, "features to compute (default mfcc)"},
      {CLI_INT, 0, "n-mels", "N", &n_mels, 1, 512, "mel bands (default 128; logmel 64)"},
      {CLI_INT, 0, "n-coefficients", "N", &n_coefficients, 1, 512, "rows of mfcc (default 13)"},
      {CLI_INT, 0, "frames", "N", &n_frames, 1, 1 << 20,
       "frames to pad or cut to, of 12.5 ms (default 401, as the reference; the natural length is "
       "the library's alone)"},
      {.kind = CLI_END}};
  int n_files, code = cli_parse(&cli_features, options, common, argc, argv, &n_files);
  if (code >= 0) return code;
  if (!out || n_files < 1) return cli_usage(&cli_features, "-o and at least one file");
  if (n_coefficients && strcmp(kind, "mfcc") != 0)
    return cli_usage(&cli_features, "--n-coefficients does not apply to %s", kind);
  mer_feature_options o;
  mer_feature_options_init(&o, sizeof o,
                           strcmp(kind, "mfcc") == 0 ? MER_FEATURE_MFCC : MER_FEATURE_LOGMEL);
  if (n_mels) o.n_mels = (int)n_mels;
  if (n_coefficients) o.n_coefficients = (int)n_coefficients;
  if (n_frames) o.n_frames = (int)n_frames;
  mer_error err = {0};
  /* With `-o *.wav` the shell names a recording as the output. */
  const cli_own_file array = {.what = "a .npy file that mer has written",
                              .start = MER_NPY_START,
                              .start_bytes = MER_NPY_START_BYTES};
  if (cli_check_output(out, &array, &err) != MER_OK) return cli_fail(&err);
  for (int i = 0; i < n_files; i++)
    if (cli_same_file(out, argv[1 + i]))
      return cli_usage(&cli_features, "%s would be replaced by its features", argv[1 + i]);
  mer_feature_extractor *extractor;
  if (mer_feature_extractor_create(&extractor, &o, &err) != MER_OK)
    return cli_usage(&cli_features, "%s", err.message);
  batch b = {
      .extractor = extractor, .monitor = &common->monitor, .paths = argv + 1, .n_files = n_files};
  b.width = (size_t)mer_feature_rows(extractor) * (size_t)mer_feature_frames(extractor);
  code = run_batch(&b, strcmp(out, "-") == 0 ? "/dev/stdout" : out);
  mer_feature_extractor_free(extractor);
  return code;
}

const cli_command cli_features = {"features", "FILE... -o OUT.npy [--kind mfcc|logmel]",
                                  "Computes the features of sound or video files.", run};
