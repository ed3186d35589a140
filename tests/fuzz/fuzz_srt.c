/* fuzz_srt.c: a transcript in SRT. */
#include "transcript_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  transcript_try("", data, size, "");
  return 0;
}
