/* build_info.c: by which compiler the library was built, and the instruction set it uses. */
#include "base/cpu.h"
#include "mer/base.h"

mer_build_info mer_build_describe(void) {
  return (mer_build_info){.version = MER_VERSION,
                          .compiler = MER_COMPILER,
                          .build_type = MER_BUILD_TYPE,
                          .instruction_set = mer__cpu_name(mer__cpu_best())};
}
