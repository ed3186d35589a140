/* cpu.c: the level in use. */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* 1 + the level in use; 0 before the first call. */
static atomic_int in_use;

const char *mer__cpu_name(mer__cpu_level level) { return mer__cpu_names[level]; }

bool mer__cpu_find(mer__cpu_level *level, const char *name) {
  for (int i = 0; i < MER__CPU_N_LEVELS; i++) {
    if (strcmp(name, mer__cpu_names[i]) != 0) continue;
    *level = (mer__cpu_level)i;
    return true;
  }
  return false;
}

mer__cpu_level mer__cpu_limit(mer__cpu_level most) {
  const mer__cpu_level own = mer__cpu_detect(), level = own < most ? own : most;
  atomic_store_explicit(&in_use, (int)level + 1, memory_order_relaxed);
  return level;
}

/* What the environment names, or NULL; an empty name is none. */
static const char *limit_of_user(void) {
  const char *name = getenv("MER_CPU");
  return name && *name ? name : NULL;
}

mer__cpu_level mer__cpu_best(void) {
  const int known = atomic_load_explicit(&in_use, memory_order_relaxed);
  if (known) return (mer__cpu_level)(known - 1);
  mer__cpu_level most = MER__CPU_N_LEVELS - 1;
  const char *name = limit_of_user();
  if (name) (void)mer__cpu_find(&most, name);
  return mer__cpu_limit(most);
}

mer_status mer_cpu_check(mer_error *err) {
  mer__cpu_level level;
  const char *name = limit_of_user();
  char all[128] = "";
  if (!name || mer__cpu_find(&level, name)) return MER_OK;
  for (int i = 0; i < MER__CPU_N_LEVELS; i++) {
    strcat(all, i ? "|" : "");
    strcat(all, mer__cpu_names[i]);
  }
  return mer__fail(err, MER_STATUS_INVALID, "MER_CPU is one of %s, not '%s'", all, name);
}

bool mer_cpu_has_bf16(void) {
#if MER__X86
  return mer__cpu_best() >= MER__CPU_AVX512_BF16;
#else
  return false;
#endif
}
