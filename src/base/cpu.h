/* cpu.h: which instructions our own kernels may use: those of the processor, unless oneDNN's
 * environment variable ONEDNN_MAX_CPU_ISA forbids them, so that one switch is for all products. */
#ifndef MER_BASE_CPU_H
#define MER_BASE_CPU_H

/** Each has those before it. */
typedef enum mer__cpu_level {
  MER__CPU_PLAIN,
  MER__CPU_AVX2,        /* and FMA */
  MER__CPU_AVX512,      /* F, BW, VL, DQ */
  MER__CPU_AVX512_VNNI, /* 8-bit dot products */
  MER__CPU_AVX512_BF16, /* bfloat16 dot products */
  MER__CPU_AMX,         /* tiles of bfloat16 and of 8 bits, which the system lets the process use */
} mer__cpu_level;

mer__cpu_level mer__cpu_best(void);

#endif
