/* layer_pool.c: statistics over time of each layer, standardized, and their sum. */
#include "encoder/layer_pool.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nn/rows.h"

/* Width of the scores' hidden layer, as in ECAPA-TDNN (Desplanques et al., 2020). */
enum { ATTENTION_WIDTH = 128 };

int64_t mer__layer_pool_depths(const mer__layer_pool *pool) {
  return pool->sum ? pool->n_layers + 1 : 1;
}

int64_t mer__layer_pool_width(const mer__layer_pool *pool) {
  return mer__pool_width(pool->kind, pool->hidden);
}

int64_t mer__layer_pool_size(const mer__layer_pool *pool) {
  return mer__layer_pool_depths(pool) * mer__layer_pool_width(pool);
}

mer_status mer__layer_pool_declare(mer__layer_pool *pool, mer__params *params, mer_error *err) {
  const mer__params before = *params; /* what is set of it */
  const int64_t depths = mer__layer_pool_depths(pool), width = mer__layer_pool_width(pool);
  mer_status status = MER_OK;
  params->added = true;
  params->frozen = false;
  params->prefix = NULL;
  params->group = MER__GROUP_HEAD;
  if (pool->sum) pool->weights = mer__params_add(params, MER__VECTOR, depths, 0, "layer_weights");
  if (pool->standardized) {
    pool->mean = mer__params_add(params, MER__CONSTANT, depths, width, "layer_means");
    pool->deviation = mer__params_add(params, MER__CONSTANT, depths, width, "layer_deviations");
  }
  if (pool->kind == MER__POOL_ATTENTION) {
    pool->attention = (mer__attention_pool){.in = pool->hidden, .hidden = ATTENTION_WIDTH};
    status = mer__attention_pool_declare(&pool->attention, params, "layer_attention", err);
  }
  params->added = before.added;
  params->frozen = before.frozen;
  params->prefix = before.prefix;
  params->group = before.group;
  const bool failed = pool->weights < 0 || pool->mean < 0 || pool->deviation < 0;
  return failed ? mer__params_fail(params, err) : status;
}

void mer__layer_pool_init(const mer__layer_pool *pool, mer__params *params, mer__rng *rng) {
  if (pool->kind == MER__POOL_ATTENTION) mer__attention_pool_init(&pool->attention, params, rng);
  const int64_t depths = mer__layer_pool_depths(pool), size = mer__layer_pool_size(pool);
  for (int64_t l = 0; pool->sum && l < depths; l++)
    mer__value(params, pool->weights)[l] = 1 / (float)depths;
  for (int64_t j = 0; pool->standardized && j < size; j++) {
    mer__value(params, pool->mean)[j] = 0;
    mer__value(params, pool->deviation)[j] = 1;
  }
}

/* Adds the vectors of the rows that have one to `sums` [size], or with `mean` the squares of what
 * they differ from that; the number of these rows. */
static int64_t add_rows(double *sums, const double *mean, const mer__source *source, int m,
                        int64_t size) {
  mer__input inputs[MER_MAX_MODALITIES];
  int64_t n = 0;
  for (int64_t i = 0; i < source->n; i++) {
    source->get(inputs, source, i);
    if (!inputs[m].present || !inputs[m].vector) continue;
    n++;
    for (int64_t j = 0; j < size; j++) {
      const double d = inputs[m].vector[j] - (mean ? mean[j] : 0);
      sums[j] += mean ? d * d : d;
    }
  }
  return n;
}

mer_status mer__layer_pool_fit(const mer__layer_pool *pool, mer__params *params,
                               const mer__source *source, int m, mer_error *err) {
  const int64_t size = mer__layer_pool_size(pool);
  if (!pool->standardized) return MER_OK;
  double *mean = mer__calloc(2 * (size_t)size, sizeof *mean), *squares = mean + size;
  if (!mean) return mer__fail_memory(err);
  const int64_t n = add_rows(mean, NULL, source, m, size);
  for (int64_t j = 0; j < size && n > 0; j++) mean[j] /= (double)n;
  add_rows(squares, mean, source, m, size);
  for (int64_t j = 0; j < size && n > 0; j++) {
    const double variance = squares[j] / (double)n;
    mer__value(params, pool->mean)[j] = (float)mean[j];
    mer__value(params, pool->deviation)[j] = variance > 1e-10 ? (float)sqrt(variance) : 1;
  }
  mer__free(mean);
  return MER_OK;
}

/* Which of the statistics hidden states become; -1: none. */
static int64_t depth_of(const mer__layer_pool *pool, int64_t number) {
  if (pool->sum) return number;
  return number == pool->n_layers ? 0 : -1;
}

/* Depths below the layers that are trained: their states are overwritten, and get no gradient. */
static int64_t n_frozen(const mer__layer_pool *pool) { return pool->sum ? pool->first_trained : 0; }

/* A state of them, where backward has it. */
static const float *keep(const mer__layer_pool_pass *p, int64_t depth, const float *hidden) {
  const int64_t size = p->inputs.offsets[p->inputs.n_utterances] * p->pool->hidden;
  if (!p->copies || depth >= n_frozen(p->pool)) return hidden;
  return memcpy(p->copies + depth * size, hidden, (size_t)size * sizeof *hidden);
}

static void see(void *self, int64_t number, const float *hidden) {
  const mer__layer_pool_pass *p = self;
  const mer__layer_pool *pool = p->pool;
  const int64_t depth = depth_of(pool, number), size = mer__layer_pool_size(pool);
  if (depth < 0) return;
  float *statistics = p->statistics + depth * mer__layer_pool_width(pool);
  if (p->hidden) p->hidden[depth] = hidden;
  if (pool->kind == MER__POOL_ATTENTION)
    mer__attention_pool_forward(statistics, size, p->log_sums + depth * p->inputs.n_utterances,
                                &p->attention[p->hidden ? depth : 0], &pool->attention,
                                keep(p, depth, hidden), &p->pass);
  else mer__pool_forward(statistics, size, pool->kind, hidden, &p->inputs, pool->hidden);
}

/* Adds to dhidden, unless it is NULL. */
static void attention_backward(float *dhidden, const mer__layer_pool_pass *p, int64_t depth) {
  const mer__layer_pool *pool = p->pool;
  mer__attention_pool_backward(dhidden, p->dstatistics + depth * mer__layer_pool_width(pool),
                               mer__layer_pool_size(pool), &p->attention[depth], &pool->attention,
                               &p->pass, p->scratch);
}

static void add_gradient(void *self, int64_t number, float *dhidden) {
  const mer__layer_pool_pass *p = self;
  const mer__layer_pool *pool = p->pool;
  const int64_t depth = depth_of(pool, number), at = depth * mer__layer_pool_width(pool);
  if (depth < 0) return;
  if (pool->kind == MER__POOL_ATTENTION) attention_backward(dhidden, p, depth);
  else
    mer__pool_backward(dhidden, p->dstatistics + at, p->statistics + at, mer__layer_pool_size(pool),
                       pool->kind, p->hidden[depth], &p->inputs, pool->hidden);
}

void mer__layer_pool_frozen_backward(const mer__layer_pool_pass *p) {
  for (int64_t depth = 0; p->copies && depth < n_frozen(p->pool); depth++)
    attention_backward(NULL, p, depth);
}

/* Memory of attention, over n_rows rows. */
static mer_status begin_attention(mer__layer_pool_pass *p, int64_t n_rows, mer_error *err) {
  const mer__layer_pool *pool = p->pool;
  const int64_t depths = mer__layer_pool_depths(pool), n = p->hidden ? depths : 1;
  mer__arena *arena = p->pass.arena;
  mer_status status = MER_OK;
  p->attention = mer__arena_alloc(arena, (size_t)n, sizeof *p->attention);
  p->log_sums =
      mer__arena_alloc(arena, (size_t)(depths * p->inputs.n_utterances), sizeof *p->log_sums);
  if (!p->attention || !p->log_sums) return mer__fail_memory(err);
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    status =
        mer__attention_pool_begin(&p->attention[i], &pool->attention, &p->inputs, &p->pass, err);
  if (status != MER_OK || !p->hidden) return status;
  const int64_t n_copies = n_frozen(pool) * n_rows * pool->hidden;
  const int64_t n_scratch = mer__attention_pool_scratch(&pool->attention, n_rows);
  p->copies = mer__arena_alloc(arena, (size_t)n_copies, sizeof *p->copies);
  p->scratch = mer__arena_alloc(arena, (size_t)n_scratch, sizeof *p->scratch);
  return p->copies && p->scratch ? MER_OK : mer__fail_memory(err);
}

mer_status mer__layer_pool_begin(mer__layer_pool_pass *p, const mer__layer_pool *pool,
                                 const mer__packing *inputs, float *statistics,
                                 const mer__pass *pass, mer_error *err) {
  *p = (mer__layer_pool_pass){.pool = pool,
                              .pass = *pass,
                              .inputs = *inputs,
                              .statistics = statistics,
                              .tap = {p, see, add_gradient}};
  if (pass->noise.training) {
    const int64_t n = inputs->n_utterances * mer__layer_pool_size(pool);
    p->dstatistics = mer__arena_alloc(pass->arena, (size_t)n, sizeof(float));
    p->hidden =
        mer__arena_alloc(pass->arena, (size_t)mer__layer_pool_depths(pool), sizeof(const float *));
    if (!p->dstatistics || !p->hidden) return mer__fail_memory(err);
  }
  if (pool->kind != MER__POOL_ATTENTION) return MER_OK;
  return begin_attention(p, inputs->offsets[inputs->n_utterances], err);
}

static void merge_layer(mer__layer_pool_part *part, const mer__layer_pool_part *more, int64_t layer,
                        const mer__layer_pool *pool) {
  const int64_t at = layer * mer__layer_pool_width(pool);
  if (pool->kind == MER__POOL_ATTENTION)
    mer__attention_pool_merge(part->statistics + at, part->log_sums + layer, more->statistics + at,
                              more->log_sums[layer], pool->hidden);
  else
    mer__pool_merge(part->statistics + at, part->n_rows, more->statistics + at, more->n_rows,
                    pool->kind, pool->hidden);
}

void mer__layer_pool_merge(mer__layer_pool_part *part, const mer__layer_pool_part *more,
                           const mer__layer_pool *pool) {
  const int64_t depths = mer__layer_pool_depths(pool);
  if (part->n_rows == 0) {
    const size_t n = (size_t)mer__layer_pool_size(pool);
    memcpy(part->statistics, more->statistics, n * sizeof *part->statistics);
    if (pool->kind == MER__POOL_ATTENTION)
      memcpy(part->log_sums, more->log_sums, (size_t)depths * sizeof *part->log_sums);
  } else {
    for (int64_t l = 0; l < depths; l++) merge_layer(part, more, l, pool);
  }
  part->n_rows += more->n_rows;
}

static void fill_weights(float *w, const mer__layer_pool *pool, const mer__params *params) {
  const int64_t n = mer__layer_pool_depths(pool);
  w[0] = 1;
  if (!pool->sum) return;
  const float *logits = mer__value(params, pool->weights);
  float most = logits[0], total = 0;
  for (int64_t l = 1; l < n; l++) most = logits[l] > most ? logits[l] : most;
  for (int64_t l = 0; l < n; l++) total += w[l] = expf(logits[l] - most);
  for (int64_t l = 0; l < n; l++) w[l] /= total;
}

mer_status mer__layer_pool_forward(float *vectors, mer__layer_pool_state *state,
                                   const mer__layer_pool *pool, const float *statistics, int64_t n,
                                   const mer__pass *pass, mer_error *err) {
  const int64_t depths = mer__layer_pool_depths(pool), width = mer__layer_pool_width(pool);
  const int64_t size = depths * width;
  *state = (mer__layer_pool_state){
      .n = n,
      .weights = mer__arena_alloc(pass->arena, (size_t)depths, sizeof(float)),
      .standardized = mer__arena_alloc(pass->arena, (size_t)(n * size), sizeof(float))};
  if (!state->weights || !state->standardized) return mer__fail_memory(err);
  fill_weights(state->weights, pool, pass->params);
  memset(vectors, 0, (size_t)(n * width) * sizeof *vectors);
  for (int64_t i = 0; i < n; i++) {
    float *z = state->standardized + i * size;
    if (pool->standardized)
      mer__rows_standardize(z, statistics + i * size, mer__value(pass->params, pool->mean),
                            mer__value(pass->params, pool->deviation), size);
    else memcpy(z, statistics + i * size, (size_t)size * sizeof *z);
    for (int64_t l = 0; l < depths; l++)
      mer__rows_scale_add(vectors + i * width, z + l * width, state->weights[l], width);
  }
  return MER_OK;
}

/* From the gradients of the weights, which softmax gave, to those of the parameters. */
static void weights_backward(const mer__layer_pool *pool, const mer__layer_pool_state *state,
                             const float *dweights, const mer__params *params) {
  const int64_t n = mer__layer_pool_depths(pool);
  float *dlogits = mer__grad(params, pool->weights), sum = 0;
  for (int64_t l = 0; l < n; l++) sum += state->weights[l] * dweights[l];
  for (int64_t l = 0; l < n; l++) dlogits[l] += state->weights[l] * (dweights[l] - sum);
}

static void statistics_backward(float *dstatistics, const mer__layer_pool *pool,
                                const mer__layer_pool_state *state, const float *dvectors,
                                const mer__params *params) {
  const int64_t depths = mer__layer_pool_depths(pool), width = mer__layer_pool_width(pool);
  const float *deviation = pool->standardized ? mer__value(params, pool->deviation) : NULL;
  for (int64_t i = 0; i < state->n; i++)
    for (int64_t l = 0; l < depths; l++)
      for (int64_t j = 0; j < width; j++)
        dstatistics[(i * depths + l) * width + j] = state->weights[l] * dvectors[i * width + j] /
                                                    (deviation ? deviation[l * width + j] : 1);
}

mer_status mer__layer_pool_backward(float *dstatistics, const mer__layer_pool *pool,
                                    const mer__layer_pool_state *state, const float *dvectors,
                                    const mer__pass *pass, mer_error *err) {
  const int64_t depths = mer__layer_pool_depths(pool), width = mer__layer_pool_width(pool);
  if (dstatistics) statistics_backward(dstatistics, pool, state, dvectors, pass->params);
  if (!pool->sum) return MER_OK;
  float *dweights = mer__arena_alloc(pass->arena, (size_t)depths, sizeof *dweights);
  if (!dweights) return mer__fail_memory(err);
  for (int64_t l = 0; l < depths; l++) {
    double sum = 0;
    for (int64_t i = 0; i < state->n; i++)
      sum += mer__rows_dot(dvectors + i * width, state->standardized + (i * depths + l) * width,
                           width);
    dweights[l] = (float)sum;
  }
  weights_backward(pool, state, dweights, pass->params);
  return MER_OK;
}
