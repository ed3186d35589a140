/* speech_stack.h: what encoders of sound have in common: silence at the ends of a sound may be cut
 * off, long sound is cut into windows, a stem makes rows of each, a stack of transformer layers
 * goes over these, and the rows of all windows of an input are pooled to one vector (layer_pool.h).
 */
#ifndef MER_ENCODER_SPEECH_STACK_H
#define MER_ENCODER_SPEECH_STACK_H

#include "encoder/layer_pool.h"

enum { MER__MOST_TRIM_DB = 120 };

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
  /** Frames `*from` .. `*to` - 1 of a sound are without the quiet ones at its ends, whose peak lies
   * more than `decibels` below that of the whole. */
  void (*trim)(int64_t *from, int64_t *to, const void *self, const float *values, int64_t n_frames,
               double decibels);
  /** Optional: makes another sound of input number `number` of a training's batch, at random, in
   * the arena of the pass. */
  mer_status (*change)(const float **values, int64_t *n_frames, const void *self, int64_t number,
                       const mer__pass *pass, mer_error *err);
  int64_t (*most_changed)(int64_t n_frames); /* with it: most frames that it makes of so many */
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
  double trim_db;          /* of silence at the ends (mer__speech_stem.trim); 0: nothing is cut */
  mer__transformer layers; /* its config is set before declare */
  mer__layer_pool pool;    /* kind, sum and standardized are set before declare */
} mer__speech_stack;

/** Declares the layers, and what pools them. */
mer_status mer__speech_stack_declare(mer__speech_stack *stack, mer__modality *modality,
                                     mer__params *params, const mer__transformer_names *names,
                                     mer_error *err);
void mer__speech_stack_clear(mer__speech_stack *stack);

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
