/* fuzz_whisper_json.c: the list of segments in the JSON of either Whisper. */
#include "transcript_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  transcript_try("{\"segments\":", data, size, "}");
  transcript_try("{\"transcription\":", data, size, "}");
  return 0;
}
