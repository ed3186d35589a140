/* int8_kernels.c: the kernel that the level in use has for int8 products. */
#include "nn/int8_kernels.h"

#include "base/dispatch.h"

const mer__int8_kernel *mer__int8_kernel_of(bool reduced) {
#if MER__X86
  const mer__cpu_level level = mer__cpu_best();
  if (level >= MER__CPU_AMX) return &mer__int8_amx;
  if (level >= MER__CPU_AVX512_VNNI) return &mer__int8_vnni;
  if (level >= MER__CPU_AVX2) return reduced ? &mer__int8_avx2_reduced : &mer__int8_avx2;
#elif MER__ARM
  if (mer__cpu_best() >= MER__CPU_DOTPROD) return &mer__int8_dotprod;
  if (mer__cpu_best() >= MER__CPU_NEON) return &mer__int8_neon;
#endif
  (void)reduced;
  return &mer__int8_plain;
}
