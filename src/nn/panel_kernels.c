/* panel_kernels.c: the kernels that the level in use has for products of panels. */
#include "nn/panel_kernels.h"

#include "nn/panel_f32_kernels.h"
#if MER__X86
#include "nn/panel_amx.h"
#include "nn/panel_avx512_bf16.h"
#endif

const mer__panel_kernels *mer__panel_kernels_of(mer__product_dtype dtype) {
  if (dtype == MER__PRODUCT_F32) return MER__CHOSEN(mer__panels_f32);
#if MER__X86
  if (mer__cpu_best() >= MER__CPU_AMX) return &mer__panels_amx;
  if (mer__cpu_best() >= MER__CPU_AVX512_BF16) return &mer__panels_avx512_bf16;
#endif
  return MER__CHOSEN(mer__panels_rounded);
}

int64_t mer__panel_words(const mer__panel_kernels *kernels, int64_t n) {
  const int64_t elements = kernels->word * kernels->step;
  return (n + elements - 1) / elements * kernels->step;
}
