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

/** y [B, in] of x [T, in]; each utterance has a row at least. x must stay as it is until backward.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__attention_pool_forward(float *y, mer__attention_pool_state *state,
                                       const mer__attention_pool *pool, const float *x,
                                       const mer__packing *packing, const mer__pass *pass,
                                       mer_error *err);
/** Adds the parameters' gradients for dy; dx [T, in] becomes that of x. Once for each forward: the
 * state is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__attention_pool_backward(float *dx, const float *dy,
                                        const mer__attention_pool_state *state,
                                        const mer__attention_pool *pool, const mer__pass *pass,
                                        mer_error *err);

#endif
