/* fingerprint.c: a number of the bytes that a run is of, by FNV-1a (Fowler, Noll, Vo). */
#include "cli/fingerprint.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/path_join.h"

uint64_t cli_fingerprint_add(uint64_t fingerprint, const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < size; i++) fingerprint = (fingerprint ^ b[i]) * UINT64_C(0x100000001b3);
  return fingerprint;
}

uint64_t cli_fingerprint_text(uint64_t fingerprint, const char *text) {
  return text ? cli_fingerprint_add(fingerprint, text, strlen(text) + 1)
              : cli_fingerprint_add(fingerprint, "\xff", 1);
}

uint64_t cli_fingerprint_file(uint64_t fingerprint, const char *path) {
  struct stat info;
  if (!path || stat(path, &info) != 0) return fingerprint;
  const int64_t about[] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
  return cli_fingerprint_add(fingerprint, about, sizeof about);
}

uint64_t cli_fingerprint_folder(uint64_t fingerprint, const char *path) {
  uint64_t sum = 0;
  DIR *dir = opendir(path);
  for (struct dirent *item; dir && (item = readdir(dir));) {
    char *full = item->d_name[0] == '.' ? NULL : cli_path_join(path, item->d_name);
    if (full)
      sum += cli_fingerprint_file(cli_fingerprint_text(CLI_FINGERPRINT_NONE, item->d_name), full);
    free(full);
  }
  if (dir) closedir(dir);
  return cli_fingerprint_add(fingerprint, &sum, sizeof sum);
}

void cli_fingerprint_print(char hex[CLI_FINGERPRINT_BYTES], uint64_t fingerprint) {
  snprintf(hex, CLI_FINGERPRINT_BYTES, "%016llx", (unsigned long long)fingerprint);
}
