/* panel_split_amx.h: products of f32 by AMX, which multiplies bfloat16: each number is the sum of
 * three of these. */
#ifndef MER_NN_PANEL_SPLIT_AMX_H
#define MER_NN_PANEL_SPLIT_AMX_H

#include "nn/panel_kernels.h"

extern const mer__panel_kernels mer__panels_split_amx;

#endif
