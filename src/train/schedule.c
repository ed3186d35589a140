/* schedule.c: linear warm-up and decay. */
#include "train/schedule.h"

double mer__schedule_factor(int64_t step, int64_t n_steps, int64_t n_warmup, bool decay) {
  if (step < n_warmup) return (double)step / (double)n_warmup;
  if (!decay) return 1;
  if (step >= n_steps) return 0;
  return (double)(n_steps - step) / (double)(n_steps - n_warmup);
}
