/* attention_pool.h: from the rows of an utterance to one vector by learned attention: score[t] =
 * v . tanh(W x[t] + b), and the vector is the sum of x[t] weighted by the softmax of the scores
 * (Lin et al., "A structured self-attentive sentence embedding", 2017, with one hop). */
#ifndef MER_LAYERS_ATTENTION_POOL_H
#define MER_LAYERS_ATTENTION_POOL_H

#include "layers/conv.h"
#include "nn/packing.h"

typedef struct mer__attention_pool {
  int64_t in, hidden; /* of x and of the scores; set before declare */
  mer__conv keys;     /* W [hidden, in] and b: a Linear layer over rows */
  int64_t query;      /* v [hidden] */
} mer__attention_pool;

/** What forward keeps for backward. */
typedef struct mer__attention_pool_state {
  const mer__packing *packing;
  const float *x;
  float *keys;    /* [T, hidden], after tanh */
  float *weights; /* [T] */
} mer__attention_pool_state;

/** Declares `name`.weight, `name`.bias and `name`.query. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__attention_pool_declare(mer__attention_pool *pool, mer__params *params,
                                       const char *name, mer_error *err);
/** As PyTorch initializes Linear layers. */
void mer__attention_pool_init(const mer__attention_pool *pool, mer__params *params, mer__rng *rng);

/** Memory for the rows of `packing`, which is borrowed. MER_STATUS_NO_MEMORY. */
mer_status mer__attention_pool_begin(mer__attention_pool_state *state,
                                     const mer__attention_pool *pool, const mer__packing *packing,
                                     const mer__pass *pass, mer_error *err);
/** y [B, in] of x [T, in]; zeros for an utterance without rows. Row b of y begins at
 * y + b * y_stride. x must stay as it is until backward. log_sums [B], or NULL, become the logs of
 * the sums of exp(score), by which the parts of an utterance are merged. */
void mer__attention_pool_forward(float *y, int64_t y_stride, float *log_sums,
                                 mer__attention_pool_state *state, const mer__attention_pool *pool,
                                 const float *x, const mer__pass *pass);

/** Floats of scratch of the backward pass. */
int64_t mer__attention_pool_scratch(const mer__attention_pool *pool, int64_t n_rows);
/** Adds the parameters' gradients for dy, which lies as y does, and that of x to dx [T, in], unless
 * it is NULL. Once for each forward: the state is overwritten. */
void mer__attention_pool_backward(float *dx, const float *dy, int64_t dy_stride,
                                  const mer__attention_pool_state *state,
                                  const mer__attention_pool *pool, const mer__pass *pass,
                                  float *scratch);

/** Makes y [in] and its log_sum, of a part of an utterance's rows, those of the rows of another
 * part, too, of which `more` and more_log_sum are. */
void mer__attention_pool_merge(float *y, float *log_sum, const float *more, float more_log_sum,
                               int64_t in);

#endif
