/* panel_bf16.h: products of bfloat16 by the instructions that processors have for them. */
#ifndef MER_NN_PANEL_BF16_H
#define MER_NN_PANEL_BF16_H

#include "nn/panel_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)
extern const mer__panel_kernels mer__panels_avx512_bf16, mer__panels_amx;
#endif

#endif
