/* output_file.c: a file of the user that is named as an output by mistake is not replaced. */
#include "cli/output_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_START = 16 };

mer_status cli_check_output(const char *path, const char *start, const char *what, mer_error *err) {
  char found[MAX_START];
  struct stat info;
  const size_t size = strlen(start);
  if (!path || stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return MER_OK;
  FILE *file = fopen(path, "rb");
  const bool same = file && fread(found, 1, size, file) == size && memcmp(found, start, size) == 0;
  if (file) fclose(file);
  if (same) return MER_OK;
  err->status = MER_STATUS_INVALID;
  snprintf(err->message, sizeof err->message, "%s: is not %s, so it is not replaced", path, what);
  return err->status;
}
