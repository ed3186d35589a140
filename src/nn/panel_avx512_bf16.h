/* panel_avx512_bf16.h: products of bfloat16 by AVX512_BF16. */
#ifndef MER_NN_PANEL_AVX512_BF16_H
#define MER_NN_PANEL_AVX512_BF16_H

#include "nn/panel_kernels.h"

extern const mer__panel_kernels mer__panels_avx512_bf16;

#endif
