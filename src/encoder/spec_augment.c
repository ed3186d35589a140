/* spec_augment.c: which spans are masked. */
#include "encoder/spec_augment.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"

static mer_status read_axis(mer__mask_axis *axis, const json_t *model, const char *const keys[3],
                            const char *path, mer_error *err) {
  enum { MOST = 1 << 16 };
  mer_status status;
  MER__CHECK(mer__config_real(&axis->probability, model, keys[0], 0, 1, path, err));
  MER__CHECK(mer__config_integer(&axis->length, model, keys[1], false, 1, MOST, path, err));
  MER__CHECK(mer__config_integer(&axis->min_spans, model, keys[2], false, 0, MOST, path, err));
cleanup:
  return status;
}

mer_status mer__spec_augment_read(mer__spec_augment *a, bool *has_embedding, bool usual,
                                  const mer__media_config *config, const char *path,
                                  mer_error *err) {
  static const char *const time[] = {"mask_time_prob", "mask_time_length", "mask_time_min_masks"};
  static const char *const features[] = {"mask_feature_prob", "mask_feature_length",
                                         "mask_feature_min_masks"};
  bool applied = usual;
  *a = (mer__spec_augment){{0.05, 10, 2}, {0, 10, 0}};
  mer_status status = read_axis(&a->time, config->model, time, path, err);
  if (status == MER_OK) status = read_axis(&a->features, config->model, features, path, err);
  if (has_embedding) *has_embedding = a->time.probability > 0 || a->features.probability > 0;
  if (status == MER_OK)
    status = mer__config_switch(&applied, config->model, "apply_spec_augment", path, err);
  if (!applied) a->time.probability = a->features.probability = 0;
  return status;
}

static int64_t count_spans(int64_t n, const mer__mask_axis *axis, double rounding) {
  const double mean = axis->probability * (double)n / (double)axis->length;
  int64_t n_spans = (int64_t)(mean + rounding);
  if (n_spans < axis->min_spans) n_spans = axis->min_spans;
  if (n_spans > n / axis->length) n_spans = n / axis->length;
  return n_spans;
}

void mer__mask_spans(bool *masked, int32_t *starts, int64_t n, const mer__mask_axis *axis,
                     double rounding, mer__rng *rng) {
  memset(masked, 0, (size_t)n * sizeof *masked);
  if (axis->length > n) return;
  const int64_t n_spans = count_spans(n, axis, rounding);
  mer__rng_permutation(rng, starts, (size_t)(n - axis->length + 1));
  for (int64_t i = 0; i < n_spans; i++)
    memset(masked + starts[i], true, (size_t)axis->length * sizeof *masked);
}

/* `site`: of the rounding; the spans have the next one. */
static mer_status draw(bool **masked, int64_t n, const mer__mask_axis *axis,
                       const mer__noise *noise, int64_t site, int64_t number, mer__arena *arena,
                       mer_error *err) {
  *masked = NULL;
  if (!noise->training || axis->probability == 0) return MER_OK;
  const mer__dropout of_batch = mer__noise_dropout(noise, 0, site);
  mer__rng rounding = {.seed = of_batch.seed, .stream = of_batch.stream};
  mer__rng rng = mer__noise_rng(noise, site + 1, number);
  int32_t *starts = mer__arena_alloc(arena, (size_t)n, sizeof *starts);
  *masked = mer__arena_alloc(arena, (size_t)n, sizeof **masked);
  if (!starts || !*masked) return mer__fail_memory(err);
  mer__mask_spans(*masked, starts, n, axis, mer__rng_uniform(&rounding), &rng);
  return MER_OK;
}

mer_status mer__spec_masks_draw(mer__spec_masks *masks, const mer__spec_augment *a, int64_t n_time,
                                int64_t n_features, const mer__noise *noise, int64_t site,
                                int64_t number, mer__arena *arena, mer_error *err) {
  mer_status status = draw(&masks->time, n_time, &a->time, noise, site, number, arena, err);
  if (status != MER_OK) return status;
  return draw(&masks->features, n_features, &a->features, noise, site + 2, number, arena, err);
}
