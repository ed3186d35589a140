/* cpu.c: levels as oneDNN finds and limits them. */
#include "base/cpu.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

#include "mer/base.h"

#if defined(__x86_64__) && defined(__GNUC__)
/* A set of instructions is a mask of bits, which holds those of the sets below. */
static bool has(unsigned isa, unsigned wanted) { return (isa & wanted) == wanted; }
#endif

mer__cpu_level mer__cpu_best(void) {
#if defined(__x86_64__) && defined(__GNUC__)
  const unsigned isa = dnnl_get_effective_cpu_isa();
  if (has(isa, dnnl_cpu_isa_avx512_core_amx)) return MER__CPU_AMX;
  if (has(isa, dnnl_cpu_isa_avx512_core_bf16)) return MER__CPU_AVX512_BF16;
  if (has(isa, dnnl_cpu_isa_avx512_core_vnni)) return MER__CPU_AVX512_VNNI;
  if (has(isa, dnnl_cpu_isa_avx512_core)) return MER__CPU_AVX512;
  if (has(isa, dnnl_cpu_isa_avx2)) return MER__CPU_AVX2;
#endif
  return MER__CPU_PLAIN;
}

bool mer_cpu_has_bf16(void) { return mer__cpu_best() >= MER__CPU_AVX512_BF16; }
