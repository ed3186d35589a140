/* speech_windows.h: from the sound of a batch's inputs to windows: silence at its ends is cut off,
 * training may change it, then it is cut into parts that are no longer than what the stem takes. */
#ifndef MER_ENCODER_SPEECH_WINDOWS_H
#define MER_ENCODER_SPEECH_WINDOWS_H

#include "encoder/speech_stack.h"

/** The windows of inputs, one input's after the other's. */
typedef struct mer__windows {
  mer__window *items; /* [n] */
  int64_t n, n_inputs;
  mer__packing by_window, by_input; /* of rows */
} mer__windows;

/** All windows of `inputs` [n], in the arena of the pass. MER_STATUS_NO_MEMORY. */
mer_status mer__windows_cut(mer__windows *windows, const mer__speech_stack *stack,
                            const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                            mer_error *err);
/** Fills the packings. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__windows_pack(mer__windows *windows, mer__arena *arena, mer_error *err);

/** Rows of the layers that an input gives; where training changes it, the most that it may give. */
int64_t mer__windows_n_rows(const mer__speech_stack *stack, const mer__input *input);

#endif
