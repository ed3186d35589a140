/* int8_weights.c: matrices of 8-bit integers with one scale for each row. */
#include "nn/int8_weights.h"

#include <math.h>
#include <string.h>

enum { PANEL = MER__INT8_PANEL, GROUP = MER__INT8_GROUP };

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

static int8_t round_weight(float weight, float scale) {
  float q = scale > 0 ? rintf(weight / scale) : 0;
  return (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q); /* a subnormal scale is not precise */
}

bool mer__int8_quantize_rows(int8_t *values, float *scales, const float *weight, int64_t rows,
                             int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    scales[i] = scale_of(weight + i * columns, columns);
    if (isnan(scales[i])) return false;
    for (int64_t j = 0; j < columns; j++)
      values[i * columns + j] = round_weight(weight[i * columns + j], scales[i]);
  }
  return true;
}

bool mer__int8_quantize_panels(int8_t *values, float *scales, const float *weight, int64_t rows,
                               int64_t columns) {
  memset(values, 0, (size_t)mer__int8_panel_bytes(rows, columns));
  for (int64_t i = 0; i < rows; i++) {
    int8_t *panel = values + i / PANEL * panel_bytes(columns), *row = panel + i % PANEL * GROUP;
    int32_t sum = 0;
    scales[i] = scale_of(weight + i * columns, columns);
    if (isnan(scales[i])) return false;
    for (int64_t j = 0; j < columns; j++) {
      int8_t q = round_weight(weight[i * columns + j], scales[i]);
      row[(1 + j / GROUP) * PANEL * GROUP + j % GROUP] = q;
      sum += q;
    }
    memcpy(row, &sum, sizeof sum);
  }
  return true;
}
