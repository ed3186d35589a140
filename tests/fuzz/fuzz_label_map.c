/* fuzz_label_map.c: a map of labels. The first byte says of which target, and whether the answer's
 * labels are given. */
#include "fuzz.h"
#include "model/label_map.h"

enum { GIVEN = 4, N_FROM = 5, N = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const from[N_FROM] = {"happy", "calm", "Sad", "fear", "glad"};
  static const char *const labels[N] = {"joy", "sadness", "fear", "anger"};
  static const float logits[N_FROM] = {1, 2, -1, 0.5f, 3};
  float scores[MER__MAX_LABELS];
  mer__label_map *map;
  mer_error err = {0};
  if (size < 1) return 0;
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = 0;
  const mer_target target = (mer_target)((data[0] & 3) % 3);
  mer_status status = mer__label_map_create(&map, target, text, from, N_FROM,
                                            data[0] & GIVEN ? labels : NULL, N, &err);
  free(text);
  fuzz_check_status(status, &err);
  if (status != MER_OK) return 0;
  FUZZ_REQUIRE(map->n >= 1 && map->n <= N_FROM);
  for (int32_t i = 0; i < N_FROM; i++) FUZZ_REQUIRE(map->to[i] >= -1 && map->to[i] < map->n);
  mer__label_map_apply(scores, map, logits, 1, 1);
  for (int32_t k = 0; k < map->n; k++) FUZZ_REQUIRE(scores[k] <= 4 && map->labels[k]);
  mer__label_map_free(map);
  return 0;
}
