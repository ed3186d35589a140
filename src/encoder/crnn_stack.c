/* crnn_stack.c: both passes through a CRNN. */
#include "encoder/crnn_stack.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/dropout.h"

/* Sites of dropout: of the LSTM's input and of its result. */
enum { INPUT_SITE = MER__CRNN_FRAMES_SITES, OUTPUT_SITE };

/* What forward keeps for backward. */
struct mer__crnn_state {
  mer__packing clips[MER__CRNN_MAX_BLOCKS + 1]; /* frames before the blocks, and after each */
  mer__mel_block_state blocks[MER__CRNN_MAX_BLOCKS];
  mer__bilstm_state lstm;
  mer__attention_pool_state pool;
};

static mer_status declare_blocks(mer__crnn_stack *stack, mer__params *params, const char *name,
                                 mer_error *err) {
  const mer__crnn_config *c = &stack->config;
  int64_t n_bands = stack->frames.n_bands;
  mer_status status = MER_OK;
  for (int64_t i = 0; i < c->n_blocks && status == MER_OK; i++, n_bands /= 2) {
    char own[64];
    snprintf(own, sizeof own, "%s.blocks.%d", name, (int)i);
    stack->blocks[i] = (mer__mel_block){.n_bands = n_bands,
                                        .in = i == 0 ? 1 : c->channels[i - 1],
                                        .out = c->channels[i],
                                        .of_frames = i == 0,
                                        .n_times = c->time_pooling[i],
                                        .n_pooled_bands = 2,
                                        .makes_map = i + 1 < c->n_blocks};
    status = mer__mel_block_declare(&stack->blocks[i], params, own, err);
  }
  return status;
}

/* Numbers of a frame after the blocks. */
static int64_t features_of(const mer__crnn_stack *stack) {
  const mer__mel_block *last = &stack->blocks[stack->config.n_blocks - 1];
  return last->n_bands / last->n_pooled_bands * last->out;
}

mer_status mer__crnn_stack_declare(mer__crnn_stack *stack, mer__params *params, const char *name,
                                   mer_error *err) {
  const mer__crnn_config *c = &stack->config;
  char own[64];
  mer_status status;
  MER__CHECK(mer__crnn_frames_declare(&stack->frames, params, name, err));
  MER__CHECK(declare_blocks(stack, params, name, err));
  stack->lstm = (mer__bilstm){.in = features_of(stack), .hidden = c->hidden};
  stack->pool = (mer__attention_pool){.in = 2 * c->hidden, .hidden = c->attention};
  snprintf(own, sizeof own, "%s.lstm", name);
  MER__CHECK(mer__bilstm_declare(&stack->lstm, params, own, err));
  snprintf(own, sizeof own, "%s.attention", name);
  MER__CHECK(mer__attention_pool_declare(&stack->pool, params, own, err));
cleanup:
  return status;
}

void mer__crnn_stack_init(const mer__crnn_stack *stack, mer__params *params, mer__rng *rng) {
  for (int64_t j = 0; j < stack->frames.n_bands; j++)
    mer__value(params, stack->frames.deviation)[j] = 1;
  for (int64_t i = 0; i < stack->config.n_blocks; i++)
    mer__mel_block_init(&stack->blocks[i], params, rng);
  mer__bilstm_init(&stack->lstm, params, rng);
  mer__attention_pool_init(&stack->pool, params, rng);
}

/* The frames of each clip after a block. */
static mer_status pack_pooled(mer__packing *pooled, const mer__packing *clips, int64_t n_times,
                              mer__arena *arena, mer_error *err) {
  const int32_t n = clips->n_utterances;
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!offsets) return mer__fail_memory(err);
  offsets[0] = 0;
  for (int32_t b = 0; b < n; b++)
    offsets[b + 1] = offsets[b] + (int32_t)mer__pooled_frames(
                                      clips->offsets[b + 1] - clips->offsets[b], n_times);
  *pooled = (mer__packing){n, offsets};
  return MER_OK;
}

static int64_t n_rows_of(const mer__packing *packing) {
  return packing->offsets[packing->n_utterances];
}

static void drop(float *x, int64_t n, const mer__crnn_stack *stack, int64_t site,
                 const mer__pass *pass) {
  const mer__dropout dropout = mer__noise_dropout(&pass->noise, stack->config.dropout, site);
  mer__dropout_apply(x, x, n, &dropout);
}

/* From the frames to the LSTM's input, `*x`. */
static mer_status run_blocks(float **x, mer__crnn_state *s, const mer__crnn_stack *stack,
                             const mer__pass *pass, mer_error *err) {
  mer_status status = MER_OK;
  for (int64_t i = 0; i < stack->config.n_blocks && status == MER_OK; i++) {
    const mer__mel_block *block = &stack->blocks[i];
    status = pack_pooled(&s->clips[i + 1], &s->clips[i], block->n_times, pass->arena, err);
    if (status == MER_OK)
      status = mer__mel_block_forward(&s->blocks[i], block, *x, &s->clips[i], &s->clips[i + 1],
                                      pass, err);
    *x = s->blocks[i].y;
  }
  return status;
}

mer_status mer__crnn_stack_forward(float *vectors, mer__crnn_state **state_out,
                                   const mer__crnn_stack *stack, const mer__input *const *inputs,
                                   int64_t n, const mer__pass *pass, mer_error *err) {
  const int64_t n_blocks = stack->config.n_blocks, width = mer__crnn_stack_width(stack);
  mer__crnn_state *s = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *s);
  float *x;
  mer_status status;
  if (!s) return mer__fail_memory(err);
  MER__CHECK(mer__crnn_frames_take(&x, &s->clips[0], &stack->frames, inputs, n, pass, err));
  MER__CHECK(run_blocks(&x, s, stack, pass, err));
  const mer__packing *rows = &s->clips[n_blocks];
  float *y = mer__arena_alloc(pass->arena, (size_t)(n_rows_of(rows) * width), sizeof *y);
  float *dropped = mer__arena_alloc(pass->arena, (size_t)(n_rows_of(rows) * width), sizeof *y);
  if (!y || !dropped) return mer__fail_memory(err);
  drop(x, n_rows_of(rows) * features_of(stack), stack, INPUT_SITE, pass);
  MER__CHECK(mer__bilstm_forward(y, &s->lstm, &stack->lstm, x, rows, pass, err));
  const mer__dropout dropout = mer__noise_dropout(&pass->noise, stack->config.dropout, OUTPUT_SITE);
  mer__dropout_apply(dropped, y, n_rows_of(rows) * width, &dropout);
  MER__CHECK(mer__attention_pool_begin(&s->pool, &stack->pool, rows, pass, err));
  mer__attention_pool_forward(vectors, width, NULL, &s->pool, &stack->pool, dropped, pass);
cleanup:
  return status;
}

/* For dy of the last block's result, which is overwritten. */
static mer_status blocks_backward(float *dy, const mer__crnn_state *s, const mer__crnn_stack *stack,
                                  const mer__pass *pass, mer_error *err) {
  mer_status status = MER_OK;
  for (int64_t i = stack->config.n_blocks - 1; i >= 0 && status == MER_OK; i--) {
    const mer__mel_block *block = &stack->blocks[i];
    const int64_t size = n_rows_of(&s->clips[i]) * block->n_bands * block->in;
    float *dx = i > 0 ? mer__arena_alloc(pass->arena, (size_t)size, sizeof *dx) : NULL;
    if (i > 0 && !dx) return mer__fail_memory(err);
    status = mer__mel_block_backward(dx, dy, &s->blocks[i], block, pass, err);
    dy = dx;
  }
  return status;
}

mer_status mer__crnn_stack_backward(const mer__crnn_stack *stack, const mer__crnn_state *s,
                                    const float *dvectors, const mer__pass *pass, mer_error *err) {
  const int64_t n_rows = n_rows_of(&s->clips[stack->config.n_blocks]);
  const int64_t width = mer__crnn_stack_width(stack), n_features = features_of(stack);
  float *drows = mer__arena_alloc(pass->arena, (size_t)(n_rows * width), sizeof *drows);
  float *dx = mer__arena_alloc(pass->arena, (size_t)(n_rows * n_features), sizeof *dx);
  const int64_t n_scratch = mer__attention_pool_scratch(&stack->pool, n_rows);
  float *scratch = mer__arena_alloc(pass->arena, (size_t)n_scratch, sizeof *scratch);
  mer_status status;
  if (!drows || !dx || !scratch) return mer__fail_memory(err);
  memset(drows, 0, (size_t)(n_rows * width) * sizeof *drows);
  mer__attention_pool_backward(drows, dvectors, width, &s->pool, &stack->pool, pass, scratch);
  drop(drows, n_rows * width, stack, OUTPUT_SITE, pass);
  MER__CHECK(mer__bilstm_backward(dx, drows, &s->lstm, &stack->lstm, pass, err));
  drop(dx, n_rows * n_features, stack, INPUT_SITE, pass);
  MER__CHECK(blocks_backward(dx, s, stack, pass, err));
cleanup:
  return status;
}
