/* schedule.h: the learning rate over the steps of a training. */
#ifndef MER_TRAIN_SCHEDULE_H
#define MER_TRAIN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/** The factor of the learning rate in optimizer step `step` (from 0) of `n_steps`: linear from 0
 * over the first `n_warmup` steps, then with `decay` linear to 0 at n_steps, else 1. As
 * transformers' get_linear_schedule_with_warmup and get_constant_schedule_with_warmup. */
double mer__schedule_factor(int64_t step, int64_t n_steps, int64_t n_warmup, bool decay);

#endif
