/* speech_stack.h: what encoders of sound have in common: long sound is cut into windows, a stem
 * makes rows of each, a stack of transformer layers goes over these, and the rows of all windows of
 * an input become one vector: the mean over time of the last layer's, or of a sum over the layers
 * (and the stack's input) with learned weights, as transformers' ForSequenceClassification has them
 * with use_weighted_layer_sum.
 *
 * A mean over time and a sum over layers may change places. So a frozen encoder gives the means of
 * each layer once, and only the weights are trained upon them. */
#ifndef MER_ENCODER_SPEECH_STACK_H
#define MER_ENCODER_SPEECH_STACK_H

#include "encoder/modality.h"
#include "layers/transformer.h"

/** A part of an input that is encoded by itself. */
typedef struct mer__window {
  const float *values;
  int64_t n_frames, n_rows;
  int64_t input;  /* whose it is */
  int64_t number; /* in the batch */
} mer__window;

/** From a window to rows. */
typedef struct mer__speech_stem {
  int64_t most_frames; /* of a window */
  int64_t frame_step;  /* windows begin at multiples of it */
  int64_t (*n_rows)(const void *self, int64_t n_frames);
  /** Optional: what all windows of a pass share, in its arena. */
  mer_status (*begin)(void **shared, const void *self, const mer__pass *pass, mer_error *err);
  /** rows [n_rows, H]. `*kept` is for backward, in the arena of the pass. */
  mer_status (*forward)(float *rows, void **kept, const void *self, const void *shared,
                        const mer__window *window, const mer__pass *pass, mer_error *err);
  /** Adds the gradients of the stem's parameters for drows, which is overwritten. */
  mer_status (*backward)(float *drows, const void *kept, const void *self, const void *shared,
                         const mer__window *window, const mer__pass *pass, mer_error *err);
  /** Optional, after the last window: adds those of what they share. */
  void (*end_backward)(const void *self, const void *shared, const mer__pass *pass);
} mer__speech_stem;

/** Zero-initialize. */
typedef struct mer__speech_stack {
  const mer__speech_stem *stem;
  const void *self;        /* of the stem */
  int64_t frame_values;    /* values of a frame of the input */
  mer__transformer layers; /* its config is set before declare */
  bool layer_sum;          /* set before declare */
  int64_t layer_weights;   /* [L + 1], before softmax */
} mer__speech_stack;

/** Declares the layers, and the weights of their sum, which are trained though the encoder is
 * frozen. */
mer_status mer__speech_stack_declare(mer__speech_stack *stack, mer__modality *modality,
                                     mer__params *params, const mer__transformer_names *names,
                                     mer_error *err);
void mer__speech_stack_init(const mer__speech_stack *stack, mer__params *params);
void mer__speech_stack_clear(mer__speech_stack *stack);

/** Rows of the layers that an input gives. */
int64_t mer__speech_stack_rows(const mer__speech_stack *stack, const mer__input *input);

/** As the functions of mer__encoder_type. */
mer_status mer__speech_stack_forward(float *vectors, void **state, const mer__speech_stack *stack,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err);
mer_status mer__speech_stack_backward(const mer__speech_stack *stack, const void *state,
                                      const float *dvectors, const mer__pass *pass, mer_error *err);
int64_t mer__speech_stack_frozen_width(const mer__speech_stack *stack);
mer_status mer__speech_stack_encode_frozen(float *out, const mer__speech_stack *stack,
                                           const mer__input *const *inputs, int64_t n,
                                           const mer__pass *pass, mer_error *err);

#endif
