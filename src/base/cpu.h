/* cpu.h: which instructions the kernels use: the best that the processor has, unless the
 * environment variable MER_CPU names a lower level. It is one mask for all kernels, so that each
 * level can be run, tested and measured on a processor with more. */
#ifndef MER_BASE_CPU_H
#define MER_BASE_CPU_H

#include <stdbool.h>

#if defined(__x86_64__)
#define MER__X86 1
#else
#define MER__X86 0
#endif
#if defined(__aarch64__)
#define MER__ARM 1
#else
#define MER__ARM 0
#endif

/** Each level has the instructions of those before it. */
typedef enum mer__cpu_level {
  MER__CPU_PLAIN, /* C alone, for what every processor of its kind has: SSE2 on x86-64, NEON on
                     aarch64 */
#if MER__X86
  MER__CPU_AVX2,        /* x86-64-v3: AVX2 and FMA */
  MER__CPU_AVX512,      /* x86-64-v4: AVX-512 F, BW, VL, DQ, CD */
  MER__CPU_AVX512_VNNI, /* 8-bit dot products */
  MER__CPU_AVX512_BF16, /* bfloat16 dot products */
  MER__CPU_AMX,         /* tiles of bfloat16 and of 8 bits, which the system lets the process use */
#elif MER__ARM
  MER__CPU_NEON,    /* instructions of NEON that the compiler does not choose by itself */
  MER__CPU_DOTPROD, /* 8-bit dot products */
#endif
  MER__CPU_N_LEVELS
} mer__cpu_level;

/** The level in use. It is found at the first call: the processor's, or that of MER_CPU if that is
 * lower. */
mer__cpu_level mer__cpu_best(void);

/** Lowers the level in use, or raises it again up to the processor's, and returns what it is then.
 * For tests: no other thread computes meanwhile. */
mer__cpu_level mer__cpu_limit(mer__cpu_level most);

/** Its name in MER_CPU: "sse", "avx2", "avx512", "avx512_vnni", "avx512_bf16", "amx"; on aarch64
 * "plain", "neon", "dotprod". */
const char *mer__cpu_name(mer__cpu_level level);
/** The level of a name; false if there is no such name. */
bool mer__cpu_find(mer__cpu_level *level, const char *name);

/** For cpu.c, from one file for each architecture: the names, and the processor's own level. */
extern const char *const mer__cpu_names[MER__CPU_N_LEVELS];
mer__cpu_level mer__cpu_detect(void);

#endif
