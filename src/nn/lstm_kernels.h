/* lstm_kernels.h: what one step of an LSTM does with one utterance's row beside the products. */
#ifndef MER_NN_LSTM_KERNELS_H
#define MER_NN_LSTM_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

/** Gates lie side by side: input, forget, cell, output, as in PyTorch. */
typedef struct mer__lstm_row {
  float *gates;           /* [4H]: the product with the step's input; becomes the activated gates */
  const float *recurrent; /* [4H]: the product with the state before; NULL: that is zeros */
  float *hidden, *cell;   /* [H]: the state, which becomes the next one */
} mer__lstm_row;

typedef struct mer__lstm_row_gradient {
  float *gates;         /* [4H]: activated; becomes the gradient of the sums before activation */
  float *copy;          /* [4H]: the same gradient again */
  const float *cell;    /* [H]: the cell after this step */
  const float *before;  /* [H]: the cell before it; NULL: zeros */
  const float *dy;      /* [H]: gradient of this step's result */
  const float *dhidden; /* [H]: what the next step adds to it */
  float *dcell;         /* [H]: gradient of `cell` by the next step; becomes that of `before` */
} mer__lstm_row_gradient;

typedef struct mer__lstm_kernels {
  void (*step)(const mer__lstm_row *row, int64_t hidden);
  void (*step_backward)(const mer__lstm_row_gradient *row, int64_t hidden);
} mer__lstm_kernels;

MER__DECLARE_VERSIONS(mer__lstm_kernels, mer__lstm);

#endif
