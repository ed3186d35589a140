/* int8_weights.c: matrices of 8-bit integers with one scale for each row. */
#include "nn/int8_weights.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/scratch.h"
#include "nn/int8_rounding_kernels.h"

/* A row in the scratch of a thread, up to a whole run. */
_Static_assert(MER__INT8_MAX_COLUMNS + MER__INT8_RUN * MER__INT8_GROUP <= MER__SCRATCH_BYTES, "");

enum {
  PANEL = MER__INT8_PANEL,
  GROUP = MER__INT8_GROUP,
  RUN = MER__INT8_RUN,
};

/* Of one panel: the sums and the weights. */
static int64_t panel_bytes(int64_t columns) {
  return (1 + (columns + GROUP - 1) / GROUP) * PANEL * GROUP;
}

int64_t mer__int8_panel_bytes(int64_t rows, int64_t columns) {
  return (rows + PANEL - 1) / PANEL * panel_bytes(columns);
}

/* The scale of a row; NaN if a weight is not finite. */
static float scale_of(const float *row, int64_t columns) {
  float largest = 0;
  for (int64_t j = 0; j < columns; j++) {
    if (!isfinite(row[j])) return NAN;
    if (fabsf(row[j]) > largest) largest = fabsf(row[j]);
  }
  return largest / 127;
}

bool mer__int8_quantize_rows(int8_t *values, float *scales, const float *weight, int64_t rows,
                             int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    scales[i] = scale_of(weight + i * columns, columns);
    if (isnan(scales[i])) return false;
    MER__CHOSEN(mer__int8_rounding)
        ->weights(values + i * columns, weight + i * columns, scales[i], columns);
  }
  return true;
}

/* Column `i` of those that are summed in 16 bits, from group `run` on; half: 0 or 1. */
static int64_t run_column(int64_t run, int half, int i) {
  return (run + i / 2) * GROUP + 2 * half + i % 2;
}

/* The sum of the weights of one sign there; q has zeros after the row. */
static int run_sum(const int8_t *q, int64_t run, int half, int sign) {
  int sum = 0;
  for (int i = 0; i < 2 * RUN; i++) {
    const int weight = sign * q[run_column(run, half, i)];
    sum += weight > 0 ? weight : 0;
  }
  return sum;
}

/* Lowers the weight of one sign that is the furthest above its value. */
static void lower_one(int8_t *q, const float *row, float scale, int64_t run, int half, int sign) {
  int64_t highest = -1;
  float most = -INFINITY;
  for (int i = 0; i < 2 * RUN; i++) {
    const int64_t j = run_column(run, half, i);
    if (sign * q[j] <= 0) continue;
    const float above = (float)sign * ((float)q[j] - row[j] / scale);
    if (above <= most) continue;
    most = above;
    highest = j;
  }
  q[highest] = (int8_t)(q[highest] - sign);
}

/* Rounds a row by `scale`, and lowers what does not fit. */
static void round_reduced(int8_t *q, const float *row, float scale, int64_t columns) {
  MER__CHOSEN(mer__int8_rounding)->weights(q, row, scale, columns);
  memset(q + columns, 0, RUN * GROUP);
  for (int64_t run = 0; run * GROUP < columns; run += RUN)
    for (int half = 0; half < 2; half++)
      for (int sign = -1; sign <= 1; sign += 2)
        while (run_sum(q, run, half, sign) > MER__INT8_REDUCED_SUM)
          lower_one(q, row, scale, run, half, sign);
}

/* The scale by which all sums of a row fit, but for what rounding adds. */
static float fitting_scale(const float *row, int64_t columns) {
  float largest = 0;
  for (int64_t run = 0; run * GROUP < columns; run += RUN)
    for (int half = 0; half < 2; half++) {
      float above = 0, below = 0;
      for (int i = 0; i < 2 * RUN; i++) {
        const int64_t j = run_column(run, half, i);
        if (j >= columns) continue;
        if (row[j] > 0) above += row[j];
        else below -= row[j];
      }
      largest = fmaxf(largest, fmaxf(above, below));
    }
  return largest / MER__INT8_REDUCED_SUM;
}

/* Finer and finer scales, as long as the error shrinks with them; `finest`: what the largest weight
 * needs; q: room for a row. */
static float best_scale(int8_t *q, const float *row, float finest, int64_t columns) {
  float best = finest, scale = fmaxf(finest, fitting_scale(row, columns));
  for (double least_error = INFINITY;; scale = fmaxf(scale / 1.125f, finest)) {
    round_reduced(q, row, scale, columns);
    const double error = MER__CHOSEN(mer__int8_rounding)->square_error(q, row, scale, columns);
    if (!(error < least_error)) return best;
    least_error = error;
    best = scale;
  }
}

/* Puts a row of numbers, and their sum, into its panel. */
static void place_row(int8_t *panel_row, const int8_t *q, int64_t columns) {
  int32_t sum = 0;
  for (int64_t j = 0; j < columns; j++) {
    panel_row[(1 + j / GROUP) * PANEL * GROUP + j % GROUP] = q[j];
    sum += q[j];
  }
  memcpy(panel_row, &sum, sizeof sum);
}

static bool quantize_panels(int8_t *values, float *scales, const float *weight, int64_t rows,
                            int64_t columns, bool reduced) {
  bool finite = true;
  assert(columns <= MER__INT8_MAX_COLUMNS);
  memset(values, 0, (size_t)mer__int8_panel_bytes(rows, columns));
#pragma omp parallel for schedule(static) reduction(&& : finite)
  for (int64_t i = 0; i < rows; i++) {
    const float *row = weight + i * columns;
    scales[i] = scale_of(row, columns);
    finite = finite && !isnan(scales[i]);
    if (isnan(scales[i])) continue;
    int8_t *q = mer__scratch_take();
    if (reduced) scales[i] = best_scale(q, row, scales[i], columns);
    if (reduced) round_reduced(q, row, scales[i], columns);
    else MER__CHOSEN(mer__int8_rounding)->weights(q, row, scales[i], columns);
    place_row(values + i / PANEL * panel_bytes(columns) + i % PANEL * GROUP, q, columns);
    mer__scratch_give(q);
  }
  return finite;
}

bool mer__int8_quantize_panels(int8_t *values, float *scales, const float *weight, int64_t rows,
                               int64_t columns) {
  return quantize_panels(values, scales, weight, rows, columns, false);
}

bool mer__int8_quantize_reduced(int8_t *values, float *scales, const float *weight, int64_t rows,
                                int64_t columns) {
  return quantize_panels(values, scales, weight, rows, columns, true);
}
