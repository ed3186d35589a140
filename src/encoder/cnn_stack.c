/* cnn_stack.c: both passes through a CNN. A block is a layer where layers are frozen. */
#include "encoder/cnn_stack.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "layers/image_maps.h"
#include "layers/pooling.h"
#include "nn/dropout.h"
#include "nn/max_pool.h"
#include "nn/parallel.h"

static const mer__window2d pool_window = {.kernel = 2, .stride = 2, .padding = 0};

/* What forward keeps for backward, of each block. */
typedef struct block_state {
  mer__conv_norm_state units[MER__CNN_MAX_UNITS];
  mer__map in, pooled;
  int32_t *which; /* of the pooling */
} block_state;

struct mer__cnn_state {
  block_state blocks[MER__CNN_MAX_BLOCKS];
  mer__packing images; /* pixels of each image in the last map */
};

mer_status mer__cnn_stack_declare(mer__cnn_stack *stack, mer__params *params, mer_error *err) {
  const mer__cnn_config *c = &stack->config;
  int64_t in = c->n_channels;
  mer_status status =
      mer__params_first_trained_layer(&stack->first_trained, params, c->n_blocks, err);
  if (status == MER_OK && params->adapter_rank > 0)
    status = mer__fail(err, MER_STATUS_INVALID,
                       "a CNN has no queries and values that adapters could adapt");
  for (int64_t b = 0; b < c->n_blocks; b++) {
    params->group = MER__GROUP_LAYER + (int)b;
    for (int64_t u = 0; u < c->depths[b] && status == MER_OK; u++) {
      char name[64];
      snprintf(name, sizeof name, "blocks.%d.%d", (int)b, (int)u);
      stack->units[b][u] = (mer__conv_norm){
          .conv = {.in = in, .out = c->hidden_sizes[b], .window = {3, 1, 1}}, .relu = true};
      in = c->hidden_sizes[b];
      status = mer__conv_norm_declare(&stack->units[b][u], params, name, err);
    }
  }
  return status;
}

void mer__cnn_stack_init(const mer__cnn_stack *stack, mer__params *params, mer__rng *rng) {
  for (int64_t b = 0; b < stack->config.n_blocks; b++)
    for (int64_t u = 0; u < stack->config.depths[b]; u++)
      mer__conv_norm_init(&stack->units[b][u], params, rng);
}

int64_t mer__cnn_stack_width(const mer__cnn_stack *stack) {
  return stack->config.hidden_sizes[stack->config.n_blocks - 1];
}

/* After the convolutions of a block the map is as large as before. */
mer__map mer__cnn_stack_map(const mer__cnn_stack *stack, mer__map in) {
  for (int64_t b = 0; b < stack->config.n_blocks; b++) in = mer__window2d_map(pool_window, in);
  return in;
}

/* The most floats of a map, and of scratch for a convolution. */
static void find_most(int64_t *floats, int64_t *scratch, const mer__cnn_stack *stack, mer__map map,
                      mer__conv2d_needs *of_conv, const mer__pass *pass) {
  *floats = *scratch = 0;
  for (int64_t b = 0; b < stack->config.n_blocks; b++) {
    for (int64_t u = 0; u < stack->config.depths[b]; u++)
      *scratch = mer__max(*scratch, of_conv(&stack->units[b][u].conv, map, pass));
    *floats = mer__max(*floats, mer__map_pixels(map) * stack->config.hidden_sizes[b]);
    map = mer__window2d_map(pool_window, map);
  }
}

static mer__dropout dropout_of(const mer__cnn_stack *stack, int64_t block, const mer__pass *pass) {
  return mer__noise_dropout(&pass->noise, stack->config.dropout, block);
}

/* Block b of x; `*y`: its result. */
static mer_status run_block(const float **y, block_state *s, const mer__cnn_stack *stack, int64_t b,
                            const float *x, mer__map_room *room, const mer__pass *pass,
                            float *scratch, mer_error *err) {
  const int64_t channels = stack->config.hidden_sizes[b];
  const bool training = pass->noise.training;
  room->training = training;
  for (int64_t u = 0; u < stack->config.depths[b]; u++) {
    mer_status status = mer__conv_norm_run(&s->units[u], &stack->units[b][u], x, s->in, NULL, room,
                                           pass, scratch, err);
    if (status != MER_OK) return status;
    x = s->units[u].y;
  }
  s->pooled = mer__window2d_map(pool_window, s->in);
  const int64_t n_pooled = mer__map_pixels(s->pooled) * channels;
  float *pooled = mer__map_room_take(room, n_pooled);
  if (training) s->which = mer__arena_alloc(pass->arena, (size_t)n_pooled, sizeof *s->which);
  if (!pooled || (training && !s->which)) return mer__fail_memory(err);
  mer__max_pool_forward(pooled, s->which, x, s->in, channels, pool_window);
  const mer__dropout dropout = dropout_of(stack, b, pass);
  if (dropout.rate > 0) mer__dropout_apply(pooled, pooled, n_pooled, &dropout);
  *y = pooled;
  return MER_OK;
}

mer_status mer__cnn_stack_forward(float *vectors, mer__cnn_state **state_out,
                                  const mer__cnn_stack *stack, const float *const *images,
                                  mer__map in, const mer__pass *pass, mer_error *err) {
  const int64_t width = mer__cnn_stack_width(stack);
  mer__cnn_state *s = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *s);
  const float *x = mer__map_of_images(images, in, stack->config.n_channels, pass->arena);
  int64_t most, n_scratch;
  find_most(&most, &n_scratch, stack, in, mer__conv2d_scratch, pass);
  float *scratch = mer__arena_alloc(pass->arena, (size_t)n_scratch, sizeof *scratch);
  const mer__pass first = mer__pass_of_part(pass, stack->first_trained == 0);
  mer__map_room room;
  mer_status status;
  if (!s || !x || !scratch) return mer__fail_memory(err);
  MER__CHECK(mer__map_room_begin(&room, most, &first, err));
  for (int64_t b = 0; b < stack->config.n_blocks; b++) {
    const mer__pass own = mer__pass_of_part(pass, b >= stack->first_trained);
    s->blocks[b] = (block_state){.in = in};
    MER__CHECK(run_block(&x, &s->blocks[b], stack, b, x, &room, &own, scratch, err));
    in = s->blocks[b].pooled;
  }
  MER__CHECK(mer__map_pack(&s->images, in, pass->arena, err));
  mer__pool_forward(vectors, width, MER__POOL_MEAN, x, &s->images, width);
cleanup:
  return status;
}

/* For dy of block b's result; `*dx`, unless dx is NULL, becomes that of its input. */
static mer_status block_backward(float **dx, float *dy, const block_state *s,
                                 const mer__cnn_stack *stack, int64_t b, const mer__pass *pass,
                                 float *scratch, mer_error *err) {
  const int64_t channels = stack->config.hidden_sizes[b];
  const int64_t n = mer__map_pixels(s->in) * channels;
  const mer__dropout dropout = dropout_of(stack, b, pass);
  float *dunit = mer__arena_alloc(pass->arena, (size_t)n, sizeof *dunit);
  if (!dunit) return mer__fail_memory(err);
  if (dropout.rate > 0) mer__dropout_apply(dy, dy, mer__map_pixels(s->pooled) * channels, &dropout);
  mer__max_pool_backward(dunit, dy, s->which, s->in, channels, pool_window);
  mer_status status = MER_OK;
  for (int64_t u = stack->config.depths[b] - 1; u >= 0 && status == MER_OK; u--)
    status = mer__conv_norm_run_back(u > 0 ? &dunit : dx, dunit, &s->units[u], &stack->units[b][u],
                                     pass, scratch, err);
  return status;
}

mer_status mer__cnn_stack_backward(const mer__cnn_stack *stack, const mer__cnn_state *s,
                                   const float *dvectors, const mer__pass *pass, mer_error *err) {
  const int64_t width = mer__cnn_stack_width(stack), last = stack->config.n_blocks - 1;
  const int64_t n = mer__map_pixels(s->blocks[last].pooled) * width;
  int64_t most, n_scratch;
  find_most(&most, &n_scratch, stack, s->blocks[0].in, mer__conv2d_backward_scratch, pass);
  float *scratch = mer__arena_alloc(pass->arena, (size_t)n_scratch, sizeof *scratch);
  float *dy = mer__arena_alloc(pass->arena, (size_t)n, sizeof *dy);
  mer_status status = scratch && dy ? MER_OK : mer__fail_memory(err);
  if (status != MER_OK) return status;
  memset(dy, 0, (size_t)n * sizeof *dy);
  mer__pool_backward(dy, dvectors, NULL, width, MER__POOL_MEAN, NULL, &s->images, width);
  for (int64_t b = last; b >= stack->first_trained && status == MER_OK; b--)
    status = block_backward(b > stack->first_trained ? &dy : NULL, dy, &s->blocks[b], stack, b,
                            pass, scratch, err);
  return status;
}
