/* low_rank.c: two small Linear layers beside a large one. */
#include "layers/low_rank.h"

#include <string.h>

#include "layers/affine.h"
#include "nn/rows.h"

static const float alpha = 8;

static mer__affine down_of(const mer__low_rank *a) {
  return (mer__affine){a->down, MER__NO_BIAS, a->in, a->rank};
}
static mer__affine up_of(const mer__low_rank *a) {
  return (mer__affine){a->up, MER__NO_BIAS, a->rank, a->out};
}

/* `part` of the adapter of `weight`, which gets the prefix that its name has already. */
static int64_t declare_part(mer__params *params, int64_t weight, int64_t rows, int64_t columns,
                            const char *part) {
  static const char end[] = ".weight";
  const char *name = params->items[weight].name + (params->prefix ? strlen(params->prefix) : 0);
  const int64_t index = mer__params_add(params, MER__LINEAR, rows, columns, "%.*s.%s.weight",
                                        (int)(strlen(name) - (sizeof end - 1)), name, part);
  if (index < 0) return index;
  params->items[index].adapts = weight;
  params->items[index].trained = true;
  return index;
}

bool mer__low_rank_declare(mer__low_rank *a, mer__params *params, int64_t weight) {
  const int64_t out = params->items[weight].shape[0], in = params->items[weight].shape[1];
  *a = (mer__low_rank){.in = in, .out = out, .rank = params->adapter_rank};
  a->down = declare_part(params, weight, a->rank, in, "lora_A");
  a->up = declare_part(params, weight, out, a->rank, "lora_B");
  return a->down >= 0 && a->up >= 0;
}

/* The parameter `down` of the next adapter from `*i` on, after which `up` stands; NULL: none. */
static const mer__param *next_adapter(size_t *i, const mer__params *params) {
  for (; *i < params->n_items; ++*i)
    if (params->items[*i].adapts >= 0) return &params->items[*i];
  return NULL;
}

void mer__low_rank_init(mer__params *params, mer__rng *rng) {
  const mer__param *down;
  for (size_t i = 0; (down = next_adapter(&i, params)); i += 2) {
    mer__params_init_linear(params->values + down->offset, down->size, down->shape[1], rng);
    memset(params->values + down[1].offset, 0, (size_t)down[1].size * sizeof(float));
  }
}

void mer__low_rank_merge(float *values, const mer__params *params) {
  const mer__param *down;
  for (size_t i = 0; (down = next_adapter(&i, params)); i += 2) {
    const int64_t rank = down->shape[0], in = down->shape[1], out = down[1].shape[0];
    const float *a = values + down->offset, *b = values + down[1].offset;
    float *weight = values + params->items[down->adapts].offset;
#pragma omp parallel for schedule(static)
    for (int64_t j = 0; j < out; j++)
      for (int64_t r = 0; r < rank; r++)
        for (int64_t k = 0; k < in; k++)
          weight[j * in + k] += alpha / (float)rank * b[j * rank + r] * a[r * in + k];
  }
}

void mer__low_rank_forward(float *y, int64_t stride, const float *x, float *reduced, float *room,
                           const mer__low_rank *a, const mer__pass *pass, int64_t rows) {
  mer__affine_forward_with(reduced, x, NULL, pass, down_of(a), rows);
  mer__affine_forward_with(room, reduced, NULL, pass, up_of(a), rows);
  const float scale = alpha / (float)a->rank;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < a->out; j++) y[i * stride + j] += scale * room[i * a->out + j];
}

void mer__low_rank_backward(float *dx, const float *dy, int64_t stride, const float *x,
                            const float *reduced, float *room, float *dreduced, float *own,
                            const mer__low_rank *a, const mer__pass *pass, int64_t rows) {
  const float scale = alpha / (float)a->rank;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < a->out; j++) room[i * a->out + j] = scale * dy[i * stride + j];
  mer__affine_backward(dreduced, room, reduced, pass, up_of(a), rows);
  mer__affine_backward(own, dreduced, x, pass, down_of(a), rows);
  mer__rows_scale_add(dx, own, 1, rows * a->in);
}
