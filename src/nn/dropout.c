/* dropout.c: threads share chunks of the elements. */
#include "nn/dropout.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "nn/dropout_kernels.h"
#include "nn/parallel.h"

static mer__mask_source source_of(const mer__dropout *dropout) {
  assert(dropout->rate >= 0 && dropout->rate < 1);
  double threshold = floor((double)dropout->rate * 65536 + 0.5);
  if (threshold > 65535) threshold = 65535;
  return (mer__mask_source){dropout->seed, dropout->stream, (uint32_t)threshold,
                            (float)(65536 / (65536 - threshold))};
}

/* Elements i .. i + size - 1; `source`: NULL for rate 0. */
static void apply_part(float *y, const float *x, const float *residual, int64_t i, int64_t size,
                       const mer__mask_source *source) {
  const mer__dropout_kernels *kernels = MER__CHOSEN(mer__dropout);
  const float *r = residual ? residual + i : NULL;
  if (source) kernels->apply(y + i, x + i, r, i, size, source);
  else if (r) kernels->add(y + i, x + i, r, size);
  else memcpy(y + i, x + i, (size_t)size * sizeof *y);
}

static void apply(float *y, const float *x, const float *residual, int64_t n,
                  const mer__dropout *dropout) {
  const mer__mask_source source = source_of(dropout), *used = dropout->rate > 0 ? &source : NULL;
  if (!mer__shared(n >= MER__PARALLEL_MIN)) {
    apply_part(y, x, residual, 0, n, used);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    apply_part(y, x, residual, i, mer__chunk_size(n, i, MER__CHUNK), used);
}

void mer__dropout_apply(float *y, const float *x, int64_t n, const mer__dropout *dropout) {
  if (dropout->rate == 0 && y == x) return;
  apply(y, x, NULL, n, dropout);
}

void mer__dropout_add(float *y, const float *x, const float *residual, int64_t n,
                      const mer__dropout *dropout) {
  apply(y, x, residual, n, dropout);
}

void mer__dropout_factors(float *factors, int64_t first, int64_t n, const mer__dropout *dropout) {
  assert(first >= 0);
  const mer__mask_source source = source_of(dropout);
  MER__CHOSEN(mer__dropout)->factors(factors, first, n, &source);
}
