/* cmd_compare_runs.c: `mer compare --runs FILE`: the file's words -> trainings and tests, all of
 * which are checked before the first training. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command_line.h"
#include "cli/compare_runs.h"
#include "cli/data_options.h"
#include "cli/train_words.h"
#include "mer/report.h"

enum { MAX_MODELS = MER_REPORT_MAX_RUNS, PLACE_BYTES = 4400 };

/* A run on a data set: what the library is told, and what it borrows. */
typedef struct model {
  cli_training *training;
  mer_train_options options;
  const mer_runs_entry *run, *data;
} model;

typedef struct test {
  cli_data data;
  mer_predict_options options;
  const mer_runs_entry *entry;
} test;

typedef struct plan {
  const char *path;
  mer_runs_file file;
  model models[MAX_MODELS];
  mer_runs_model told_models[MAX_MODELS];
  test tests[MER_REPORT_MAX_RUNS];
  mer_runs_test told_tests[MER_REPORT_MAX_RUNS];
  mer_dataset *data_of_models[MER_REPORT_MAX_RUNS], *data_of_tests[MER_REPORT_MAX_RUNS];
  mer_runs_options options;
} plan;

/* "FILE:3: 'name'" */
static const char *name_place(char *out, const plan *p, const mer_runs_entry *entry) {
  snprintf(out, PLACE_BYTES, "%s:%lld: '%s'", p->path, (long long)entry->line, entry->name);
  return out;
}

static int fail_at(const plan *p, const mer_runs_entry *entry, const mer_error *err) {
  char place[PLACE_BYTES];
  cli_progress_end();
  fprintf(stderr, "mer: %s: %s\n", name_place(place, p, entry),
          err->message[0] ? err->message : mer_status_text(err->status));
  return CLI_FAILED;
}

/* An encoder "run:NAME" is the model of that run; until it is there, its own encoder takes its
 * place. */
static int follow(const plan *p, int32_t m, int which) {
  static const char *const options[] = {"encoder", "speech-encoder", "image-encoder"};
  const model *of = &p->models[m];
  const char **encoder = cli_training_encoder(of->training, which);
  mer_error err = {0};
  mer_runs_model *told = (mer_runs_model *)&p->told_models[m];
  if (!*encoder || strncmp(*encoder, "run:", 4) != 0) return -1;
  const char *name = *encoder + 4;
  for (int32_t k = 0; k < m; k++) {
    if (p->models[k].data != of->data || strcmp(p->models[k].run->name, name) != 0) continue;
    told->follows[which] = k;
    *encoder = *cli_training_encoder(p->models[k].training, which);
    if (*encoder) return -1;
    snprintf(err.message, sizeof err.message, "--%s run:%s: that run has no --%s", options[which],
             name, options[which]);
    return fail_at(p, of->run, &err);
  }
  snprintf(err.message, sizeof err.message,
           "--%s run:%.60s: expected the name of a run that stands before this one", options[which],
           name);
  return fail_at(p, of->run, &err);
}

static int read_model(plan *p, int32_t m, const mer_runs_entry *run, const mer_runs_entry *data,
                      const cli_common *common) {
  char run_place[PLACE_BYTES], data_place[PLACE_BYTES];
  const cli_command of_run = {.name = name_place(run_place, p, run)},
                    of_data = {.name = name_place(data_place, p, data)};
  model *of = &p->models[m];
  *of = (model){.training = cli_training_create(), .run = run, .data = data};
  if (!of->training) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  p->told_models[m] = (mer_runs_model){.run = run->name,
                                       .data = data->name,
                                       .run_text = run->text,
                                       .data_text = data->text,
                                       .options = &of->options,
                                       .follows = {-1, -1, -1}};
  int code = cli_training_parse(of->training, &of_run, run->words, run->n_words, &of_data,
                                data->words, data->n_words);
  for (int e = 0; e < MER_RUNS_ENCODERS && code < 0; e++) code = follow(p, m, e);
  if (code < 0) code = cli_training_options(&of->options, of->training, common);
  return code;
}

/* A detector of faces is of the data, which runs share: one of these must see. */
static int check_faces(const plan *p, int32_t first, int32_t n) {
  const mer_error err = {
      .message = "--face-detector does not apply to these runs, none of which sees images"};
  if (!cli_training_finds_faces(p->models[first].training)) return -1;
  for (int32_t m = first; m < first + n; m++)
    if (p->models[m].options.image_encoder) return -1;
  return fail_at(p, p->models[first].data, &err);
}

/* Every run on every data set. */
static int read_models(plan *p, const cli_common *common) {
  const mer_runs_file *f = &p->file;
  mer_error err = {0};
  int code = -1;
  int32_t n = 0;
  if (f->runs.n * f->data.n > MAX_MODELS) {
    snprintf(err.message, sizeof err.message, "%s: %d runs on %d data sets are more than %d models",
             p->path, (int)f->runs.n, (int)f->data.n, MAX_MODELS);
    return cli_fail(&err);
  }
  for (int32_t d = 0; d < f->data.n && code < 0; d++)
    for (int32_t r = 0; r < f->runs.n && code < 0; r++)
      code = read_model(p, n++, &f->runs.items[r], &f->data.items[d], common);
  for (int32_t d = 0; d < f->data.n && code < 0; d++)
    code = check_faces(p, d * f->runs.n, f->runs.n);
  p->options.models = p->told_models;
  p->options.n_models = n;
  return code;
}

/* Opens each data set once. */
static int open_data(plan *p, const cli_common *common) {
  mer_error err = {0};
  for (int32_t m = 0; m < p->options.n_models; m++) {
    const int32_t d = m / p->file.runs.n;
    cli_training *training = p->models[m].training;
    if (!p->data_of_models[d] &&
        cli_training_open(&p->data_of_models[d], training, &common->monitor, &err) != MER_OK)
      return fail_at(p, p->models[m].data, &err);
    p->told_models[m].dataset = p->data_of_models[d];
    p->told_models[m].data_path = cli_training_path(training);
  }
  return -1;
}

/* A data set is tested on its own test split where the file names no tests. */
static void test_own(plan *p) {
  for (int32_t d = 0; d < p->file.data.n; d++) {
    const mer_runs_model *first = &p->told_models[d * p->file.runs.n];
    test *own = &p->tests[d];
    const mer_train_options *train = first->options;
    own->entry = &p->file.data.items[d];
    mer_predict_options_init(&own->options, sizeof own->options);
    own->options.features = train->features;
    own->options.precomputed = train->precomputed;
    own->options.n_precomputed = train->n_precomputed;
    own->options.skip_missing = train->skip_missing;
    p->told_tests[d] = (mer_runs_test){.name = own->entry->name,
                                       .data_path = first->data_path,
                                       .data = own->entry->name,
                                       .dataset = first->dataset,
                                       .split = MER_SPLIT_TEST,
                                       .options = &own->options};
  }
  p->options.n_tests = p->file.data.n;
}

static int parse_test(test *t, const plan *p, const char **split) {
  char place[PLACE_BYTES], *words[257] = {(char *)"compare"};
  const cli_command command = {.name = name_place(place, p, t->entry)};
  const cli_option options[] = {CLI_DATA_OPTIONS(t->data),
                                {CLI_CHOICE, 0, "split", "train|dev|test", split, 0, 0, ""},
                                {.kind = CLI_END}};
  int n;
  memcpy(words + 1, t->entry->words, (size_t)t->entry->n_words * sizeof *words);
  const int code = cli_parse_words(&command, options, t->entry->n_words + 1, words, &n);
  if (code >= 0) return code;
  if (n != 0) return cli_usage(&command, "expected options alone, found '%s'", words[1]);
  if (!t->data.path) return cli_usage(&command, "expected --data PATH");
  return cli_data_check(&command, &t->data);
}

static int read_test(plan *p, int32_t i, const cli_common *common) {
  const mer_dataset *first = p->told_models[0].dataset;
  const char *split = "test", *labels[MER_MAX_LABELS];
  mer_error err = {0};
  test *t = &p->tests[i];
  *t = (test){.data = cli_data_default(), .entry = &p->file.tests.items[i]};
  const int code = parse_test(t, p, &split);
  if (code >= 0) return code;
  for (int32_t k = 0; k < mer_dataset_n_labels(first); k++) labels[k] = mer_dataset_label(first, k);
  cli_data_default_labels(&t->data, labels, mer_dataset_n_labels(first));
  mer_predict_options_init(&t->options, sizeof t->options);
  t->options.features = cli_data_features(&t->data, common);
  t->options.precomputed = t->data.precomputed.items;
  t->options.n_precomputed = t->data.precomputed.n;
  t->options.skip_missing = t->data.skip_missing;
  if (cli_data_open(&p->data_of_tests[i], &t->data, true, &common->monitor, &err) != MER_OK)
    return fail_at(p, t->entry, &err);
  p->told_tests[i] = (mer_runs_test){.name = t->entry->name,
                                     .data_path = t->data.path,
                                     .dataset = p->data_of_tests[i],
                                     .split = cli_split(split),
                                     .options = &t->options};
  p->options.n_tests = i + 1;
  return -1;
}

static int read_tests(plan *p, const cli_common *common) {
  int code = -1;
  p->options.tests = p->told_tests;
  if (p->file.tests.n == 0) test_own(p);
  for (int32_t i = 0; i < p->file.tests.n && code < 0; i++) code = read_test(p, i, common);
  return code;
}

static int check(const plan *p) {
  mer_error err = {0};
  int32_t bad = 0;
  if (mer_runs_check(&bad, &p->options, &err) == MER_OK) return -1;
  const int32_t n = p->options.n_models;
  return fail_at(p, bad < n ? p->models[bad].run : p->tests[bad - n].entry, &err);
}

static int compare(plan *p, const cli_common *common) {
  mer_error err = {0};
  char *text = NULL;
  int32_t n_failed = 0;
  const mer_status status = mer_runs_compare(&text, &n_failed, &p->options, &err);
  cli_progress_end();
  if (status != MER_OK) return cli_fail(&err);
  const int code = common->json ? cli_print_results(p->options.out) : CLI_DONE;
  if (!common->json)
    printf("%s\n%s/results.json\n%s/report.html\n", text, p->options.out, p->options.out);
  mer_report_free(text);
  if (code == CLI_DONE && n_failed)
    fprintf(stderr, "mer: trainings that failed: %d of %d\n", (int)n_failed,
            (int)(p->options.n_models * p->options.n_seeds));
  return n_failed ? CLI_FAILED : code;
}

static int read_file(plan *p, const cli_compare_runs *asked, const cli_common *common) {
  mer_error err = {0};
  p->path = asked->path;
  if (mer_runs_file_read(&p->file, asked->path, &err) != MER_OK) return cli_fail(&err);
  p->options = (mer_runs_options){.size = sizeof p->options,
                                  .seeds = p->file.seeds,
                                  .n_seeds = p->file.n_seeds,
                                  .baseline = p->file.baseline,
                                  .title = p->file.title,
                                  .note = p->file.note,
                                  .command = asked->command,
                                  .created = asked->created,
                                  .out = asked->out,
                                  .resume = asked->resume,
                                  .monitor = &common->monitor,
                                  .robustness = asked->robustness,
                                  .n_examples = (int32_t)asked->n_examples};
  int code = read_models(p, common);
  for (int32_t m = 0; m < p->options.n_models; m++)
    p->models[m].options.checkpoint_every_s = asked->checkpoint_every_s;
  if (code < 0) code = open_data(p, common);
  if (code < 0) code = read_tests(p, common);
  return code < 0 ? check(p) : code;
}

static void clear(plan *p) {
  for (int32_t i = 0; i < MER_REPORT_MAX_RUNS; i++) {
    mer_dataset_close(p->data_of_models[i]);
    mer_dataset_close(p->data_of_tests[i]);
    free(p->models[i].training);
  }
  mer_runs_file_clear(&p->file);
  free(p);
}

int cli_compare_by_file(const cli_compare_runs *asked, const cli_common *common) {
  plan *p = calloc(1, sizeof *p);
  if (!p) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  signal(SIGPIPE, SIG_IGN); /* a reader of the messages who leaves does not end the trainings */
  cli_catch_interrupt();
  int code = read_file(p, asked, common);
  if (code < 0) code = compare(p, common);
  clear(p);
  return code;
}
