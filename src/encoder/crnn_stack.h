/* crnn_stack.h: the network of a CRNN: blocks of convolutions over log-mel frames, an LSTM in both
 * directions over what they make of time, and pooling by attention. Clips of any length lie side by
 * side, without padding. */
#ifndef MER_ENCODER_CRNN_STACK_H
#define MER_ENCODER_CRNN_STACK_H

#include "encoder/crnn_frames.h"
#include "layers/attention_pool.h"
#include "layers/bilstm.h"
#include "layers/mel_block.h"

enum { MER__CRNN_MAX_BLOCKS = 6, MER__CRNN_MAX_CHANNELS = 1024, MER__CRNN_MAX_HIDDEN = 4096 };

/** Set before declare; every block halves the number of bands. */
typedef struct mer__crnn_config {
  int64_t n_blocks;
  int64_t channels[MER__CRNN_MAX_BLOCKS];
  int64_t time_pooling[MER__CRNN_MAX_BLOCKS]; /* frames that become one: 1 to 4 */
  int64_t hidden, attention;                  /* of the LSTM in each direction, and of the scores */
  double dropout;                             /* before and after the LSTM */
} mer__crnn_config;

typedef struct mer__crnn_stack {
  mer__crnn_config config;
  mer__crnn_frames frames; /* set but for its parameters */
  mer__mel_block blocks[MER__CRNN_MAX_BLOCKS];
  mer__bilstm lstm;
  mer__attention_pool pool;
} mer__crnn_stack;

typedef struct mer__crnn_state mer__crnn_state;

mer_status mer__crnn_stack_declare(mer__crnn_stack *stack, mer__params *params, const char *name,
                                   mer_error *err);
void mer__crnn_stack_init(const mer__crnn_stack *stack, mer__params *params, mer__rng *rng);

/** Length of the vector. */
static inline int64_t mer__crnn_stack_width(const mer__crnn_stack *stack) {
  return 2 * stack->config.hidden;
}

/** As the functions of mer__encoder_type. */
mer_status mer__crnn_stack_forward(float *vectors, mer__crnn_state **state,
                                   const mer__crnn_stack *stack, const mer__input *const *inputs,
                                   int64_t n, const mer__pass *pass, mer_error *err);
mer_status mer__crnn_stack_backward(const mer__crnn_stack *stack, const mer__crnn_state *state,
                                    const float *dvectors, const mer__pass *pass, mer_error *err);

#endif
