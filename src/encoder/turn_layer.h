/* turn_layer.h: an LSTM over the vectors of the turns of a dialogue up to an utterance. Its result
 * is the utterance's own vector, standardized by the training rows, and the state after it: so an
 * answer does not depend on what is said later (as the global state of DialogueRNN, Majumder et
 * al., 2019, without its speakers). The encoder that the vectors come from is frozen. */
#ifndef MER_ENCODER_TURN_LAYER_H
#define MER_ENCODER_TURN_LAYER_H

#include "encoder/modality.h"
#include "layers/bilstm.h"

typedef struct mer__turn_layer {
  mer__bilstm lstm;        /* set: in, the width of the vectors, and hidden; 0: there is no layer */
  int64_t mean, deviation; /* of the vectors; parameters [in] */
  double dropout;          /* set: of what the LSTM reads, and of the result */
  int64_t first_site;      /* set: of its dropout */
} mer__turn_layer;

/** What forward keeps for backward. */
typedef struct mer__turn_state {
  mer__packing packing;
  mer__bilstm_state lstm;
} mer__turn_state;

/** Width of its result. */
static inline int64_t mer__turn_layer_width(const mer__turn_layer *layer) {
  return layer->lstm.in + layer->lstm.hidden;
}

/** Declares `name`.mean, .deviation and .lstm. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__turn_layer_declare(mer__turn_layer *layer, mer__params *params, const char *name,
                                   mer_error *err);
void mer__turn_layer_init(const mer__turn_layer *layer, mer__params *params, mer__rng *rng);
/** Mean and deviation of the vectors of the training rows, of which this is modality `m`.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__turn_layer_fit(const mer__turn_layer *layer, mer__params *params,
                               const mer__source *source, int m, mer_error *err);

/** The utterances `inputs` [n] and the turns before each, in their order; `packing` says where each
 * utterance's begin. Turns without a text are left out. NULL: memory is out. */
const mer__input **mer__turn_layer_list(mer__packing *packing, const mer__input *const *inputs,
                                        int64_t n, mer__arena *arena);

/** y [n, mer__turn_layer_width] of the vectors x [T, in] of the turns of `packing`, the last of
 * each being the utterance's own. MER_STATUS_NO_MEMORY. */
mer_status mer__turn_layer_forward(float *y, mer__turn_state *state, const mer__turn_layer *layer,
                                   const float *x, const mer__packing *packing,
                                   const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dy, which is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__turn_layer_backward(float *dy, const mer__turn_state *state,
                                    const mer__turn_layer *layer, const mer__pass *pass,
                                    mer_error *err);

#endif
