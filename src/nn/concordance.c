/* concordance.c: a few columns: plain loops, in double precision. */
#include "nn/concordance.h"

mer__moments mer__moments_of(const float *values, const float *targets, int64_t rows,
                             int64_t columns, int64_t column) {
  mer__moments m = {0};
  const double n = rows > 0 ? (double)rows : 1;
  for (int64_t i = column; i < rows * columns; i += columns) {
    m.x += values[i];
    m.y += targets[i];
  }
  m.x /= n; /* of equal floats it is exactly one of them, so that their variance is 0 */
  m.y /= n;
  for (int64_t i = column; i < rows * columns; i += columns) {
    const double x = values[i] - m.x, y = targets[i] - m.y;
    m.xx += x * x / n;
    m.yy += y * y / n;
    m.xy += x * y / n;
  }
  return m;
}

static double denominator_of(const mer__moments *m) {
  return m->xx + m->yy + (m->x - m->y) * (m->x - m->y);
}

double mer__concordance_of(const mer__moments *m) {
  const double denominator = denominator_of(m);
  return denominator > 0 ? 2 * m->xy / denominator : 0;
}

double mer__concordance_forward(const float *values, const float *targets, int64_t rows,
                                int64_t columns) {
  double loss = 0;
  for (int64_t k = 0; k < columns; k++) {
    const mer__moments m = mer__moments_of(values, targets, rows, columns, k);
    loss += (1 - mer__concordance_of(&m)) / (double)columns;
  }
  return loss;
}

void mer__concordance_backward(float *dvalues, const float *values, const float *targets,
                               int64_t rows, int64_t columns) {
  for (int64_t k = 0; k < columns; k++) {
    const mer__moments m = mer__moments_of(values, targets, rows, columns, k);
    const double ccc = mer__concordance_of(&m), denominator = denominator_of(&m),
                 scale = denominator > 0 ? -2 / (denominator * (double)(rows * columns)) : 0;
    for (int64_t i = k; i < rows * columns; i += columns)
      dvalues[i] = (float)(scale * ((targets[i] - m.y) - ccc * (values[i] - m.y)));
  }
}
