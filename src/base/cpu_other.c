/* cpu_other.c: an architecture for which no levels are known. */
#include "base/cpu.h"

const char *const mer__cpu_names[] = {"plain"};

mer__cpu_level mer__cpu_detect(void) { return MER__CPU_PLAIN; }
