/* panel_kernels.c: the kernels that the level in use has for products of panels. */
#include "nn/panel_kernels.h"

#include "nn/panel_f32_kernels.h"
#if MER__X86
#include "nn/panel_amx.h"
#include "nn/panel_avx512_bf16.h"
#include "nn/panel_split_amx.h"
#endif

const mer__panel_kernels *mer__panel_kernels_of(mer__product_dtype dtype) {
#if MER__X86
  const mer__cpu_level level = mer__cpu_best();
  if (level >= MER__CPU_AMX && dtype == MER__PRODUCT_F32_MANY) return &mer__panels_split_amx;
  if (level >= MER__CPU_AMX && dtype == MER__PRODUCT_BF16) return &mer__panels_amx;
  if (level >= MER__CPU_AVX512_BF16 && dtype == MER__PRODUCT_BF16) return &mer__panels_avx512_bf16;
#endif
  return dtype == MER__PRODUCT_BF16 ? MER__CHOSEN(mer__panels_rounded)
                                    : MER__CHOSEN(mer__panels_f32);
}

int64_t mer__panel_words(const mer__panel_kernels *kernels, int64_t n) {
  return (n + kernels->elements - 1) / kernels->elements * kernels->words;
}
