/* dispatch.h: run-time choice of the instruction set. A function marked MER__KERNEL is compiled
 * once for AVX-512, once for AVX2 with FMA and once for the plain machine, and the loader picks
 * one. */
#ifndef MER_BASE_DISPATCH_H
#define MER_BASE_DISPATCH_H

/* By level, not by processor: "arch=haswell" would match Intel's Haswell alone. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(MER_SANITIZE)
#define MER__KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MER__KERNEL
#endif

/** Whether functions for AVX-512 may be called: for those whose code, not only its instructions,
 * differs from the others'. As MER__KERNEL, by the processor alone. */
#if defined(__x86_64__) && defined(__GNUC__)
#define MER__HAS_AVX512() (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
#endif

/** A part of a kernel: inlined into it, and so compiled for the same instruction set. */
#if defined(__GNUC__)
#define MER__INLINE static inline __attribute__((always_inline))
#else
#define MER__INLINE static inline
#endif

#endif
