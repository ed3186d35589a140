/* replay.c: runs a fuzz target on files, or on all files of folders, as an ordinary test.
 * usage: fuzz_TARGET FILE|FOLDER... */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static int n_inputs;

static void run_file(const char *path) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (!file || fstat(fileno(file), &info) != 0) fuzz_fail(__FILE__, __LINE__, path);
  size_t size = (size_t)info.st_size;
  uint8_t *data = malloc(size ? size : 1); /* of just this size, so that a sanitizer sees the end */
  if (!data || fread(data, 1, size, file) != size) fuzz_fail(__FILE__, __LINE__, path);
  fclose(file);
  printf("%s\n", path);
  fflush(stdout); /* names the input that ends the program */
  LLVMFuzzerTestOneInput(data, size);
  n_inputs++;
  free(data);
}

static void run(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) {
    run_file(path);
    return;
  }
  char name[4096];
  for (struct dirent *entry; (entry = readdir(folder));) {
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.') run_file(name);
  }
  closedir(folder);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) run(argv[i]);
  printf("%d inputs\n", n_inputs);
  return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
