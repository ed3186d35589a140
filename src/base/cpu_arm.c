/* cpu_arm.c: the levels of aarch64, by what Linux says of the processor. Each has NEON. */
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "base/cpu.h"

const char *const mer__cpu_names[] = {
    [MER__CPU_PLAIN] = "plain",
    [MER__CPU_NEON] = "neon",
    [MER__CPU_DOTPROD] = "dotprod",
};

mer__cpu_level mer__cpu_detect(void) {
  return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? MER__CPU_DOTPROD : MER__CPU_NEON;
}
