/* int8_vnni.h: how sums in registers of 512 bits become outputs. */
#ifndef MER_NN_INT8_VNNI_H
#define MER_NN_INT8_VNNI_H

#include <immintrin.h>

#include "nn/int8_tile.h"

typedef int32_t i32x16 __attribute__((vector_size(64)));

/* What all rows of a panel have in common. */
typedef struct vnni_outputs {
  __m512i weight_sums;
  __m512 scales, bias;
  __mmask16 there;
} vnni_outputs;

MER__INLINE vnni_outputs outputs_of(const mer__int8_product *p, const int c) {
  const int64_t n = p->n_outputs - c * PANEL;
  return (vnni_outputs){
      _mm512_loadu_si512(p->panel + c * panel_bytes(p)), _mm512_loadu_ps(p->scales + c * PANEL),
      _mm512_loadu_ps(p->bias + c * PANEL), (__mmask16)(n < PANEL ? (1u << n) - 1 : 0xffff)};
}

/* The outputs of row `i` that lie in panel `c`, from their sums. */
MER__INLINE void store_vnni(const mer__int8_product *p, int64_t i, const int c, __m512i sums,
                            const vnni_outputs *o) {
  const int64_t at = i * p->y_row + c * PANEL;
  if (p->x_zeros[i] != 0)
    sums = _mm512_sub_epi32(sums,
                            _mm512_mullo_epi32(_mm512_set1_epi32(p->x_zeros[i]), o->weight_sums));
  const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(p->x_scales[i]), o->scales);
  __m512 y = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), scale), o->bias);
  if (p->residual) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(o->there, p->residual + at));
  if (p->relu) y = _mm512_max_ps(_mm512_setzero_ps(), y);
  _mm512_mask_storeu_ps(p->y + at, o->there, y);
}

#endif
