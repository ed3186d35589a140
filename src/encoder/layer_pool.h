/* layer_pool.h: from the hidden states of a stack of layers to one vector for each input. Each
 * layer's states (the last one's, or all and the stack's input) are pooled over time: statistics.
 * These are standardized by constants of the training set, and the vector is their sum with learned
 * weights. So a frozen encoder gives its statistics once, and the weights are trained upon them.
 *
 * With means that are not standardized the vector is that of transformers'
 * ForSequenceClassification, as a mean over time and a sum over layers may change places.
 *
 * Pooling by attention (layers/attention_pool.h) is trained itself: its statistics, sums with
 * learned weights, change with each step. So they are not standardized, and a frozen encoder has
 * none. One set of parameters serves all layers, whose states have the same coordinates by the
 * residual connections; each layer's rows have weights of their own. */
#ifndef MER_ENCODER_LAYER_POOL_H
#define MER_ENCODER_LAYER_POOL_H

#include "encoder/modality.h"
#include "layers/attention_pool.h"
#include "layers/pooling.h"
#include "layers/transformer.h"

/** Zero-initialize. */
typedef struct mer__layer_pool {
  /* set before declare */
  mer__pool_kind kind;
  bool sum;          /* of the input and all layers, else the last layer alone */
  bool standardized; /* by constants */
  int64_t n_layers, hidden;
  int64_t first_trained; /* as that of mer__transformer */

  int64_t weights;               /* [depths], before softmax; of a sum */
  int64_t mean, deviation;       /* [depths, width], if standardized */
  mer__attention_pool attention; /* of that kind */
} mer__layer_pool;

/** Layers that are pooled. */
int64_t mer__layer_pool_depths(const mer__layer_pool *pool);
/** Floats of the vector, and of the statistics [depths, width]. */
int64_t mer__layer_pool_width(const mer__layer_pool *pool);
int64_t mer__layer_pool_size(const mer__layer_pool *pool);

/** Declares the constants, attention's parameters, and the weights, which are trained though the
 * encoder is frozen. */
mer_status mer__layer_pool_declare(mer__layer_pool *pool, mer__params *params, mer_error *err);
/** `rng`: of attention's parameters. */
void mer__layer_pool_init(const mer__layer_pool *pool, mer__params *params, mer__rng *rng);
/** The constants, from the statistics that are the vectors of a source's rows, whose modality `m`
 * this is. MER_STATUS_NO_MEMORY. */
mer_status mer__layer_pool_fit(const mer__layer_pool *pool, mer__params *params,
                               const mer__source *source, int m, mer_error *err);

/** The pooling of one pass through the layers. */
typedef struct mer__layer_pool_pass {
  const mer__layer_pool *pool;
  mer__pass pass;
  mer__packing inputs;  /* rows of each input */
  float *statistics;    /* [n, depths, width] */
  float *dstatistics;   /* the same, for backward, which takes their gradient from here */
  const float **hidden; /* [depths]: of each layer, for backward */
  mer__hidden_tap tap;  /* that is given to the layers */

  /* Of attention. */
  mer__attention_pool_state *attention; /* [depths]; in prediction one after the other in one */
  float *log_sums;                      /* [depths, n]: mer__attention_pool_forward */
  float *copies;  /* [.., T, H], for backward: states that frozen layers overwrite */
  float *scratch; /* for backward */
} mer__layer_pool_pass;

/** Fills `p`, which must stay where it is, for statistics of the inputs' rows.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__layer_pool_begin(mer__layer_pool_pass *p, const mer__layer_pool *pool,
                                 const mer__packing *inputs, float *statistics,
                                 const mer__pass *pass, mer_error *err);
/** Adds the gradients of attention's parameters that come from the layers below those that are
 * trained, for which the tap is not called. */
void mer__layer_pool_frozen_backward(const mer__layer_pool_pass *p);

/** What a part of an input's rows is pooled to. */
typedef struct mer__layer_pool_part {
  int64_t n_rows;
  float *statistics; /* [depths, width] */
  float *log_sums;   /* [depths]: of attention; else not read */
} mer__layer_pool_part;

/** Makes of a part of an input, which may have no rows yet, that of its rows and those of `more`.
 */
void mer__layer_pool_merge(mer__layer_pool_part *part, const mer__layer_pool_part *more,
                           const mer__layer_pool *pool);

/** From statistics to vectors; what forward keeps for backward lives in the arena. */
typedef struct mer__layer_pool_state {
  int64_t n;
  float *weights;      /* [depths]: softmax of the parameters; 1 of the last layer alone */
  float *standardized; /* [n, depths, width] */
} mer__layer_pool_state;

/** vectors [n, width] of statistics [n, depths, width]. MER_STATUS_NO_MEMORY. */
mer_status mer__layer_pool_forward(float *vectors, mer__layer_pool_state *state,
                                   const mer__layer_pool *pool, const float *statistics, int64_t n,
                                   const mer__pass *pass, mer_error *err);
/** Adds the gradient of the weights; dstatistics (may be NULL) becomes that of the statistics.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__layer_pool_backward(float *dstatistics, const mer__layer_pool *pool,
                                    const mer__layer_pool_state *state, const float *dvectors,
                                    const mer__pass *pass, mer_error *err);

#endif
