/* optimizer.c: Adam where and when it costs the least memory traffic. */
#include "train/optimizer.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "train/gradient_clip.h"

enum { SINK_FLOATS = 1 << 16 }; /* of a gradient's part: half of a second-level cache */

/* The range of the trainable parameter `at`. */
static const mer__rate_range *range_of(const mer__optimizer *o, int64_t at) {
  const mer__rate_range *range = o->ranges;
  while (range->end <= at) range++;
  return range;
}

static float *values(const mer__optimizer *o) {
  return o->params->values + o->params->first_trained;
}

/* Updates the parameters first .. first + n - 1, each range at its own rate, and zeroes their
 * gradient. */
static void update(mer__optimizer *o, int64_t first, float *grad, int64_t n, float grad_scale) {
  for (int64_t at = first; at < first + n;) {
    const mer__rate_range *range = range_of(o, at);
    const int64_t size = (range->end < first + n ? range->end : first + n) - at;
    if (!mer__adam_update(values(o) + at, o->m + at, o->v + at, grad + (at - first), size,
                          &range->step, grad_scale, true))
      atomic_store(&o->spoiled, true);
    at += size;
  }
}

static void take(mer__grad_sink *sink, int64_t offset, float *grad, int64_t n) {
  mer__optimizer *o = (mer__optimizer *)sink;
  const int64_t first = offset - o->params->first_trained;
  if (!mer__adam_update_part(values(o) + first, o->m + first, o->v + first, grad, n,
                             &range_of(o, first)->step, 1.0f, false))
    atomic_store(&o->spoiled, true);
}

static void mark_done(mer__optimizer *o, int64_t first, int64_t n) {
  if (n == 0) return;
  if (mer__grow(&o->done, &o->done_capacity, o->n_done + 1, sizeof *o->done) != 0) o->failed = true;
  else o->done[o->n_done++] = (mer__range){first, n};
}

static void announce(mer__grad_sink *sink, int64_t offset, int64_t n) {
  mer__optimizer *o = (mer__optimizer *)sink;
  mark_done(o, offset - o->params->first_trained, n);
}

static int64_t place_of_row(const mer__optimizer *o, int64_t row) {
  return o->table.offset - o->params->first_trained + row * o->table.width;
}

/* Ranges of the same rate among the parameters that are trained, which lie in the order of the
 * table; at most one for each. */
static bool make_ranges(mer__optimizer *o) {
  const mer__params *params = o->params;
  o->ranges = mer__malloc(params->n_items, sizeof *o->ranges);
  for (size_t i = 0; o->ranges && i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (!p->trained || p->role == MER__BUFFER) continue;
    if (o->n_ranges == 0 || o->ranges[o->n_ranges - 1].rate != p->rate)
      o->ranges[o->n_ranges++] = (mer__rate_range){.rate = p->rate};
    o->ranges[o->n_ranges - 1].end = p->offset + p->size - params->first_trained;
  }
  return o->ranges != NULL;
}

mer_status mer__optimizer_init(mer__optimizer *o, mer__params *params, mer__compute *compute,
                               float *m, float *v, mer__row_table table, int64_t step,
                               int64_t n_steps, mer_error *err) {
  *o = (mer__optimizer){.params = params,
                        .compute = compute,
                        .m = m,
                        .v = v,
                        .n = params->size - params->first_trained,
                        .table = table,
                        .first_step = step,
                        .step = step};
  size_t threads = (size_t)omp_get_max_threads();
  o->steps = mer__malloc((size_t)(n_steps - step), sizeof *o->steps);
  o->row_steps = mer__malloc((size_t)table.n_rows, sizeof *o->row_steps);
  o->touched = mer__malloc((size_t)table.n_rows, sizeof *o->touched);
  o->is_touched = mer__calloc((size_t)table.n_rows, sizeof *o->is_touched);
  o->sink = (mer__grad_sink){take, announce, mer__malloc(threads * SINK_FLOATS, sizeof(float)),
                             SINK_FLOATS};
  if (!make_ranges(o) || !o->steps || !o->row_steps || !o->touched || !o->is_touched ||
      !o->sink.scratch)
    return mer__fail_memory(err);
  for (int64_t r = 0; r < table.n_rows; r++) o->row_steps[r] = step;
  return MER_OK;
}

void mer__optimizer_clear(mer__optimizer *o) {
  if (o->compute) o->compute->sink = NULL;
  mer__free(o->sink.scratch);
  mer__free(o->ranges);
  mer__free(o->row_steps);
  mer__free(o->touched);
  mer__free(o->is_touched);
  mer__free(o->steps);
  mer__free(o->done);
  *o = (mer__optimizer){0};
}

static mer__adam_step step_at_rate(const mer__optimizer *o, const mer__adam *options, double rate) {
  mer__adam own = *options;
  own.lr *= rate;
  return mer__adam_step_at(&own, o->step + 1);
}

void mer__optimizer_begin(mer__optimizer *o, const mer__adam *options, bool at_once) {
  o->compute->sink = at_once ? &o->sink : NULL;
  for (int64_t i = 0; i < o->n_ranges; i++)
    o->ranges[i].step = step_at_rate(o, options, o->ranges[i].rate);
  if (o->table.n_rows > 0)
    o->steps[o->step - o->first_step] = range_of(o, place_of_row(o, 0))->step;
  o->n_done = 0;
  mark_done(o, 0, o->params->n_buffers);
  for (int64_t i = 0; i < o->n_touched; i++) o->is_touched[o->touched[i]] = false;
  o->n_touched = 0;
}

/* Brings a row to the end of the last step. */
static void catch_up(mer__optimizer *o, int64_t row) {
  int64_t at = place_of_row(o, row), from = o->row_steps[row];
  mer__adam_catch_up(values(o) + at, o->m + at, o->v + at, o->table.width,
                     o->steps + (from - o->first_step), o->step - from);
  o->row_steps[row] = o->step;
}

void mer__optimizer_touch(mer__optimizer *o, const int32_t *ids, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    if (o->is_touched[ids[i]]) continue;
    o->is_touched[ids[i]] = true;
    o->touched[o->n_touched++] = ids[i];
  }
}

void mer__optimizer_catch_up(mer__optimizer *o) {
#pragma omp parallel for schedule(dynamic) if (o->n_touched > 1)
  for (int64_t i = 0; i < o->n_touched; i++) {
    catch_up(o, o->touched[i]);
    o->row_steps[o->touched[i]] = o->step + 1;
  }
}

static int compare_ranges(const void *a, const void *b) {
  const mer__range *x = a, *y = b;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorts the ranges that are done, and ends them with an empty one after all parameters. */
static bool sort_done(mer__optimizer *o) {
  if (o->table.n_rows > 0) mark_done(o, place_of_row(o, 0), o->table.n_rows * o->table.width);
  if (o->n_done > 0) qsort(o->done, o->n_done, sizeof *o->done, compare_ranges);
  mark_done(o, o->n, 1);
  return !o->failed;
}

double mer__optimizer_gradient_norm(const mer__optimizer *o) {
  assert(!o->compute->sink);
  const float *grads = o->params->grads;
  int64_t table = o->table.n_rows > 0 ? place_of_row(o, 0) : 0;
  int64_t after = table + o->table.n_rows * o->table.width;
  double sum =
      mer__gradient_square(grads, table) + mer__gradient_square(grads + after, o->n - after);
  for (int64_t i = 0; i < o->n_touched; i++)
    sum += mer__gradient_square(grads + place_of_row(o, o->touched[i]), o->table.width);
  return sqrt(sum);
}

mer_status mer__optimizer_step(mer__optimizer *o, float grad_scale, mer_error *err) {
  float *grads = o->params->grads;
  if (!sort_done(o)) return mer__fail_memory(err);
  for (int64_t i = 0, at = 0; i < (int64_t)o->n_done; i++) {
    assert(o->done[i].first >= at);
    update(o, at, grads + at, o->done[i].first - at, grad_scale);
    at = o->done[i].first + o->done[i].n;
  }
  for (int64_t i = 0; i < o->n_touched; i++) {
    int64_t at = place_of_row(o, o->touched[i]);
    update(o, at, grads + at, o->table.width, grad_scale);
  }
  o->step++;
  return MER_OK;
}

bool mer__optimizer_is_spoiled(const mer__optimizer *o) { return atomic_load(&o->spoiled); }

void mer__optimizer_skip(mer__optimizer *o) {
  o->steps[o->step - o->first_step] = mer__adam_no_step();
  memset(o->params->grads, 0, (size_t)o->n * sizeof(float));
  o->step++;
}

void mer__optimizer_sync(mer__optimizer *o) {
#pragma omp parallel for schedule(dynamic, 64)
  for (int64_t row = 0; row < o->table.n_rows; row++) catch_up(o, row);
}
