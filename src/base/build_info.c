/* build_info.c: what the library was built of, and the instruction set it uses. */
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

#include "base/cpu.h"
#include "mer/base.h"

mer_build_info mer_build_describe(void) {
  mer_build_info info = {.version = MER_VERSION,
                         .compiler = MER_COMPILER,
                         .build_type = MER_BUILD_TYPE,
                         .instruction_set = mer__cpu_name(mer__cpu_best())};
  const dnnl_version_t *dnnl = dnnl_version();
  snprintf(info.onednn, sizeof info.onednn, "%d.%d.%d", dnnl->major, dnnl->minor, dnnl->patch);
  return info;
}
