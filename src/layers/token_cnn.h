/* token_cnn.h: from the rows of an utterance to one vector by convolutions over time (Kim,
 * "Convolutional Neural Networks for Sentence Classification", 2014): for each of the widths 2, 3
 * and 4, y = max over t of ReLU(W x[t .. t + width - 1] + b), where all rows are the utterance's
 * own. One of fewer rows than 4 has rows of zeros after them, up to 4, so that it is one window of
 * those widths that are larger. */
#ifndef MER_LAYERS_TOKEN_CNN_H
#define MER_LAYERS_TOKEN_CNN_H

#include "layers/conv.h"
#include "nn/packing.h"

enum { MER__CNN_LEAST_WIDTH = 2, MER__CNN_MOST_WIDTH = 4, MER__CNN_N_WIDTHS = 3 };

typedef struct mer__token_cnn {
  int64_t in, filters; /* of x, and for each width; set before declare */
  mer__conv convs[MER__CNN_N_WIDTHS];
} mer__token_cnn;

/** What forward keeps for backward. */
typedef struct mer__token_cnn_state {
  const mer__packing *packing; /* of x */
  const int32_t *offsets;      /* of each utterance's rows in `padded`, [B + 1] */
  float *padded;               /* x with rows of zeros */
  int32_t *
      which; /* [B, width of y]: the row of `padded` at which the window begins; -1: ReLU gives 0 */
} mer__token_cnn_state;

/** Numbers of its vector. */
static inline int64_t mer__token_cnn_width(const mer__token_cnn *cnn) {
  return MER__CNN_N_WIDTHS * cnn->filters;
}

/** Declares `name`.<width>.weight and `name`.<width>.bias. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY.
 */
mer_status mer__token_cnn_declare(mer__token_cnn *cnn, mer__params *params, const char *name,
                                  mer_error *err);
/** As PyTorch initializes convolutions. */
void mer__token_cnn_init(const mer__token_cnn *cnn, mer__params *params, mer__rng *rng);

/** y [B, mer__token_cnn_width] of x [T, in]. MER_STATUS_NO_MEMORY. */
mer_status mer__token_cnn_forward(float *y, mer__token_cnn_state *state, const mer__token_cnn *cnn,
                                  const float *x, const mer__packing *packing,
                                  const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dy; dx [T, in] becomes that of x. MER_STATUS_NO_MEMORY. */
mer_status mer__token_cnn_backward(float *dx, const float *dy, const mer__token_cnn_state *state,
                                   const mer__token_cnn *cnn, const mer__pass *pass,
                                   mer_error *err);

#endif
