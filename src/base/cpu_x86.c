/* cpu_x86.c: the levels of x86-64, by cpuid. */
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cpu.h"

const char *const mer__cpu_names[] = {
    [MER__CPU_PLAIN] = "sse",
    [MER__CPU_AVX2] = "avx2",
    [MER__CPU_AVX512] = "avx512",
    [MER__CPU_AVX512_VNNI] = "avx512_vnni",
    [MER__CPU_AVX512_BF16] = "avx512_bf16",
    [MER__CPU_AMX] = "amx",
};
/* Linux lets a process use the tiles of AMX only if it has asked for them (arch/x86.rst, "Using
 * XSTATE features in user space applications"). */
static bool tiles_are_allowed(void) {
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512cd");
}

/* By cpuid itself, as not every compiler knows AMX's names. */
static bool has_amx(void) {
  enum { LEAF = 7, BF16 = 1 << 22, TILE = 1 << 24, INT8 = 1 << 25, ALL = BF16 | TILE | INT8 };
  unsigned a, b, c, d;
  return __get_cpuid_count(LEAF, 0, &a, &b, &c, &d) && (d & ALL) == ALL && tiles_are_allowed();
}

mer__cpu_level mer__cpu_detect(void) {
  __builtin_cpu_init();
  if (!has_avx2()) return MER__CPU_PLAIN;
  if (!has_avx512()) return MER__CPU_AVX2;
  if (!__builtin_cpu_supports("avx512vnni")) return MER__CPU_AVX512;
  if (!__builtin_cpu_supports("avx512bf16")) return MER__CPU_AVX512_VNNI;
  return has_amx() ? MER__CPU_AMX : MER__CPU_AVX512_BF16;
}
