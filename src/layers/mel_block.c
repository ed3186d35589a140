/* mel_block.c: the convolution's result is kept as it is; all else is made of it in one pass. */
#include "layers/mel_block.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "nn/parallel.h"

mer_status mer__mel_block_declare(mer__mel_block *block, mer__params *params, const char *name,
                                  mer_error *err) {
  const int64_t shape[] = {block->out, block->in, 3, 3};
  char own[128];
  /* In the block the frames that a kernel spans are channels if x are frames. */
  block->weight =
      mer__params_add_kernel(params, MER__VECTOR, block->out, block->of_frames ? 3 : block->in,
                             block->of_frames ? 3 : 9, "%s.conv.weight", name);
  mer__params_set_file_shape(params, block->weight, 4, shape);
  if (block->weight < 0) return mer__params_fail(params, err);
  block->norm.width = block->out;
  snprintf(own, sizeof own, "%s.norm", name);
  return mer__batch_norm_declare(&block->norm, params, own, err);
}

void mer__mel_block_init(const mer__mel_block *block, mer__params *params, mer__rng *rng) {
  float *weight = mer__value(params, block->weight);
  const float bound = sqrtf(6.0f / (float)(9 * block->in));
  for (int64_t i = 0; i < 9 * block->in * block->out; i++)
    weight[i] = bound * (2 * mer__rng_uniform(rng) - 1);
  mer__batch_norm_init(&block->norm, params);
}

static mer__mel_conv conv_of(const mer__mel_block *b) {
  return (mer__mel_conv){b->n_bands, b->of_frames ? 3 : b->in, b->out, b->of_frames ? 1 : 3};
}

static mer__norm_pool pool_of(const mer__mel_block *b, const mer__mel_block_state *s) {
  return (mer__norm_pool){s->clips,   s->pooled,         b->n_bands,  b->out,
                          b->n_times, b->n_pooled_bands, b->makes_map};
}

static int64_t n_frames_of(const mer__packing *packing) {
  return packing->offsets[packing->n_utterances];
}

/* A map, of which the zeros are there. */
static float *take_map(int64_t n_frames, int64_t n_bands, int64_t channels, mer__arena *arena) {
  const int64_t size = mer__mel_map_size(n_frames, n_bands, channels);
  float *memory = mer__arena_alloc(arena, (size_t)size, sizeof *memory);
  if (memory) mer__mel_map_pad(memory + channels, n_frames, n_bands, channels);
  return memory ? memory + channels : NULL;
}

static mer_status take_state(mer__mel_block_state *s, const mer__mel_block *b, const float *x,
                             const mer__pass *pass, mer_error *err) {
  const int64_t n_frames = n_frames_of(s->clips), n_pooled = n_frames_of(s->pooled);
  const int64_t n_bands = b->n_bands / b->n_pooled_bands, n_y = n_pooled * n_bands * b->out;
  const bool training = pass->noise.training;
  s->map = x;
  if (b->of_frames) {
    float *map = take_map(n_frames, b->n_bands, 3, pass->arena);
    if (!map) return mer__fail_memory(err);
    mer__mel_map_of_frames(map, x, s->clips, b->n_bands);
    s->map = map;
  }
  s->sums = mer__arena_alloc(pass->arena, (size_t)(n_frames * b->n_bands * b->out), sizeof(float));
  s->mean = mer__arena_alloc(pass->arena, (size_t)b->out, sizeof(float));
  s->rstd = mer__arena_alloc(pass->arena, (size_t)b->out, sizeof(float));
  if (training) s->which = mer__arena_alloc(pass->arena, (size_t)n_y, sizeof *s->which);
  s->y = b->makes_map ? take_map(n_pooled, n_bands, b->out, pass->arena)
                      : mer__arena_alloc(pass->arena, (size_t)n_y, sizeof(float));
  const bool failed = !s->sums || !s->mean || !s->rstd || !s->y || (training && !s->which);
  return failed ? mer__fail_memory(err) : MER_OK;
}

/* The norm as scale and shift [out], of the batch's statistics while training. */
static mer_status find_norm(float *scale, float *shift, mer__mel_block_state *s,
                            const mer__mel_block *b, const mer__pass *pass, mer_error *err) {
  const mer__norm_pool pool = pool_of(b, s);
  const int64_t n_pixels = n_frames_of(s->clips) * b->n_bands;
  if (!pass->noise.training) {
    mer__batch_norm_constants(scale, shift, &b->norm, pass->params);
    return MER_OK;
  }
  float *scratch =
      mer__arena_alloc(pass->arena, (size_t)mer__norm_pool_scratch(&pool), sizeof *scratch);
  if (!scratch) return mer__fail_memory(err);
  mer__norm_pool_moments(s->mean, s->rstd, s->sums, &pool, scratch);
  mer__batch_norm_take(s->rstd, s->mean, &b->norm, pass->params, n_pixels);
  for (int64_t j = 0; j < b->out; j++) {
    scale[j] = s->rstd[j] * mer__value(pass->params, b->norm.gamma)[j];
    shift[j] = mer__value(pass->params, b->norm.beta)[j] - s->mean[j] * scale[j];
  }
  return MER_OK;
}

mer_status mer__mel_block_forward(mer__mel_block_state *s, const mer__mel_block *b, const float *x,
                                  const mer__packing *clips, const mer__packing *pooled,
                                  const mer__pass *pass, mer_error *err) {
  const mer__mel_conv conv = conv_of(b);
  *s = (mer__mel_block_state){.clips = clips, .pooled = pooled};
  mer_status status = take_state(s, b, x, pass, err);
  if (status != MER_OK) return status;
  float *transposed =
      mer__arena_alloc(pass->arena, (size_t)mer__mel_conv_weights(&conv), sizeof *transposed);
  float *scale = mer__arena_alloc(pass->arena, 2 * (size_t)b->out, sizeof *scale);
  if (!transposed || !scale) return mer__fail_memory(err);
  mer__mel_conv_transpose(transposed, mer__value(pass->params, b->weight), &conv);
  mer__mel_conv_forward(s->sums, s->map, transposed, clips, &conv);
  status = find_norm(scale, scale + b->out, s, b, pass, err);
  if (status != MER_OK) return status;
  const mer__norm_pool pool = pool_of(b, s);
  mer__norm_pool_forward(s->y, s->which, s->sums, scale, scale + b->out, &pool);
  return MER_OK;
}

/* The gradient of the input: a convolution of that of the sums. */
static mer_status input_backward(float *dx, const float *dsums, const mer__mel_block_state *s,
                                 const mer__mel_block *b, const mer__pass *pass, mer_error *err) {
  const mer__mel_conv conv = conv_of(b);
  const mer__mel_conv back = {conv.n_bands, conv.out, conv.in, conv.n_times};
  float *flipped =
      mer__arena_alloc(pass->arena, (size_t)mer__mel_conv_weights(&conv), sizeof *flipped);
  if (!flipped) return mer__fail_memory(err);
  mer__mel_conv_flip(flipped, mer__value(pass->params, b->weight), &conv);
  mer__mel_conv_forward(dx, dsums, flipped, s->clips, &back);
  return MER_OK;
}

mer_status mer__mel_block_backward(float *dx, const float *dy, const mer__mel_block_state *s,
                                   const mer__mel_block *b, const mer__pass *pass, mer_error *err) {
  const mer__params *params = pass->params;
  const mer__mel_conv conv = conv_of(b);
  const mer__norm_pool pool = pool_of(b, s);
  const int64_t most = mer__max(mer__norm_pool_scratch(&pool), mer__mel_conv_scratch(&conv));
  float *scratch = mer__arena_alloc(pass->arena, (size_t)most, sizeof *scratch);
  float *dsums = take_map(n_frames_of(s->clips), b->n_bands, b->out, pass->arena);
  if (!scratch || !dsums) return mer__fail_memory(err);
  mer__norm_pool_backward(dsums, mer__grad(params, b->norm.gamma), mer__grad(params, b->norm.beta),
                          dy, s->which, s->sums, s->mean, s->rstd,
                          mer__value(params, b->norm.gamma), &pool, scratch);
  mer__mel_conv_weight_gradient(mer__grad(params, b->weight), dsums, s->map, s->clips, &conv,
                                scratch);
  return dx ? input_backward(dx, dsums, s, b, pass, err) : MER_OK;
}
