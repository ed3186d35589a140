/* low_rank.h: low-rank adapters of Linear layers (Hu et al., "LoRA", 2022): with R the rank, a
 * weight W [out, in] that is not trained becomes W + 8 / R up down, of which the two small ones
 * are. Down [R, in] begins random and up [out, R] as zeros, so that at first nothing changes; both,
 * and the 8, as in the library PEFT by default. A model is written with the sums. */
#ifndef MER_LAYERS_LOW_RANK_H
#define MER_LAYERS_LOW_RANK_H

#include "layers/pass.h"

/** Indices of the parameters, and sizes. */
typedef struct mer__low_rank {
  int64_t down, up;
  int64_t in, out, rank;
} mer__low_rank;

/** Declares the adapter, of params->adapter_rank, of the parameter `weight`, "X.weight", as
 * "X.lora_A.weight" and "X.lora_B.weight". False if that fails. */
bool mer__low_rank_declare(mer__low_rank *adapter, mer__params *params, int64_t weight);

/** Fills all adapters with their first values. */
void mer__low_rank_init(mer__params *params, mer__rng *rng);
/** Adds all adapters to their weights, in `values` of the block's layout. */
void mer__low_rank_merge(float *values, const mer__params *params);

/** y += 8 / R up down x. y: [rows, out], rows of `stride` floats; x: [rows, in]; reduced: [rows,
 * R], kept for backward; room: [rows, out]. */
void mer__low_rank_forward(float *y, int64_t stride, const float *x, float *reduced, float *room,
                           const mer__low_rank *adapter, const mer__pass *pass, int64_t rows);
/** Adds the gradients of x, to dx [rows, in], and of the adapter, for dy [rows, out], rows of
 * `stride` floats. room: [rows, out], dreduced: [rows, R], own: [rows, in]. */
void mer__low_rank_backward(float *dx, const float *dy, int64_t stride, const float *x,
                            const float *reduced, float *room, float *dreduced, float *own,
                            const mer__low_rank *adapter, const mer__pass *pass, int64_t rows);

#endif
