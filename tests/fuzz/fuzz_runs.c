/* fuzz_runs.c: a file of runs. */
#include "fuzz.h"
#include "report/runs_file.h"

static void check_entries(const mer_runs_entries *list) {
  FUZZ_REQUIRE(list->n >= 0 && list->n <= MER_REPORT_MAX_RUNS);
  for (int32_t i = 0; i < list->n; i++) {
    const mer_runs_entry *entry = &list->items[i];
    size_t size = 0;
    FUZZ_REQUIRE(entry->name[0] && !strchr(entry->name, '/') && entry->line >= 1);
    for (int32_t w = 0; w < entry->n_words; w++) size += strlen(entry->words[w]);
    FUZZ_REQUIRE(size <= strlen(entry->text));
    for (int32_t k = 0; k < i; k++) FUZZ_REQUIRE(strcmp(entry->name, list->items[k].name) != 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer_runs_file file;
  mer_error err = {0};
  char *text = malloc(size + 1);
  if (size) memcpy(text, data, size);
  text[size] = 0;
  mer_status status = mer__runs_file_parse(&file, text, size, "runs.json", &err);
  free(text);
  fuzz_check_status(status, &err);
  if (status != MER_OK) {
    FUZZ_REQUIRE(!file.memory);
    return 0;
  }
  FUZZ_REQUIRE(file.runs.n >= 1 && file.data.n >= 1);
  FUZZ_REQUIRE(file.n_seeds >= 1 && file.n_seeds <= MER_REPORT_MAX_SEEDS);
  check_entries(&file.runs);
  check_entries(&file.data);
  check_entries(&file.tests);
  mer_runs_file_clear(&file);
  return 0;
}
