/* runs_text.c: a comparison of runs as tables for a terminal. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "report/runs_results.h"
#include "report/text_table.h"

typedef struct writer {
  mer__text_buffer *out;
  const mer__runs_results *results;
  mer_error *err;
} writer;

/* The intervals of the seeds, their ends averaged. */
static mer_interval mean_interval(const mer__runs_results *r, int32_t model, int32_t test,
                                  const int32_t *seeds, int32_t n) {
  mer_interval mean = {0};
  for (int32_t s = 0; s < n; s++) {
    const mer_interval *i =
        &mer__runs_cell_of(r, model, test, seeds[s])->seed.bootstrap.weighted_f1;
    mean.low += i->low / n;
    mean.high += i->high / n;
  }
  return mean;
}

/* What a row of the table needs. */
typedef struct row_room {
  char title[160];
  mer_bootstrap bootstrap;
} row_room;

static mer_status put_measures(const writer *w, int32_t test) {
  const mer_runs_options *o = w->results->options;
  const int32_t n_labels = mer_dataset_n_labels(o->tests[test].dataset);
  int32_t seeds[MER_REPORT_MAX_SEEDS], n_rows = 1;
  const char *labels[MER_MAX_CLASSES];
  mer_report_row rows[1 + MER_REPORT_MAX_RUNS] = {
      {"Majority class", &w->results->majority[test * MER_N_SPLITS + MER_SPLIT_TEST], 1, NULL}};
  row_room rooms[MER_REPORT_MAX_RUNS];
  char *table = NULL;
  mer_status status = MER_OK;
  mer_metrics *metrics = mer__malloc((size_t)o->n_models * (size_t)o->n_seeds, sizeof *metrics),
              *next = metrics;
  if (!metrics) return mer__fail_memory(w->err);
  for (int32_t m = 0; m < o->n_models; m++) {
    const int32_t n = mer__runs_measured(seeds, w->results, m, test);
    row_room *room = &rooms[m];
    if (n == 0) continue;
    room->bootstrap.weighted_f1 = mean_interval(w->results, m, test, seeds, n);
    rows[n_rows++] =
        (mer_report_row){mer__runs_title(room->title, sizeof room->title, w->results, m, test),
                         next, n, &room->bootstrap};
    for (int32_t s = 0; s < n; s++)
      *next++ = mer__runs_cell_of(w->results, m, test, seeds[s])->seed.metrics[MER_SPLIT_TEST];
  }
  for (int32_t i = 0; i < n_labels; i++) labels[i] = mer_dataset_label(o->tests[test].dataset, i);
  status = mer_report_table(&table, rows, n_rows, labels, w->err);
  if (status == MER_OK) mer__text_puts(w->out, table);
  mer_report_free(table);
  mer__free(metrics);
  return status;
}

static void add_p(mer__text_table *table, double p) {
  if (!isfinite(p)) mer__text_table_add(table, "-");
  else if (p < 0.001) mer__text_table_add(table, "< .001");
  else mer__text_table_add(table, "%.3f", p);
}

static void put_pairs(const writer *w, int32_t test, const mer__runs_pair *pairs, int32_t n) {
  mer__text_table table = {.n_columns = 6};
  static const char *const titles[] = {
      "Difference of weighted F1, paired", "%", "95 % interval", "p", "p (McNemar)", "rows"};
  char a[160], b[160];
  if (n == 0) return;
  for (size_t i = 0; i < table.n_columns; i++) mer__text_table_add(&table, "%s", titles[i]);
  for (int32_t i = 0; i < n; i++) {
    const mer__runs_pair *p = &pairs[i];
    const mer_difference *d = &p->bootstrap.weighted_f1;
    mer__text_table_add(&table, "%s - %s (%s)",
                        mer__runs_title(a, sizeof a, w->results, p->model, test),
                        mer__runs_title(b, sizeof b, w->results, p->other, test),
                        p->best_single && p->baseline ? "best single modality, baseline"
                        : p->best_single              ? "best single modality"
                                                      : "baseline");
    mer__text_table_add(&table, "%+.1f", 100 * d->difference);
    mer__text_table_add(&table, "[%+.1f, %+.1f]", 100 * d->interval.low, 100 * d->interval.high);
    add_p(&table, d->p);
    add_p(&table, p->mcnemar_p);
    mer__text_table_add(&table, "%lld", (long long)p->n);
  }
  mer__text_puts(w->out, "\n");
  mer__text_table_print(w->out, &table);
  mer__text_table_clear(&table);
}

static void put_failures(const writer *w) {
  const mer_runs_options *o = w->results->options;
  for (int32_t m = 0; m < o->n_models; m++)
    for (int32_t s = 0; s < o->n_seeds; s++) {
      const char *failure = w->results->failures[m * o->n_seeds + s];
      if (failure)
        mer__text_printf(w->out, "\nfailed: %s on %s, seed %llu: %s\n", o->models[m].run,
                         o->models[m].data, (unsigned long long)o->seeds[s], failure);
    }
}

mer_status mer__runs_tables(char **text, const mer__runs_results *results,
                            mer__runs_pair *const *pairs, const int32_t *n_pairs, mer_error *err) {
  const mer_runs_options *o = results->options;
  mer__text_buffer out = {0};
  const writer w = {&out, results, err};
  mer_status status = MER_OK;
  if (o->note) mer__text_printf(&out, "%s\n\n", o->note);
  for (int32_t t = 0; t < o->n_tests && status == MER_OK; t++) {
    const mer_runs_test *test = &o->tests[t];
    mer__text_printf(&out, "%s%s: %s, %s split\n\n", t ? "\n" : "", test->name, test->data_path,
                     mer_split_name(test->split));
    status = put_measures(&w, t);
    put_pairs(&w, t, pairs[t], n_pairs[t]);
  }
  put_failures(&w);
  if (status == MER_OK && out.failed) status = mer__fail_memory(err);
  if (status == MER_OK) *text = out.data;
  else mer__text_clear(&out);
  return status;
}
