/* compare_results.c: results.json of a comparison. */
#include "report/compare_results.h"

#include <jansson.h>

#include "base/alloc.h"
#include "report/metrics_json.h"
#include "report/results_write.h"
#include "tensor/json_memory.h"
#include "train/train_options.h"

/* What most functions below need. */
typedef struct context {
  const mer__compare_results *results;
  const mer_dataset *dataset;
  const mer_compare_options *options;
  const char *labels[MER_MAX_CLASSES];
} context;

static json_t *metrics(const context *c, const mer_metrics *m) {
  return mer__results_metrics_or_null(m, NULL, c->labels);
}

static json_t *summary(const context *c, const mer__compare_run *run, mer_split split) {
  return mer__compare_summary_to_json(run->seeds, c->options->n_seeds, split);
}

/* Settings of the run's training as they appear in the report. */
static json_t *run_settings(const context *c, int index) {
  const mer_compare_options *o = c->options;
  const mer_train_options *t = index == 0 ? &o->text : index == 1 ? &o->audio : &o->fusion;
  json_t *settings = mer__train_options_report(t);
  if (index != 0)
    json_object_set_new(settings, "standardized",
                        json_boolean(c->results->runs[index].standardize));
  if (index != 1)
    json_object_set_new(
        settings, "encoder",
        json_string(index == 0          ? o->encoder
                    : o->fusion_encoder ? o->fusion_encoder
                                        : "the text model of the same seed, frozen"));
  mer__results_tell_without_input(settings,
                                  c->results->runs[index].seeds[0].n_without_input[MER_SPLIT_TEST]);
  return settings;
}

static json_t *one_run(const context *c, int index) {
  const mer__compare_run *run = &c->results->runs[index];
  json_t *seeds = json_array();
  for (int32_t s = 0; s < c->options->n_seeds; s++)
    json_array_append_new(seeds, mer__compare_seed_to_json(&run->seeds[s], c->labels));
  return json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o}}", "name", run->name, "title", run->title,
                   "settings", run_settings(c, index), "seeds", seeds, "summary", "test",
                   summary(c, run, MER_SPLIT_TEST), "train", summary(c, run, MER_SPLIT_TRAIN));
}

static json_t *splits(const context *c) {
  json_t *object = json_object();
  for (int s = 0; s < MER_N_SPLITS; s++)
    if (c->results->majority[s].n > 0)
      json_object_set_new(object, mer_split_name((mer_split)s),
                          mer__results_split_to_json(&c->results->majority[s],
                                                     c->results->runs[1].seeds[0].clip_counts[s]));
  return object;
}

static json_t *majority(const context *c) {
  const mer_metrics *all = c->results->majority;
  return json_pack("{s:s, s:o, s:o, s:o}", "label",
                   c->labels[mer__results_majority_class(&all[MER_SPLIT_TRAIN])], "train",
                   metrics(c, &all[MER_SPLIT_TRAIN]), "dev", metrics(c, &all[MER_SPLIT_DEV]),
                   "test", metrics(c, &all[MER_SPLIT_TEST]));
}

static json_t *settings(const context *c) {
  const mer_compare_options *o = c->options;
  return json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "encoder", o->encoder, "seeds",
                   (json_int_t)o->n_seeds, "first_seed", (json_int_t)o->text.seed, "limit",
                   (json_int_t)o->text.limit, "max_length", (json_int_t)o->text.max_length,
                   "skip_missing", o->audio.skip_missing);
}

char *mer__compare_results_text(const mer__compare_results *results, const mer_dataset *dataset,
                                const mer_compare_options *options) {
  context c = {results, dataset, options, {0}};
  const mer__results_origin origin = {.title = "Text, audio and fusion compared",
                                      .command = options->command,
                                      .created = options->created,
                                      .data_path = options->data_path,
                                      .note = options->note};
  mer__json_watch();
  json_t *runs = json_array();
  mer__results_labels(c.labels, dataset);
  for (int r = 0; r < MER__COMPARE_RUNS; r++) json_array_append_new(runs, one_run(&c, r));
  return mer__results_write(&origin, settings(&c),
                            mer__results_part(&origin, dataset, splits(&c), majority(&c), runs));
}
