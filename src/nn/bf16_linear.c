/* bf16_linear.c: products of operands rounded to bfloat16. */
#include "nn/bf16_linear.h"

#include <assert.h>
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/matmul.h"
#include "nn/parallel.h"
#include "nn/rows.h"
#include "nn/vector_math.h"

/* A matrix product y = op(a) op(b), or y +=, as of mer__matmul. */
typedef struct product {
  float *y;
  const float *a, *b;
  bool transpose_a, transpose_b, accumulate;
  int64_t m, n, k;
} product;

/* The bits of x rounded to 16 significant ones. A NaN stays one. */
MER__INLINE uint32_t rounded_bits(float x) {
  uint32_t bits = mer__float_bits(x);
  uint32_t up = bits + 0x7fffu + (bits >> 16 & 1);
  return (x == x ? up : bits | 0x10000u) & 0xffff0000u;
}

MER__KERNEL static void round_chunk(float *y, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = mer__float_of_bits(rounded_bits(x[i]));
}

MER__KERNEL static void narrow_chunk(uint16_t *y, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = (uint16_t)(rounded_bits(x[i]) >> 16);
}

/* Rounds n floats, to bfloat16 itself or (`narrow` false) to floats that hold one. */
static void round_all(float *y, const float *x, int64_t n, bool narrow) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK) {
    int64_t size = mer__chunk_size(n, i, MER__CHUNK);
    if (narrow) narrow_chunk((uint16_t *)(void *)y + i, x + i, size);
    else round_chunk(y + i, x + i, size);
  }
}

bool mer__bf16_is_native(void) {
  return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) ==
         dnnl_cpu_isa_avx512_core_bf16;
}

/* oneDNN's objects of one product. */
typedef struct session {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_post_ops_t post_ops;
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
  dnnl_memory_t a, b, y;
} session;

static void end(session *s) {
  if (s->a) dnnl_memory_destroy(s->a);
  if (s->b) dnnl_memory_destroy(s->b);
  if (s->y) dnnl_memory_destroy(s->y);
  if (s->primitive) dnnl_primitive_destroy(s->primitive);
  if (s->description) dnnl_primitive_desc_destroy(s->description);
  if (s->attributes) dnnl_primitive_attr_destroy(s->attributes);
  if (s->post_ops) dnnl_post_ops_destroy(s->post_ops);
  if (s->stream) dnnl_stream_destroy(s->stream);
  if (s->engine) dnnl_engine_destroy(s->engine);
}

/* A dense matrix [rows, columns], which in memory may be transposed. */
static dnnl_memory_desc_t matrix(int64_t rows, int64_t columns, bool transposed,
                                 dnnl_data_type_t type) {
  dnnl_memory_desc_t matrix = {0};
  const dnnl_dims_t dims = {rows, columns};
  const dnnl_dims_t strides = {transposed ? 1 : columns, transposed ? rows : 1};
  dnnl_memory_desc_init_by_strides(&matrix, 2, dims, type, strides);
  return matrix;
}

#define TRY(call) \
  if ((call) != dnnl_success) return false

/* a and b are in bfloat16 already. False if oneDNN cannot do it. */
static bool run(session *s, const product *p, void *a, void *b) {
  const dnnl_memory_desc_t of_a = matrix(p->m, p->k, p->transpose_a, dnnl_bf16),
                           of_b = matrix(p->k, p->n, p->transpose_b, dnnl_bf16),
                           of_y = matrix(p->m, p->n, false, dnnl_f32);
  dnnl_matmul_desc_t matmul;
  TRY(dnnl_engine_create(&s->engine, dnnl_cpu, 0));
  TRY(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags));
  TRY(dnnl_primitive_attr_create(&s->attributes));
  if (p->accumulate) {
    TRY(dnnl_post_ops_create(&s->post_ops));
    TRY(dnnl_post_ops_append_sum(s->post_ops, 1.0f));
    TRY(dnnl_primitive_attr_set_post_ops(s->attributes, s->post_ops));
  }
  TRY(dnnl_matmul_desc_init(&matmul, &of_a, &of_b, NULL, &of_y));
  TRY(dnnl_primitive_desc_create(&s->description, &matmul, s->attributes, s->engine, NULL));
  TRY(dnnl_primitive_create(&s->primitive, s->description));
  TRY(dnnl_memory_create(&s->a, &of_a, s->engine, a));
  TRY(dnnl_memory_create(&s->b, &of_b, s->engine, b));
  TRY(dnnl_memory_create(&s->y, &of_y, s->engine, p->y));
  const dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, s->a}, {DNNL_ARG_WEIGHTS, s->b}, {DNNL_ARG_DST, s->y}};
  TRY(dnnl_primitive_execute(s->primitive, s->stream, 3, arguments));
  return dnnl_stream_wait(s->stream) == dnnl_success;
}

static bool multiply_natively(const product *p, float *scratch) {
  session s = {0};
  float *b = scratch + p->m * p->k;
  round_all(scratch, p->a, p->m * p->k, true);
  round_all(b, p->b, p->k * p->n, true);
  bool done = run(&s, p, scratch, b);
  end(&s);
  return done;
}

static void multiply(product p, float *scratch) {
  if (mer__bf16_is_native() && multiply_natively(&p, scratch)) return;
  float *b = scratch + p.m * p.k;
  round_all(scratch, p.a, p.m * p.k, false);
  round_all(b, p.b, p.k * p.n, false);
  mer__matmul(p.y, scratch, p.transpose_a, b, p.transpose_b, p.m, p.n, p.k, p.accumulate);
}

int64_t mer__bf16_linear_scratch(int64_t rows, int64_t in, int64_t out) {
  int64_t widest = in > out ? in : out;
  int64_t with_weight = in * out + rows * widest, gradient = rows * (in + out);
  return with_weight > gradient ? with_weight : gradient;
}

void mer__bf16_linear_forward(float *y, const float *x, const float *weight, const float *bias,
                              int64_t rows, int64_t in, int64_t out, float *scratch) {
  if (rows == 0) return;
  for (int64_t i = 0; i < rows; i++) memcpy(y + i * out, bias, (size_t)out * sizeof *y);
  multiply((product){y, x, weight, false, true, true, rows, out, in}, scratch);
}

void mer__bf16_linear_backward(float *dx, float *dweight, float *dbias, const float *dy,
                               const float *x, const float *weight, int64_t rows, int64_t in,
                               int64_t out, float *scratch) {
  if (rows == 0) return;
  if (dx) multiply((product){dx, dy, weight, false, false, false, rows, in, out}, scratch);
  multiply((product){dweight, dy, x, true, false, true, out, in, rows}, scratch);
  mer__rows_sum_add(dbias, dy, rows, out);
}
