/* levels.h: runs kernels at every level of the processor. */
#ifndef MER_TEST_LEVELS_H
#define MER_TEST_LEVELS_H

#include "base/cpu.h"

/** Puts a level in use; false if the processor lacks it, and then its best is in use:
 * for (int level = MER__CPU_PLAIN; use_level(level); level++) ... */
static inline bool use_level(int level) {
  return mer__cpu_limit((mer__cpu_level)level) == (mer__cpu_level)level;
}

/** The first with fused multiply-add, which rounds once where SSE2 rounds twice. */
enum { FIRST_FUSED_LEVEL = MER__X86 ? MER__CPU_PLAIN + 1 : MER__CPU_PLAIN };

#endif
