/* bench.h: what the measurements of `mer bench` are given, and what they give.
 *
 * A work prepares what it needs, and then repeats one run: all its utterances once, one optimizer
 * step, one loading. Only the runs are timed. */
#ifndef MER_CLI_BENCH_H
#define MER_CLI_BENCH_H

#include <stdio.h>

#include "mer/base.h"
#include "mer/data.h"
#include "mer/train.h"

typedef struct bench_settings {
  const char *encoder, *model, *data; /* NULL: none */
  mer_train_kind kind;                /* of train */
  bool bf16;                          /* of train: its products */
  const char *split;                  /* of the data: "train", "dev", "test" or "all" */
  int64_t batch_size;                 /* 0: the work's default */
  int64_t tokens;                     /* of each utterance; 0: as the texts are */
  double seconds;                     /* of sound */
  int64_t n_steps, n_repetitions, n_warmup;
  uint64_t seed;
  const mer_monitor *monitor;
} bench_settings;

typedef struct bench_result {
  const char *work, *subject; /* "infer" and the directory it ran on; borrowed */
  const char *rate_unit;      /* "utterances/s" */
  int64_t n_units;            /* of the rate, in a run */
  int64_t batch_size;         /* of a call; 0: the work has none */
  double tokens;              /* mean length of an utterance; 0: the work reads no text */
  int64_t n_runs;
  double median, minimum, maximum, mean; /* seconds of a run */
  int64_t peak_bytes;                    /* memory of the process up to here */
} bench_result;

/** Writes "<name>: <message>" and returns `status`. */
mer_status bench_fail(mer_error *err, mer_status status, const char *name, const char *message);

/** Seconds of the monotonic clock. */
double bench_now(void);
/** Statistics of `seconds` [n], which it sorts; n >= 1. */
void bench_summarize(bench_result *result, double *seconds, int64_t n);

typedef mer_status bench_run(void *state, mer_error *err);
/** Calls `run` for the warm-up and for the measurement, and fills the times of `result`.
 * MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY, and what `run` returns. */
mer_status bench_repeat(bench_result *result, bench_run *run, void *state,
                        const bench_settings *settings, mer_error *err);

/** Texts to work on. Zero-initialize. */
typedef struct bench_texts {
  const char **items; /* [n] */
  int64_t n;
  double tokens; /* mean of an utterance, [CLS] and [SEP] with it, at most 128 */
  mer_dataset *dataset;
  char *block; /* what the items point to, where they are made here */
} bench_texts;

/** With settings->tokens `n_fixed` utterances of that many tokens, made of words of `folder`'s
 * vocabulary; else the texts of the data's split; without data a list of sentences.
 * MER_STATUS_INVALID (no text, no words), statuses of mer_tokenizer_open and mer_dataset_open. */
mer_status bench_texts_open(bench_texts *texts, const bench_settings *settings, const char *folder,
                            int64_t n_fixed, mer_error *err);
void bench_texts_close(bench_texts *texts);

/** Fills `samples` [n] with a tone and noise at 16 kHz. */
void bench_synthesize(float *samples, int64_t n);

/* The works; each fills all of `result` but its name. */
mer_status bench_tokenize(bench_result *result, const bench_settings *settings, mer_error *err);
mer_status bench_features(bench_result *result, const bench_settings *settings, mer_error *err);
mer_status bench_infer(bench_result *result, const bench_settings *settings, mer_error *err);
mer_status bench_train(bench_result *result, const bench_settings *settings, mer_error *err);
mer_status bench_load(bench_result *result, const bench_settings *settings, mer_error *err);
mer_status bench_predict(bench_result *result, const bench_settings *settings, mer_error *err);

/** Prints machine, build and results as "md", "csv" or "json". */
void bench_print(const char *format, const bench_result *results, int n);

#endif
