/* results_mean.c: what a report says of a run, over its seeds. */
#include <math.h>

#include "report/report_page.h"

mer__mean mer__run_mean(const mer__results_run *run, mer_split split, mer__measure measure) {
  mer__mean mean = {0};
  for (int32_t s = 0; s < run->n_seeds; s++) {
    const mer__results_metrics *m = &run->seeds[s].splits[split];
    if (m->present) mer__mean_add(&mean, mer__measure_of(&m->values, measure));
  }
  mer__mean_finish(&mean);
  return mean;
}

mer_interval mer__run_interval(const mer__results_run *run, mer_split split, mer__measure measure) {
  mer__mean low = {0}, high = {0};
  for (int32_t s = 0; s < run->n_seeds; s++) {
    const mer__results_metrics *m = &run->seeds[s].splits[split];
    const mer_interval *i = m->present ? mer__measure_interval(&m->intervals, measure) : NULL;
    if (!i || !isfinite(i->low) || !isfinite(i->high)) continue;
    mer__mean_add(&low, i->low);
    mer__mean_add(&high, i->high);
  }
  mer__mean_finish(&low);
  mer__mean_finish(&high);
  return (mer_interval){low.mean, high.mean};
}

double mer__run_class_mean(const mer__results_run *run, int32_t label, bool f1) {
  mer__mean mean = {0};
  for (int32_t s = 0; s < run->n_seeds; s++) {
    const mer_class_metrics *c = &run->seeds[s].splits[MER_SPLIT_TEST].values.classes[label];
    mer__mean_add(&mean, f1 ? c->f1 : c->recall);
  }
  mer__mean_finish(&mean);
  return mean.mean;
}

bool mer__results_have(const mer__results *results, mer_split split) {
  for (int32_t r = 0; r < results->n_runs; r++)
    for (int32_t s = 0; s < results->runs[r].n_seeds; s++)
      if (results->runs[r].seeds[s].splits[split].present) return true;
  return false;
}
