/* fuzz_results.c: a results.json, and the page that is made of it. */
#include "fuzz.h"
#include "mer/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_parts parts = {data, size};
  size_t text_size;
  char *text = fuzz_next(&parts, &text_size), path[512];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/report.html", fuzz_folder());
  fuzz_check_status(mer_report_write_html(path, text, NULL, &err), &err);
  free(text);
  return 0;
}
