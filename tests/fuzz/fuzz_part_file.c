/* fuzz_part_file.c: the state of a run that writes a file part by part, and its parts: what is
 * there is gone on with, or refused, and never longer than it was. */
#include <sys/stat.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mer_part_key keys[] = {{"model", "m"}, {"inputs", "i"}};
  fuzz_parts parts = {data, size};
  size_t n_state, n_parts;
  char *state = fuzz_next(&parts, &n_state), *written = fuzz_next(&parts, &n_parts);
  char path[512];
  struct stat info;
  mer_part_file *file;
  mer_error err = {0};
  int64_t counts[MER_PART_COUNTS];
  fuzz_write("a.partial.state", state, n_state);
  fuzz_write("a.partial", written, n_parts);
  snprintf(path, sizeof path, "%s/a", fuzz_folder());
  const mer_status status = mer_part_file_open(&file, counts, path, keys, 2, true, NULL, &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) {
    FUZZ_REQUIRE(counts[0] >= 0 && counts[1] >= 0);
    snprintf(path, sizeof path, "%s/a.partial", fuzz_folder());
    FUZZ_REQUIRE(stat(path, &info) == 0 && info.st_size <= (off_t)n_parts);
    mer_part_file_write(file, "x", 1);
    FUZZ_REQUIRE(mer_part_file_commit(file, &err) == MER_OK);
  }
  fuzz_remove("a");
  fuzz_remove("a.partial");
  fuzz_remove("a.partial.state");
  free(state);
  free(written);
  return 0;
}
