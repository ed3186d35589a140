/* fuzz_vtt.c: a transcript in WebVTT, after its first line. */
#include "transcript_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  transcript_try("WEBVTT\n\n", data, size, "");
  return 0;
}
