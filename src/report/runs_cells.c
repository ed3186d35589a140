/* runs_cells.c: where the results of a comparison of runs lie, and what they are called. */
#include <stdio.h>
#include <string.h>

#include "report/runs_results.h"

mer__runs_cell *mer__runs_cell_of(const mer__runs_results *r, int32_t model, int32_t test,
                                  int32_t seed) {
  const mer_runs_options *o = r->options;
  return &r->cells[((int64_t)model * o->n_tests + test) * o->n_seeds + seed];
}

bool mer__runs_applies(const mer_runs_options *o, int32_t model, int32_t test) {
  return !o->tests[test].data || strcmp(o->tests[test].data, o->models[model].data) == 0;
}

int32_t mer__runs_measured(int32_t *seeds, const mer__runs_results *r, int32_t model,
                           int32_t test) {
  int32_t n = 0;
  for (int32_t s = 0; s < r->options->n_seeds; s++)
    if (mer__runs_cell_of(r, model, test, s)->measured) seeds[n++] = s;
  return n;
}

const char *mer__runs_title(char *buffer, size_t size, const mer__runs_results *r, int32_t model,
                            int32_t test) {
  const mer_runs_model *models = r->options->models;
  bool several = false;
  for (int32_t m = 0; m < r->options->n_models; m++)
    several |=
        mer__runs_applies(r->options, m, test) && strcmp(models[m].data, models[model].data) != 0;
  if (!several) return models[model].run;
  snprintf(buffer, size, "%s, %s", models[model].run, models[model].data);
  return buffer;
}
