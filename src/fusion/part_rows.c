/* part_rows.c: where parts lie: utterance by utterance, in the order of the modalities. */
#include "fusion/part_rows.h"

#include <string.h>

#include "base/error.h"

/* offsets[b]: the rows of the utterances before b. */
static void count(int32_t *offsets, const mer__branch *branches, int n_modalities, int64_t n) {
  memset(offsets, 0, (size_t)(n + 1) * sizeof *offsets);
  for (int m = 0; m < n_modalities; m++)
    for (int64_t i = 0; i < branches[m].n_present; i++) offsets[branches[m].rows[i] + 1]++;
  for (int64_t b = 0; b < n; b++) offsets[b + 1] += offsets[b];
}

mer_status mer__part_rows_take(mer__part_rows *rows, const mer__branch *branches, int n_modalities,
                               int64_t n, mer__arena *arena, mer_error *err) {
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  int32_t *next = mer__arena_alloc(arena, (size_t)n + 1, sizeof *next);
  if (!offsets || !next) return mer__fail_memory(err);
  count(offsets, branches, n_modalities, n);
  memcpy(next, offsets, (size_t)(n + 1) * sizeof *next);
  *rows = (mer__part_rows){.packing = {(int32_t)n, offsets}, .n = offsets[n]};
  for (int m = 0; m < n_modalities; m++) {
    const mer__branch *branch = &branches[m];
    rows->n_present[m] = branch->n_present;
    rows->places[m] = mer__arena_alloc(arena, (size_t)branch->n_present + 1, sizeof(int32_t));
    if (!rows->places[m]) return mer__fail_memory(err);
    for (int64_t i = 0; i < branch->n_present; i++) rows->places[m][i] = next[branch->rows[i]]++;
  }
  return MER_OK;
}

void mer__part_rows_scatter(float *to, const mer__part_rows *rows, int m, const float *part,
                            int64_t width) {
  for (int64_t i = 0; i < rows->n_present[m]; i++)
    memcpy(to + rows->places[m][i] * width, part + i * width, (size_t)width * sizeof *to);
}

void mer__part_rows_gather(float *part, const mer__part_rows *rows, int m, const float *from,
                           int64_t width) {
  for (int64_t i = 0; i < rows->n_present[m]; i++)
    memcpy(part + i * width, from + rows->places[m][i] * width, (size_t)width * sizeof *part);
}
