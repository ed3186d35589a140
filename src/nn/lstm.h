/* lstm.h: the steps of an LSTM (Hochreiter and Schmidhuber, 1997, with the gates of PyTorch's
 * nn.LSTM) over a packed batch, by this thread. The products with the inputs are made before, for
 * all steps at once; a step takes the utterances that are still running as the rows of one product
 * with the recurrent weight. */
#ifndef MER_NN_LSTM_H
#define MER_NN_LSTM_H

#include <stdbool.h>

#include "nn/packing.h"

typedef struct mer__lstm {
  const mer__packing *packing;
  const int32_t *order; /* [B]: the utterances, longest first */
  int64_t hidden;       /* H, a multiple of 8 for speed */
  bool reverse;         /* from the last row of each utterance to its first */
} mer__lstm;

/** order [B]: the utterances, longest first, equal ones as they come. */
void mer__lstm_sort(int32_t *order, const mer__packing *packing);

/** Floats of scratch of either pass. */
int64_t mer__lstm_scratch(const mer__lstm *lstm);

/** y[t] = o tanh(c[t]), c[t] = f c[t-1] + i g, where i, f, o (logistic) and g (tanh) are those of
 * gates[t] + W y[t-1], in the order i, f, g, o. gates [T, 4H]: products with the inputs, biases
 * included; become i, f, g, o. y: [T, H], rows of `y_row` floats; cells: [T, H], for backward, or
 * NULL; transposed: W^T [H, 4H]. */
void mer__lstm_forward(float *y, int64_t y_row, float *cells, float *gates, const float *transposed,
                       const mer__lstm *lstm, float *scratch);

/** For dy, rows as those of y: gates become the gradient of what they were before forward; before
 * [T, H] becomes y[t-1], so that the gradient of W is that of a Linear layer of it. weight: W [4H,
 * H]. Relative error to finite differences below 2e-3. */
void mer__lstm_backward(float *gates, float *before, const float *dy, const float *y, int64_t y_row,
                        const float *cells, const float *weight, const mer__lstm *lstm,
                        float *scratch);

#endif
