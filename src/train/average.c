/* average.c: the running mean of the weights of epochs. */
#include "train/average.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

mer_status mer__average_begin(float **own, mer__train_state *s, mer_error *err) {
  const int64_t n = mer__state_averaged(s, s->n_epochs + 1);
  const size_t n_bytes = (size_t)s->n * sizeof *s->params;
  *own = NULL;
  if (n == 0) return MER_OK;
  *own = mer__malloc((size_t)s->n, sizeof **own);
  if (!*own) return mer__fail_memory(err);
  memcpy(*own, s->params, n_bytes);
  if (n == 1) return MER_OK;
  for (int64_t i = 0; i < s->n; i++)
    s->params[i] = (float)(s->mean[i] + ((double)s->params[i] - s->mean[i]) / (double)n);
  return MER_OK;
}

void mer__average_end(mer__train_state *s, float *own, bool measured) {
  const size_t n_bytes = (size_t)s->n * sizeof *s->params;
  if (!own) return;
  if (measured) memcpy(s->mean, s->params, n_bytes);
  memcpy(s->params, own, n_bytes);
  mer__free(own);
}
