/* resnet_stack.c: the network of transformers' ResNetModel (release 5.24). */
#include "encoder/resnet_stack.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "layers/image_maps.h"
#include "layers/pooling.h"
#include "nn/max_pool.h"
#include "nn/parallel.h"

static const mer__window2d pool_window = {.kernel = 3, .stride = 2, .padding = 1};

/* What forward keeps for backward. */
struct mer__resnet_state {
  mer__conv_norm_state stem;
  mer__map stem_map, last_map;
  int32_t *which; /* of the pooling */
  mer__residual_state *layers;
  mer__packing images; /* pixels of each image in the last map */
};

static mer__conv_norm unit_of(int64_t in, int64_t out, int64_t kernel, int64_t stride, bool relu) {
  return (mer__conv_norm){
      .conv = {.in = in,
               .out = out,
               .window = {.kernel = kernel, .stride = stride, .padding = kernel / 2}},
      .relu = relu};
}

static mer__residual layer_of(const mer__resnet_config *c, int64_t in, int64_t out,
                              int64_t stride) {
  const bool early = c->downsample_in_bottleneck;
  const int64_t inner = out / MER__RESNET_REDUCTION;
  mer__residual layer = {.n_units = c->bottleneck ? 3 : 2,
                         .has_shortcut = in != out || stride != 1,
                         .shortcut = unit_of(in, out, 1, stride, false)};
  if (c->bottleneck) {
    layer.units[0] = unit_of(in, inner, 1, early ? stride : 1, true);
    layer.units[1] = unit_of(inner, inner, 3, early ? 1 : stride, true);
    layer.units[2] = unit_of(inner, out, 1, 1, true);
  } else {
    layer.units[0] = unit_of(in, out, 3, stride, true);
    layer.units[1] = unit_of(out, out, 3, 1, true);
  }
  return layer;
}

static mer_status declare_stages(mer__resnet_stack *stack, mer__params *params, mer_error *err) {
  const mer__resnet_config *c = &stack->config;
  int64_t in = c->embedding_size;
  mer__residual *next = stack->layers;
  for (int64_t s = 0; s < c->n_stages; s++)
    for (int64_t l = 0; l < c->depths[s]; l++) {
      const int64_t stride = l == 0 && (s > 0 || c->downsample_in_first_stage) ? 2 : 1;
      char name[64];
      snprintf(name, sizeof name, "encoder.stages.%d.layers.%d", (int)s, (int)l);
      params->group = MER__GROUP_LAYER + (int)(next - stack->layers);
      *next = layer_of(c, in, c->hidden_sizes[s], stride);
      in = c->hidden_sizes[s];
      mer_status status = mer__residual_declare(next++, params, name, err);
      if (status != MER_OK) return status;
    }
  return MER_OK;
}

mer_status mer__resnet_stack_declare(mer__resnet_stack *stack, mer__params *params,
                                     mer_error *err) {
  const mer__resnet_config *c = &stack->config;
  for (int64_t s = 0; s < c->n_stages; s++) stack->n_layers += c->depths[s];
  mer_status status =
      mer__params_first_trained_layer(&stack->first_trained, params, stack->n_layers, err);
  if (status != MER_OK) return status;
  if (params->adapter_rank > 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "a residual network has no queries and values that adapters could adapt");
  stack->stem_trained = mer__params_trains(params, MER__GROUP_STEM);
  stack->layers = mer__calloc((size_t)stack->n_layers, sizeof *stack->layers);
  if (!stack->layers) return mer__fail_memory(err);
  stack->stem = unit_of(c->n_channels, c->embedding_size, c->stem_kernel, c->stem_stride, true);
  status = mer__conv_norm_declare(&stack->stem, params, "embedder.embedder", err);
  return status == MER_OK ? declare_stages(stack, params, err) : status;
}

void mer__resnet_stack_init(const mer__resnet_stack *stack, mer__params *params, mer__rng *rng) {
  mer__conv_norm_init(&stack->stem, params, rng);
  for (int64_t l = 0; l < stack->n_layers; l++) mer__residual_init(&stack->layers[l], params, rng);
}

void mer__resnet_stack_clear(mer__resnet_stack *stack) {
  mer__free(stack->layers);
  *stack = (mer__resnet_stack){0};
}

int64_t mer__resnet_stack_width(const mer__resnet_stack *stack) {
  return stack->config.hidden_sizes[stack->config.n_stages - 1];
}

/* The maps after the stem's convolution and after its pooling. */
static mer__map stem_map(const mer__resnet_stack *stack, mer__map in) {
  return mer__window2d_map(stack->stem.conv.window, in);
}
static mer__map pooled_map(const mer__resnet_stack *stack, mer__map in) {
  const mer__map map = stem_map(stack, in);
  return stack->config.stem_pooling ? mer__window2d_map(pool_window, map) : map;
}

mer__map mer__resnet_stack_map(const mer__resnet_stack *stack, mer__map in) {
  mer__map map = pooled_map(stack, in);
  for (int64_t l = 0; l < stack->n_layers; l++) map = mer__residual_map(&stack->layers[l], map);
  return map;
}

/* The most floats of a map. */
static int64_t most_floats(const mer__resnet_stack *stack, mer__map in) {
  int64_t most = mer__map_pixels(stem_map(stack, in)) * stack->config.embedding_size;
  mer__map map = pooled_map(stack, in);
  for (int64_t l = 0; l < stack->n_layers; l++) {
    most = mer__max(most, mer__residual_most(&stack->layers[l], map));
    map = mer__residual_map(&stack->layers[l], map);
  }
  return most;
}

/* Scratch that serves each convolution; NULL: memory is out. */
static float *take_scratch(const mer__resnet_stack *stack, mer__map in, mer__conv2d_needs *of_stem,
                           int64_t of_layer(const mer__residual *layer, mer__map in,
                                            const mer__pass *pass),
                           const mer__pass *pass) {
  int64_t most = of_stem(&stack->stem.conv, in, pass);
  mer__map map = pooled_map(stack, in);
  for (int64_t l = 0; l < stack->n_layers; l++) {
    most = mer__max(most, of_layer(&stack->layers[l], map, pass));
    map = mer__residual_map(&stack->layers[l], map);
  }
  return mer__arena_alloc(pass->arena, (size_t)most, sizeof(float));
}

/* From the images to the first layer's input. */
static mer_status run_stem(const float **y, mer__resnet_state *s, const mer__resnet_stack *stack,
                           const float *const *images, mer__map in, mer__map_room *room,
                           const mer__pass *pass, float *scratch, mer_error *err) {
  const int64_t channels = stack->config.embedding_size;
  const int64_t n_pooled = mer__map_pixels(pooled_map(stack, in)) * channels;
  const bool training = pass->noise.training;
  const float *x = mer__map_of_images(images, in, stack->config.n_channels, pass->arena);
  if (!x) return mer__fail_memory(err);
  mer_status status =
      mer__conv_norm_run(&s->stem, &stack->stem, x, in, NULL, room, pass, scratch, err);
  *y = s->stem.y;
  if (status != MER_OK || !stack->config.stem_pooling) return status;
  float *pooled = mer__map_room_take(room, n_pooled);
  if (training) s->which = mer__arena_alloc(pass->arena, (size_t)n_pooled, sizeof *s->which);
  if (!pooled || (training && !s->which)) return mer__fail_memory(err);
  mer__max_pool_forward(pooled, s->which, s->stem.y, s->stem_map, channels, pool_window);
  *y = pooled;
  return MER_OK;
}

mer_status mer__resnet_stack_forward(float *vectors, mer__resnet_state **state_out,
                                     const mer__resnet_stack *stack, const float *const *images,
                                     mer__map in, const mer__pass *pass, mer_error *err) {
  mer__resnet_state *s = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *s);
  float *scratch = take_scratch(stack, in, mer__conv2d_scratch, mer__residual_scratch, pass);
  mer__map_room room;
  const float *x;
  mer_status status;
  if (!s || !scratch) return mer__fail_memory(err);
  *s = (mer__resnet_state){.stem_map = stem_map(stack, in)};
  s->layers = mer__arena_alloc(pass->arena, (size_t)stack->n_layers, sizeof *s->layers);
  if (!s->layers) return mer__fail_memory(err);
  const mer__pass of_stem = mer__pass_of_part(pass, stack->stem_trained);
  MER__CHECK(mer__map_room_begin(&room, most_floats(stack, in), &of_stem, err));
  MER__CHECK(run_stem(&x, s, stack, images, in, &room, &of_stem, scratch, err));
  s->last_map = pooled_map(stack, in);
  for (int64_t l = 0; l < stack->n_layers; l++) {
    const mer__pass own = mer__pass_of_part(pass, l >= stack->first_trained);
    float *y;
    room.training = own.noise.training;
    MER__CHECK(mer__residual_forward(&y, &s->last_map, &s->layers[l], &stack->layers[l], x,
                                     s->last_map, &room, &own, scratch, err));
    x = y;
  }
  MER__CHECK(mer__map_pack(&s->images, s->last_map, pass->arena, err));
  const int64_t width = mer__resnet_stack_width(stack);
  mer__pool_forward(vectors, width, MER__POOL_MEAN, x, &s->images, width);
cleanup:
  return status;
}

mer_status mer__resnet_stack_backward(const mer__resnet_stack *stack, const mer__resnet_state *s,
                                      const float *dvectors, const mer__pass *pass,
                                      mer_error *err) {
  const int64_t width = mer__resnet_stack_width(stack);
  const int64_t n_stem = mer__map_pixels(s->stem_map) * stack->config.embedding_size;
  float *scratch = take_scratch(stack, s->stem.in, mer__conv2d_backward_scratch,
                                mer__residual_backward_scratch, pass);
  const int64_t n_pooled = mer__map_pixels(s->last_map) * width;
  float *dy = mer__arena_alloc(pass->arena, (size_t)n_pooled, sizeof *dy);
  if (!scratch || !dy) return mer__fail_memory(err);
  memset(dy, 0, (size_t)n_pooled * sizeof *dy);
  mer__pool_backward(dy, dvectors, NULL, width, MER__POOL_MEAN, NULL, &s->images, width);
  for (int64_t l = stack->n_layers - 1; l >= stack->first_trained; l--) {
    float *dx;
    mer_status status =
        mer__residual_backward(&dx, dy, &s->layers[l], &stack->layers[l], pass, scratch, err);
    if (status != MER_OK) return status;
    dy = dx;
  }
  if (!stack->stem_trained) return MER_OK;
  if (stack->config.stem_pooling) {
    float *dstem = mer__arena_alloc(pass->arena, (size_t)n_stem, sizeof *dstem);
    if (!dstem) return mer__fail_memory(err);
    mer__max_pool_backward(dstem, dy, s->which, s->stem_map, stack->config.embedding_size,
                           pool_window);
    dy = dstem;
  }
  return mer__conv_norm_run_back(NULL, dy, &s->stem, &stack->stem, pass, scratch, err);
}
