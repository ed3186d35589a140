/* cmd_bench.c: `mer bench`: how long the works take on this machine. */
#include <string.h>

#include "cli/bench.h"
#include "cli/cli.h"
#include "cli/commands.h"

typedef struct work {
  const char *name;
  mer_status (*run)(bench_result *result, const bench_settings *settings, mer_error *err);
} work;

static const work works[] = {
    {"tokenize", bench_tokenize}, {"features", bench_features}, {"infer", bench_infer},
    {"train", bench_train},       {"load", bench_load},         {"predict", bench_predict},
};
enum { N_WORKS = sizeof works / sizeof works[0], MAX_WORKS = 16 };

static const work *find_work(const char *name) {
  for (int i = 0; i < N_WORKS; i++)
    if (strcmp(works[i].name, name) == 0) return &works[i];
  return NULL;
}

/* What the work lacks, or NULL. */
static const char *lacks(const work *w, const bench_settings *s) {
  if (w->run == bench_tokenize || w->run == bench_infer) return s->encoder ? NULL : "--encoder";
  if (w->run == bench_load) return s->encoder || s->model ? NULL : "--encoder or --model";
  if (w->run == bench_predict) return s->model ? NULL : "--model";
  if (w->run != bench_train) return NULL;
  if (s->kind != MER_KIND_TEXT && !s->data) return "--data";
  return s->kind != MER_KIND_AUDIO && !s->encoder ? "--encoder" : NULL;
}

static mer_train_kind find_kind(const char *name) {
  int kind = MER_KIND_TEXT;
  while (strcmp(mer_train_kind_name((mer_train_kind)kind), name) != 0) kind++;
  return (mer_train_kind)kind;
}

static int measure(const work *const *list, int n, const bench_settings *settings,
                   const char *format) {
  bench_result results[MAX_WORKS] = {0};
  mer_error err = {0};
  cli_catch_interrupt();
  for (int i = 0; i < n; i++) {
    results[i].work = list[i]->name;
    mer_status status = list[i]->run(&results[i], settings, &err);
    if (status == MER_OK) continue;
    err.status = status;
    return cli_fail(&err);
  }
  bench_print(format, results, n);
  return CLI_DONE;
}

/* The works of `names`; false after a mistake that it has reported. */
static bool find_works(const work **list, int n, char **names, const bench_settings *s) {
  const char *known = "tokenize, features, infer, train, load, predict", *lacking;
  if (n < 1 || n > MAX_WORKS) {
    cli_usage(&cli_bench, "expected works: %s", known);
    return false;
  }
  for (int i = 0; i < n; i++) {
    list[i] = find_work(names[i]);
    if (!list[i]) {
      cli_usage(&cli_bench, "'%s' is not a work: %s", names[i], known);
      return false;
    }
    if (!(lacking = lacks(list[i], s))) continue;
    cli_usage(&cli_bench, "%s needs %s", list[i]->name, lacking);
    return false;
  }
  return true;
}

static int run(cli_common *common, int argc, char **argv) {
  const char *kind = "text", *dtype = "f32", *format = "md";
  const work *list[MAX_WORKS];
  bench_settings s = {.split = "test", .seconds = 5, .n_steps = 20, .n_repetitions = 10};
  s.n_warmup = 3;
  const cli_option options[] = {
      {CLI_ENCODER, 0, "encoder", "DIR|NAME", &s.encoder, 0, 0,
       "of tokenize, infer, train and load: an encoder or a model of texts"},
      {CLI_NAME, 0, "model", "MODEL", &s.model, 0, 0, "of predict and load"},
      {CLI_NAME, 0, "data", "PATH", &s.data, 0, 0,
       "data set whose texts are used (default: a list of sentences)"},
      {CLI_CHOICE, 0, "split", "train|dev|test|all", &s.split, 0, 0,
       "of the data; train takes its training split (default test)"},
      {CLI_CHOICE, 0, "kind", "text|audio|fusion", &kind, 0, 0, "of train (default text)"},
      {CLI_CHOICE, 0, "dtype", "f32|bf16", &dtype, 0, 0, "of train's products (default f32)"},
      {CLI_INT, 0, "batch-size", "N", &s.batch_size, 1, 65536,
       "of a call (default: all texts, 1 clip or text of --tokens; train 8)"},
      {CLI_INT, 0, "tokens", "N", &s.tokens, 3, 100000,
       "utterances of exactly N tokens, in place of the texts"},
      {CLI_REAL, 0, "seconds", "S", &s.seconds, 0.1, 86400,
       "of sound, for features and predict (default 5)"},
      {CLI_INT, 0, "steps", "N", &s.n_steps, 1, 1e9, "of train to measure (default 20)"},
      {CLI_INT, 0, "repetitions", "N", &s.n_repetitions, 1, 1e9,
       "of the others to measure (default 10)"},
      {CLI_INT, 0, "warmup", "N", &s.n_warmup, 0, 1e9,
       "steps or repetitions before, not measured (default 3)"},
      {CLI_CHOICE, 'o', "output", "md|csv|json", &format, 0, 0, "format (default md)"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_bench, options, common, argc, argv, &n);
  if (code >= 0) return code;
  s.kind = find_kind(kind);
  s.bf16 = strcmp(dtype, "bf16") == 0;
  s.seed = (uint64_t)common->seed;
  s.monitor = &common->monitor;
  if (!find_works(list, n, argv + 1, &s)) return CLI_USAGE;
  return measure(list, n, &s, common->json ? "json" : format);
}

const cli_command cli_bench = {"bench", "WORK... [--encoder DIR] [--model MODEL] [-o md|csv|json]",
                               "Measures tokenize, features, infer, train, load or predict here.",
                               run};
