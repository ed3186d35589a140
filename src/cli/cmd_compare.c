/* cmd_compare.c: `mer compare`: the reference experiment: one table and one report. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/compare_runs.h"
#include "cli/data_options.h"
#include "cli/output_file.h"
#include "cli/path_join.h"
#include "mer/report.h"

typedef struct arguments {
  cli_data data;
  const char *encoder, *fusion_encoder, *out, *note, *text_dtype, *text_pool, *runs;
  int64_t n_seeds, n_examples, limit, max_length, text_epochs, text_batch, epochs, batch, context,
      future;
  double text_lr, text_warmup, text_clip, lr, checkpoint_every_s;
  bool text_decay, keep_last, resume, speaker_names, robustness;
} arguments;

static void apply_common(mer_train_options *o, const arguments *a, const cli_common *common) {
  o->limit = a->limit;
  o->max_length = a->max_length;
  o->checkpoint_every_s = a->checkpoint_every_s;
  o->seed = (uint64_t)common->seed;
  o->keep_best = !a->keep_last;
  o->skip_missing = a->data.skip_missing;
  o->features = cli_data_features(&a->data, common);
  o->precomputed = a->data.precomputed.items;
  o->n_precomputed = a->data.precomputed.n;
}

static void apply(mer_compare_options *o, const arguments *a, const cli_common *common) {
  mer_train_options *all[] = {&o->text, &o->audio, &o->fusion};
  for (int i = 0; i < 3; i++) apply_common(all[i], a, common);
  o->text.n_precomputed = 0;       /* it takes no vectors */
  for (int i = 0; i < 3; i += 2) { /* those that read */
    all[i]->context = a->context;
    all[i]->future = a->future;
    all[i]->speaker_names = a->speaker_names;
    all[i]->text_mean = a->text_pool && strcmp(a->text_pool, "utterance") == 0;
  }
  for (int i = 1; i < 3; i++) {
    if (a->epochs > 0) all[i]->epochs = a->epochs;
    if (a->batch > 0) all[i]->batch_size = a->batch;
    if (a->lr > 0) all[i]->lr = a->lr;
  }
  if (a->text_epochs > 0) o->text.epochs = a->text_epochs;
  if (a->text_batch > 0) o->text.batch_size = a->text_batch;
  if (a->text_lr > 0) o->text.lr = a->text_lr;
  o->text.warmup = a->text_warmup;
  o->text.linear_decay = a->text_decay;
  o->text.max_grad_norm = a->text_clip;
  if (a->text_dtype) o->text.bf16 = strcmp(a->text_dtype, "bf16") == 0;
  o->data_path = a->data.path;
  o->note = a->note;
  o->encoder = a->encoder;
  o->fusion_encoder = a->fusion_encoder;
  o->out = a->out;
  o->n_seeds = (int32_t)a->n_seeds;
  o->resume = a->resume;
  o->monitor = &common->monitor;
}

int cli_print_results(const char *out) {
  char bytes[1 << 14], *path = cli_path_join(out, "results.json");
  mer_error err = {.status = MER_STATUS_NO_MEMORY};
  FILE *in = path ? fopen(path, "rb") : NULL;
  if (path && !in)
    snprintf(err.message, sizeof err.message, "%.300s: cannot read: %s", path, strerror(errno));
  free(path);
  if (!in) return cli_fail(&err);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;) fwrite(bytes, 1, n, stdout);
  putchar('\n');
  fclose(in);
  return CLI_DONE;
}

/* Whether what stands at a name of the results may be replaced. */
static mer_status check_result(const char *out, const char *name, const cli_own_file *own,
                               mer_error *err) {
  struct stat info;
  char *path = cli_path_join(out, name);
  err->status = MER_STATUS_NO_MEMORY;
  mer_status status = path ? MER_OK : MER_STATUS_NO_MEMORY;
  if (path && lstat(path, &info) == 0) status = cli_check_output(path, own, err);
  free(path);
  return status;
}

static mer_status check_results(const char *out, mer_error *err) {
  const cli_own_file results = {.what = "a result of mer", .start = MER_REPORT_RESULTS_START},
                     page = {.what = "a report of mer", .start = MER_REPORT_PAGE_START};
  mer_status status = check_result(out, "results.json", &results, err);
  return status == MER_OK ? check_result(out, "report.html", &page, err) : status;
}

static int compare(arguments *a, const cli_common *common, const char *command) {
  char created[CLI_TIME_BYTES], *table = NULL;
  mer_error err = {0};
  mer_dataset *dataset = NULL;
  mer_compare_options options;
  mer_compare_options_init(&options, sizeof options);
  apply(&options, a, common);
  cli_time(created);
  options.created = created;
  options.command = command;
  if (check_results(a->out, &err) != MER_OK) return cli_fail(&err);
  signal(SIGPIPE, SIG_IGN); /* a reader of the messages who leaves does not end the trainings */
  cli_catch_interrupt();
  mer_status status = cli_data_open(&dataset, &a->data, true, &common->monitor, &err);
  if (status == MER_OK) status = mer_compare_run(&table, dataset, &options, &err);
  mer_dataset_close(dataset);
  cli_progress_end();
  if (status != MER_OK) return cli_fail(&err);
  int code = common->json ? cli_print_results(a->out) : CLI_DONE;
  if (!common->json && a->note) printf("%s\n\n", a->note);
  if (!common->json) printf("%s\n%s/results.json\n%s/report.html\n", table, a->out, a->out);
  mer_report_free(table);
  return code;
}

/* Whether an option applies to a comparison by a file of runs. */
static bool is_of_runs(const char *name) {
  static const char *const names[] = {"runs",   "out",        "checkpoint-every",
                                      "resume", "robustness", "examples"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

static size_t target_size(cli_kind kind) {
  switch (kind) {
    case CLI_FLAG:
    case CLI_NO: return sizeof(bool);
    case CLI_INT: return sizeof(int64_t);
    case CLI_REAL: return sizeof(double);
    case CLI_LIST: return sizeof(cli_list);
    default: return sizeof(char *);
  }
}

/* What is asked for and a file of runs says itself; NULL: nothing. */
static const char *find_idle(const cli_option *options, const arguments *before,
                             const arguments *now) {
  for (; options->kind != CLI_END; options++) {
    const size_t at = (size_t)((const char *)options->target - (const char *)now);
    if (!is_of_runs(options->name) &&
        memcmp((const char *)before + at, options->target, target_size(options->kind)) != 0)
      return options->name;
  }
  return NULL;
}

static int compare_runs(const arguments *a, const cli_common *common, const char *idle,
                        const char *command) {
  char created[CLI_TIME_BYTES];
  mer_error err = {0};
  if (idle || common->seed)
    return cli_usage(&cli_compare, "--%s does not apply to --runs: the file says it",
                     idle ? idle : "seed");
  if (!a->out) return cli_usage(&cli_compare, "--out is needed");
  if (check_results(a->out, &err) != MER_OK) return cli_fail(&err);
  cli_time(created);
  const cli_compare_runs asked = {.path = a->runs,
                                  .out = a->out,
                                  .command = command,
                                  .created = created,
                                  .checkpoint_every_s = a->checkpoint_every_s,
                                  .resume = a->resume,
                                  .robustness = a->robustness,
                                  .n_examples = a->n_examples};
  return cli_compare_by_file(&asked, common);
}

static int run_command(cli_common *common, int argc, char **argv, const char *command) {
  arguments a = {
      .data = cli_data_default(), .n_seeds = 1, .max_length = 128, .checkpoint_every_s = 600};
  const cli_option options[] = {
      CLI_DATA_OPTIONS(a.data),
      {CLI_NAME, 0, "runs", "FILE", &a.runs, 0, 0,
       "compare the models, data sets and seeds of a file instead (docs/comparing.md)"},
      {CLI_FLAG, 0, "robustness", NULL, &a.robustness, 0, 0,
       "of --runs: the first seed of each run also with noise, with words left out, with noise in "
       "the place of each modality, and without it"},
      {CLI_INT, 0, "examples", "N", &a.n_examples, 0, MER_REPORT_MAX_EXAMPLES,
       "of --runs: the N surest mistakes of the first seed of each run, on the page (default 0)"},
      {CLI_ENCODER, 0, "encoder", "DIR|NAME", &a.encoder, 0, 0, "text encoder: a BERT directory"},
      {CLI_ENCODER, 0, "fusion-encoder", "DIR|NAME", &a.fusion_encoder, 0, 0,
       "encoder of the fusion's text (default: the text model just trained)"},
      {CLI_NAME, 'o', "out", "DIR", &a.out, 0, 0,
       "folder for results.json, report.html and models/"},
      {CLI_INT, 0, "seeds", "N", &a.n_seeds, 1, MER_REPORT_MAX_SEEDS,
       "runs of each model; mean and deviation are shown (default 1)"},
      {CLI_INT, 0, "limit", "N", &a.limit, 0, CLI_ANY_COUNT,
       "train on the first N utterances only (default 0: all)"},
      {CLI_TEXT, 0, "note", "TEXT", &a.note, 0, 0,
       "what a reader must know of the data; printed with the results"},
      {CLI_INT, 0, "text-epochs", "N", &a.text_epochs, 1, MER_REPORT_MAX_EPOCHS,
       "of the text model (default 10)"},
      {CLI_INT, 0, "text-batch-size", "N", &a.text_batch, 1, 65536, "default 8"},
      {CLI_REAL, 0, "text-lr", "X", &a.text_lr, 1e-12, 1, "default 2e-5"},
      {CLI_REAL, 0, "text-warmup", "X", &a.text_warmup, 0, 1,
       "part of all steps in which the rate grows (default 0)"},
      {CLI_FLAG, 0, "text-linear-decay", NULL, &a.text_decay, 0, 0,
       "lower the rate to 0 at the end"},
      {CLI_REAL, 0, "text-clip", "X", &a.text_clip, 0, 1e9,
       "most norm of the gradient (default 0: any)"},
      {CLI_CHOICE, 0, "text-dtype", "f32|bf16", &a.text_dtype, 0, 0,
       "of its matrix products (default: bf16 if the CPU multiplies it, else f32)"},
      {CLI_INT, 0, "epochs", "N", &a.epochs, 1, MER_REPORT_MAX_EPOCHS,
       "of the audio and fusion models (default 20)"},
      {CLI_INT, 0, "batch-size", "N", &a.batch, 1, 65536, "default 8"},
      {CLI_REAL, 0, "lr", "X", &a.lr, 1e-12, 1, "default 1e-4"},
      {CLI_INT, 0, "max-length", "N", &a.max_length, 3, 100000,
       "most tokens of an utterance (default 128)"},
      CLI_CONTEXT_OPTIONS(a.context, a.future, a.speaker_names, a.text_pool),
      {CLI_FLAG, 0, "keep-last", NULL, &a.keep_last, 0, 0,
       "keep the last epoch, not the best on dev"},
      {CLI_REAL, 0, "checkpoint-every", "S", &a.checkpoint_every_s, 0, 1e9,
       "save the state of a training every S seconds (default 600)"},
      {CLI_FLAG, 0, "resume", NULL, &a.resume, 0, 0,
       "go on with an interrupted comparison: whole models are kept"},
      {.kind = CLI_END}};
  const arguments before = a;
  int n, code = cli_parse(&cli_compare, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n == 0 && a.runs) return compare_runs(&a, common, find_idle(options, &before, &a), command);
  if (n != 0 || !a.data.path || !a.encoder || !a.out)
    return cli_usage(&cli_compare, "--data, --encoder and --out are needed");
  if (a.robustness || a.n_examples > 0)
    return cli_usage(&cli_compare, "--%s needs --runs", a.robustness ? "robustness" : "examples");
  if (a.data.face_detector)
    return cli_usage(&cli_compare, "--face-detector does not apply: these models see no images");
  if (a.speaker_names && a.context == 0 && a.future == 0)
    return cli_usage(&cli_compare, "--speaker-names without --context");
  if ((code = cli_data_check(&cli_compare, &a.data)) >= 0) return code;
  return compare(&a, common, command);
}

static int run(cli_common *common, int argc, char **argv) {
  char *command = cli_command_line(argc, argv);
  int code = run_command(common, argc, argv, command);
  free(command);
  return code;
}

const cli_command cli_compare = {
    "compare", "--data D --encoder E --out DIR | --runs FILE --out DIR",
    "Trains text, audio and fusion classifiers and compares them in a table and a report.", run};
