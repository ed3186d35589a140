/* dispatch.h: kernels for several levels of the processor (base/cpu.h), chosen at run time.
 *
 * A file NAME_kernels.c is compiled once for each version that this architecture has: `plain`, for
 * every processor of its kind, and on x86-64 `avx2` and `avx512` (src/CMakeLists.txt has the
 * flags). Its functions are static; at its end stands one table of them, whose name gets the
 * version's: const mer__NAME_kernels MER__VERSION(mer__NAME) = {...}. NAME_kernels.h has the type
 * of the table and MER__DECLARE_VERSIONS; callers write MER__CHOSEN(mer__NAME)->function(...).
 *
 * Where one instruction decides that not every processor of a level has, a kernel has a file of its
 * own, named after the instruction (nn/int8_vnni.c). */
#ifndef MER_BASE_DISPATCH_H
#define MER_BASE_DISPATCH_H

#include "base/cpu.h"

#define MER__JOINED(name, version) name##_##version
#define MER__JOIN(name, version) MER__JOINED(name, version)
/** The name of a table in this compilation of its file, for which MER__COMPILED_FOR is defined. */
#define MER__VERSION(name) MER__JOIN(name, MER__COMPILED_FOR)

/** Declares all versions of a table, and a pointer to the one that the level in use allows. */
#if MER__X86
#define MER__DECLARE_VERSIONS(type, name) extern const type name##_plain, name##_avx2, name##_avx512
#define MER__CHOSEN(name)                                        \
  (mer__cpu_best() >= MER__CPU_AVX512 ? &MER__JOIN(name, avx512) \
   : mer__cpu_best() >= MER__CPU_AVX2 ? &MER__JOIN(name, avx2)   \
                                      : &MER__JOIN(name, plain))
#else
#define MER__DECLARE_VERSIONS(type, name) extern const type name##_plain
#define MER__CHOSEN(name) (&MER__JOIN(name, plain))
#endif

/** A part of a kernel: inlined into it. */
#if defined(__GNUC__)
#define MER__INLINE static inline __attribute__((always_inline))
#else
#define MER__INLINE static inline
#endif

#endif
