/* conv.c: convolutions over time as products of overlapping rows. */
#include "layers/conv.h"

#include <string.h>

#include "nn/int8_matmul.h"
#include "nn/overlap.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/rows.h"

/* Output frames whose gradients are computed at a time: they read kernel x in numbers each, which
 * for long sound would be much memory. */
enum { CHUNK = 512 };

void mer__conv_declare(mer__conv *conv, mer__params *params, mer__param_role role, bool has_bias,
                       const char *name) {
  conv->weight =
      mer__params_add_kernel(params, role, conv->out, conv->in, conv->kernel, "%s.weight", name);
  conv->bias = has_bias ? mer__params_add(params, MER__VECTOR, conv->out, 0, "%s.bias", name) : -1;
}

int64_t mer__conv_frames(const mer__conv *conv, int64_t n) {
  return n < conv->kernel ? 0 : (n - conv->kernel) / conv->stride + 1;
}

void mer__conv_forward(float *y, float *activated, const float *x, const mer__pass *pass,
                       const mer__conv *conv, int64_t n_frames) {
  const mer__param *weight = &pass->params->items[conv->weight];
  const float *bias = conv->bias < 0 ? NULL : mer__value(pass->params, conv->bias);
  const float *values = mer__value(pass->params, conv->weight);
  const int64_t width = conv->kernel * conv->in, row = conv->stride * conv->in;
  if (n_frames == 0) return;
  if (mer__is_int8_product(weight->storage))
    mer__int8_linear_forward_rows(y, activated, x, row, &weight->int8, 1, bias, n_frames);
  else
    mer__panels_multiply_rows(
        y, conv->out, activated, x, row, values,
        weight->storage == MER__STORED_PANELS ? MER__PANELS : MER__ROWS_OF_COLUMNS, bias, n_frames,
        conv->out, width, mer__pass_products(pass));
}

int64_t mer__conv_scratch(const mer__conv *conv) {
  const int64_t width = conv->kernel * conv->in;
  return CHUNK * width + mer__panels_outer_scratch(conv->out, width, CHUNK);
}

/* dW += dy^T x of some frames. */
static void add_weights(float *dweight, const float *dy, const float *x, const mer__pass *pass,
                        const mer__conv *conv, int64_t n_frames, float *scratch) {
  const int64_t width = conv->kernel * conv->in, out = conv->out;
  const mer__product_dtype products = mer__pass_products(pass);
  const int64_t tile = mer__panels_tile(products);
  mer__panels_outer_pack_rows(scratch, dy, out, x, conv->stride * conv->in, out, width, n_frames,
                              products);
#pragma omp parallel for schedule( \
    static) if (mer__shared(n_frames * width * out >= MER__PRODUCTS_PARALLEL_MIN))
  for (int64_t first = 0; first < out; first += tile)
    mer__panels_outer_rows(dweight + first * width, scratch, out, width, n_frames, first,
                           mer__chunk_size(out, first, tile), true, products);
}

void mer__conv_backward(float *dx, const float *dy, const float *x, const mer__pass *pass,
                        const mer__conv *conv, int64_t n_frames, float *scratch) {
  const mer__params *params = pass->params;
  const int64_t width = conv->kernel * conv->in, row = conv->stride * conv->in;
  float *outer = scratch + CHUNK * width;
  if (conv->bias >= 0) mer__rows_sum_add(mer__grad(params, conv->bias), dy, n_frames, conv->out);
  for (int64_t t = 0; t < n_frames; t += CHUNK) {
    const int64_t n = mer__chunk_size(n_frames, t, CHUNK);
    add_weights(mer__grad(params, conv->weight), dy + t * conv->out, x + t * row, pass, conv, n,
                outer);
    if (!dx) continue;
    mer__panels_multiply(scratch, NULL, dy + t * conv->out, mer__value(params, conv->weight),
                         MER__ROWS, NULL, n, width, conv->out, mer__pass_products(pass));
    mer__overlap_add(dx + t * row, scratch, n, width, row);
  }
}
