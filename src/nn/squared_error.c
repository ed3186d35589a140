/* squared_error.c: a few values for each row: plain loops, in double precision. */
#include "nn/squared_error.h"

double mer__squared_error_forward(const float *values, const float *targets, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const double difference = (double)values[i] - targets[i];
    sum += difference * difference;
  }
  return n > 0 ? sum / (double)n : 0;
}

void mer__squared_error_backward(float *dvalues, const float *values, const float *targets,
                                 int64_t n) {
  for (int64_t i = 0; i < n; i++)
    dvalues[i] = (float)(2 * ((double)values[i] - targets[i]) / (double)n);
}
