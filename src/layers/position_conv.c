/* position_conv.c: each group of channels is a product of its own, over frames that overlap. */
#include "layers/position_conv.h"

#include <omp.h>
#include <string.h>

#include "base/error.h"
#include "nn/activation.h"
#include "nn/dropout.h"
#include "nn/overlap.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/rows.h"
#include "nn/weight_norm.h"

enum { CHUNK = 256 };

void mer__position_conv_declare(mer__position_conv *c, mer__params *params, const char *name) {
  const int64_t width = c->channels / c->groups;
  c->magnitudes = mer__params_add_kernel(params, MER__VECTOR, 1, 1, c->kernel,
                                         "%s.parametrizations.weight.original0", name);
  c->directions = mer__params_add_kernel(params, MER__VECTOR, c->channels, width, c->kernel,
                                         "%s.parametrizations.weight.original1", name);
  c->bias = mer__params_add(params, MER__VECTOR, c->channels, 0, "%s.bias", name);
  if (c->directions >= 0) params->items[c->directions].magnitudes = c->magnitudes;
}

static int64_t width_of(const mer__position_conv *c) { return c->channels / c->groups; }

/* Values of the weight of one group. */
static int64_t group_size(const mer__position_conv *c) {
  return width_of(c) * width_of(c) * c->kernel;
}

mer_status mer__position_conv_begin(mer__position_weights *w, const mer__position_conv *c,
                                    const mer__pass *pass, mer_error *err) {
  const mer__param *directions = &pass->params->items[c->directions];
  *w = (mer__position_weights){.weight = mer__value(pass->params, c->directions), .packed = true};
  if (directions->storage == MER__STORED_PANELS) return MER_OK;
  const size_t size = (size_t)directions->size;
  float *weight = mer__arena_alloc(pass->arena, size, sizeof *weight);
  w->norms = mer__arena_alloc(pass->arena, (size_t)c->kernel, sizeof *w->norms);
  if (!weight || !w->norms) return mer__fail_memory(err);
  mer__weight_norm_forward(weight, w->norms, w->weight, mer__value(pass->params, c->magnitudes),
                           c->channels, c->kernel, width_of(c));
  w->weight = weight;
  w->packed = false;
  if (!pass->noise.training) return MER_OK;
  w->dweight = mer__arena_alloc(pass->arena, size, sizeof *w->dweight);
  if (!w->dweight) return mer__fail_memory(err);
  memset(w->dweight, 0, size * sizeof *w->dweight);
  return MER_OK;
}

/* Rows of a group's input: the frames, and zeros before and after them. */
static int64_t padded_frames(const mer__position_conv *c, int64_t n) { return n + c->kernel - 1; }

/* The channels of group g, with zeros around them: of an even kernel there is one more before. */
static void copy_group(float *to, const float *x, const mer__position_conv *c, int64_t g,
                       int64_t n) {
  const int64_t width = width_of(c), before = c->kernel / 2, after = c->kernel - 1 - before;
  memset(to, 0, (size_t)(before * width) * sizeof *to);
  mer__rows_copy(to + before * width, width, x + g * width, c->channels, n, width);
  memset(to + (before + n) * width, 0, (size_t)(after * width) * sizeof *to);
}

/* Whether the groups are to be shared among threads. */
static bool is_shared(const mer__position_conv *c, int64_t n) {
  return mer__shared(n * c->groups * group_size(c) >= MER__PRODUCTS_PARALLEL_MIN);
}

mer_status mer__position_conv_forward(float *y, float *before, const float *x,
                                      const mer__position_weights *w, const mer__position_conv *c,
                                      int64_t n, const mer__pass *pass, mer_error *err) {
  const int64_t width = width_of(c), size = n * c->channels;
  const int64_t own = padded_frames(c, n) * width;
  const float *bias = mer__value(pass->params, c->bias);
  const bool shared = is_shared(c, n);
  const mer__product_dtype products = mer__pass_products(pass);
  float *padded = mer__arena_alloc(
      pass->arena, (size_t)(own * (shared ? omp_get_max_threads() : 1)), sizeof *padded);
  float *sums = before ? before : mer__arena_alloc(pass->arena, (size_t)size, sizeof *sums);
  const mer__dropout none = {0};
  if (!padded || !sums) return mer__fail_memory(err);
#pragma omp parallel for schedule(static) if (shared)
  for (int64_t g = 0; g < c->groups; g++) {
    float *frames = padded + (shared ? omp_get_thread_num() : 0) * own;
    copy_group(frames, x, c, g, n);
    mer__panels_multiply_rows(sums + g * width, c->channels, NULL, frames, width,
                              w->weight + g * group_size(c),
                              w->packed ? MER__PANELS : MER__ROWS_OF_COLUMNS, bias + g * width, n,
                              width, c->kernel * width, products);
  }
  mer__gelu_forward(y, sums, size);
  mer__dropout_add(y, y, x, size, &none);
  return MER_OK;
}

/* What a thread works in: a group's frames, its part of dy, and gradients of a chunk of frames. */
typedef struct workspace {
  float *frames, *dframes, *dy, *dchunk, *outer;
} workspace;

static int64_t workspace_size(const mer__position_conv *c, int64_t n) {
  const int64_t width = width_of(c), columns = c->kernel * width;
  return 2 * padded_frames(c, n) * width + n * width + CHUNK * columns +
         mer__panels_outer_scratch(width, columns, CHUNK);
}

static workspace workspace_of(float *at, const mer__position_conv *c, int64_t n) {
  const int64_t width = width_of(c), padded = padded_frames(c, n) * width;
  return (workspace){at, at + padded, at + 2 * padded, at + 2 * padded + n * width,
                     at + 2 * padded + n * width + CHUNK * c->kernel * width};
}

/* dx of group g is overwritten with what comes through the convolution. */
static void group_backward(float *dx, const float *dsums, const float *x,
                           const mer__position_weights *w, const mer__position_conv *c, int64_t g,
                           int64_t n, mer__product_dtype products, workspace own) {
  const int64_t width = width_of(c), columns = c->kernel * width;
  const int64_t padded = padded_frames(c, n) * width, tile = mer__panels_tile(products);
  const float *weight = w->weight + g * group_size(c);
  float *dweight = w->dweight + g * group_size(c);
  copy_group(own.frames, x, c, g, n);
  mer__rows_copy(own.dy, width, dsums + g * width, c->channels, n, width);
  memset(own.dframes, 0, (size_t)padded * sizeof *own.dframes);
  for (int64_t t = 0; t < n; t += CHUNK) {
    const int64_t rows = mer__chunk_size(n, t, CHUNK);
    const float *dy = own.dy + t * width;
    mer__panels_outer_pack_rows(own.outer, dy, width, own.frames + t * width, width, width, columns,
                                rows, products);
    for (int64_t first = 0; first < width; first += tile)
      mer__panels_outer_rows(dweight + first * columns, own.outer, width, columns, rows, first,
                             mer__chunk_size(width, first, tile), true, products);
    mer__panels_multiply(own.dchunk, NULL, dy, weight, MER__ROWS, NULL, rows, columns, width,
                         products);
    mer__overlap_add(own.dframes + t * width, own.dchunk, rows, columns, width);
  }
  mer__rows_copy(dx + g * width, c->channels, own.dframes + c->kernel / 2 * width, width, n, width);
}

mer_status mer__position_conv_backward(float *dx, const float *dy, const float *before,
                                       const float *x, const mer__position_weights *w,
                                       const mer__position_conv *c, int64_t n,
                                       const mer__pass *pass, mer_error *err) {
  const int64_t size = n * c->channels, own = workspace_size(c, n);
  const bool shared = is_shared(c, n);
  const mer__product_dtype products = mer__pass_products(pass);
  const mer__dropout none = {0};
  mer__arena arena = {0};
  float *dsums = mer__arena_alloc(&arena, (size_t)size, sizeof *dsums);
  float *works =
      mer__arena_alloc(&arena, (size_t)(own * (shared ? omp_get_max_threads() : 1)), sizeof *works);
  mer_status status = dsums && works ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) {
    mer__gelu_backward(dsums, dy, before, size);
    mer__rows_sum_add(mer__grad(pass->params, c->bias), dsums, n, c->channels);
#pragma omp parallel for schedule(static) if (shared)
    for (int64_t g = 0; g < c->groups; g++)
      group_backward(dx, dsums, x, w, c, g, n, products,
                     workspace_of(works + (shared ? omp_get_thread_num() : 0) * own, c, n));
    mer__dropout_add(dx, dx, dy, size, &none);
  }
  mer__arena_clear(&arena);
  return status;
}

void mer__position_conv_end(const mer__position_weights *w, const mer__position_conv *c,
                            const mer__pass *pass) {
  const mer__params *params = pass->params;
  mer__weight_norm_backward(mer__grad(params, c->directions), mer__grad(params, c->magnitudes),
                            w->dweight, mer__value(params, c->directions),
                            mer__value(params, c->magnitudes), w->norms, c->channels, c->kernel,
                            width_of(c));
}
