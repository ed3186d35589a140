/* sized_options.c: the size member of options structs. */
#include "base/sized_options.h"

#include <string.h>

#include "base/error.h"

/* No struct of options is as large as this: such a size was never initialized. */
static const size_t MAX_SIZE = 1 << 16;

void mer__options_init(void *options, size_t size, const void *defaults, size_t known) {
  if (size < sizeof size) return;
  memset(options, 0, size);
  memcpy(options, defaults, size < known ? size : known);
  memcpy(options, &size, sizeof size);
}

mer_status mer__options_read(void *options, size_t known, const void *given, const char *name,
                             mer_error *err) {
  if (!given) return MER_OK;
  size_t size;
  memcpy(&size, given, sizeof size);
  if (size <= sizeof size || size > MAX_SIZE)
    return mer__fail(err, MER_STATUS_INVALID, "%s is not initialized: its size is %zu", name, size);
  for (size_t i = known; i < size; i++)
    if (((const unsigned char *)given)[i])
      return mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s has a member that version %s of the library does not know", name,
                       MER_VERSION);
  memcpy(options, given, size < known ? size : known);
  memcpy(options, &known, sizeof known);
  return MER_OK;
}
