/* relative_bias.c: from the table to values by distance, and back. */
#include "layers/relative_bias.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

mer__relative_bias mer__relative_bias_declare(mer__params *params, int64_t n_buckets,
                                              int64_t max_distance, int64_t n_heads,
                                              const char *name) {
  const int64_t table = mer__params_add(params, MER__VECTOR, n_buckets, n_heads, "%s", name);
  return (mer__relative_bias){table, n_buckets, max_distance, n_heads};
}

mer_status mer__relative_bias_check(int64_t n_buckets, int64_t max_distance, const char *key,
                                    const char *path, mer_error *err) {
  if (n_buckets >= 4 && max_distance > n_buckets / 4) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: '%s' is %lld, expected at least 4, and less than 4 times the largest "
                   "distance of %lld",
                   path, key, (long long)n_buckets, (long long)max_distance);
}

/* The logarithm is taken in f32, in the order of the original, so that the edges of the buckets are
 * the same. */
int64_t mer__relative_bucket(int64_t distance, int64_t n_buckets, int64_t max_distance) {
  const int64_t half = n_buckets / 2, exact = half / 2;
  const int64_t first = distance > 0 ? half : 0, n = distance < 0 ? -distance : distance;
  if (n < exact) return first + n;
  const float ratio =
      logf((float)n / (float)exact) / (float)log((double)max_distance / (double)exact);
  const int64_t bucket = exact + (int64_t)(ratio * (float)(half - exact));
  return first + (bucket < half ? bucket : half - 1);
}

static int64_t longest(const mer__packing *packing) {
  int64_t most = 1;
  for (int32_t b = 0; b < packing->n_utterances; b++) {
    const int64_t n = packing->offsets[b + 1] - packing->offsets[b];
    if (n > most) most = n;
  }
  return most;
}

mer_status mer__relative_bias_forward(mer__attention_bias *bias, const mer__relative_bias *relative,
                                      const mer__packing *packing, const mer__pass *pass,
                                      mer_error *err) {
  const int64_t reach = longest(packing), width = 2 * reach - 1, n_heads = relative->n_heads;
  const float *table = mer__value(pass->params, relative->table);
  float *values = mer__arena_alloc(pass->arena, (size_t)(n_heads * width), sizeof *values);
  if (!values) return mer__fail_memory(err);
  for (int64_t i = 0; i < width; i++) {
    const int64_t bucket =
        mer__relative_bucket(i - (reach - 1), relative->n_buckets, relative->max_distance);
    for (int64_t a = 0; a < n_heads; a++) values[a * width + i] = table[bucket * n_heads + a];
  }
  *bias = (mer__attention_bias){.reach = reach, .values = values};
  return MER_OK;
}

mer_status mer__relative_bias_begin_backward(mer__attention_bias *bias,
                                             const mer__relative_bias *relative,
                                             const mer__packing *packing, const mer__pass *pass,
                                             mer_error *err) {
  const int64_t n = packing->n_utterances * relative->n_heads * (2 * bias->reach - 1);
  bias->dvalues = mer__arena_alloc(pass->arena, (size_t)n, sizeof(float));
  if (!bias->dvalues) return mer__fail_memory(err);
  memset(bias->dvalues, 0, (size_t)n * sizeof(float));
  return MER_OK;
}

void mer__relative_bias_backward(const mer__attention_bias *bias,
                                 const mer__relative_bias *relative, const mer__packing *packing,
                                 const mer__pass *pass) {
  const int64_t width = 2 * bias->reach - 1, n_heads = relative->n_heads;
  float *dtable = mer__grad(pass->params, relative->table);
  for (int64_t row = 0; row < packing->n_utterances * n_heads; row++)
    for (int64_t i = 0; i < width; i++) {
      const int64_t bucket =
          mer__relative_bucket(i - (bias->reach - 1), relative->n_buckets, relative->max_distance);
      dtable[bucket * n_heads + row % n_heads] += bias->dvalues[row * width + i];
    }
}
