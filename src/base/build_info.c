/* build_info.c: what the library was built of, and the instruction set its matrix products use. */
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

#include "mer/base.h"

/* The set that oneDNN has chosen: the CPU's best that it knows and ONEDNN_MAX_CPU_ISA allows. */
static const char *instruction_set(void) {
  switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "SSE4.1";
    case dnnl_cpu_isa_avx: return "AVX";
    case dnnl_cpu_isa_avx2: return "AVX2";
    case dnnl_cpu_isa_avx2_vnni: return "AVX2-VNNI";
    case dnnl_cpu_isa_avx512_core: return "AVX-512";
    case dnnl_cpu_isa_avx512_core_vnni: return "AVX-512-VNNI";
    case dnnl_cpu_isa_avx512_core_bf16: return "AVX-512-BF16";
    case dnnl_cpu_isa_avx512_core_amx: return "AMX";
    default: return "other";
  }
}

mer_build_info mer_build_describe(void) {
  mer_build_info info = {MER_VERSION, MER_COMPILER, MER_BUILD_TYPE, "", instruction_set()};
  const dnnl_version_t *dnnl = dnnl_version();
  snprintf(info.onednn, sizeof info.onednn, "%d.%d.%d", dnnl->major, dnnl->minor, dnnl->patch);
  return info;
}
