/* conv2d_backward.c: the gradients of a convolution over images, in the way in which its result is
 * computed. */
#include <string.h>

#include "layers/conv2d_ways.h"
#include "nn/panels.h"

enum { GRADIENT_CHUNK = 512 }; /* rows whose gradients are computed at a time */

/* Work on the rows of a map. */
typedef struct work {
  const float *x;
  mer__map in;
  const mer__conv2d *conv;
  const mer__pass *pass;
  int64_t n_rows, chunk; /* of the result, and how many are worked on at a time */
  float *rows;           /* scratch; of gathered rows: [n_threads, chunk, product.in] */
} work;

/* The rows first .. first + n - 1 of all threads, gathered to `rows`; or where they lie. */
static const float *gather_all(float *rows, const work *w, int64_t first, int64_t n) {
  enum { STEP = 16 };
  const mer__conv2d *conv = w->conv;
  if (mer__conv2d_is_dense(conv)) return w->x + first * conv->in;
#pragma omp parallel for schedule(static) if (mer__conv2d_is_shared(conv, n))
  for (int64_t i = 0; i < n; i += STEP)
    mer__patches_gather(rows + i * conv->product.in, w->x, w->in, conv->in, conv->window, first + i,
                        mer__chunk_size(n, i, STEP));
  return rows;
}

/* dW += dy^T x, some rows after the other. */
static void weight_backward(const float *dy, const work *w) {
  const mer__conv *product = &w->conv->product;
  float *rows = w->rows, *scratch = rows + GRADIENT_CHUNK * product->in;
  for (int64_t first = 0; first < w->n_rows; first += GRADIENT_CHUNK) {
    const int64_t n = mer__chunk_size(w->n_rows, first, GRADIENT_CHUNK);
    mer__conv_backward(NULL, dy + first * w->conv->out, gather_all(rows, w, first, n), w->pass,
                       product, n, scratch);
  }
}

/* The gradient of the pixels of n images from number `first` on, by this thread; `rows`: its
 * scratch. */
static void images_backward(float *dx, const float *dy, const work *w, int64_t first, int64_t n,
                            float *rows) {
  const mer__conv2d *conv = w->conv;
  const int64_t of_image = w->n_rows / w->in.n, end = (first + n) * of_image;
  for (int64_t at = first * of_image; at < end; at += w->chunk) {
    const int64_t n_rows = mer__chunk_size(end, at, w->chunk);
    float *to = mer__conv2d_is_dense(conv) ? dx + at * conv->in : rows;
    mer__panels_multiply(to, NULL, dy + at * conv->out,
                         mer__value(w->pass->params, conv->product.weight), MER__ROWS, NULL, n_rows,
                         conv->product.in, conv->out, mer__pass_products(w->pass));
    if (!mer__conv2d_is_dense(conv))
      mer__patches_scatter_add(dx, rows, w->in, conv->in, conv->window, at, n_rows);
  }
}

/* Images together have rows enough for a chunk. */
static void input_backward(float *dx, const float *dy, const work *w) {
  const int64_t width = w->conv->product.in, n = w->in.n, of_image = w->n_rows / n;
  const bool shared = mer__conv2d_is_shared(w->conv, w->n_rows);
  const int64_t some =
      mer__even_chunk(n, (w->chunk + of_image - 1) / of_image, shared ? omp_get_max_threads() : 1);
  if (!mer__conv2d_is_dense(w->conv))
    memset(dx, 0, (size_t)(mer__map_pixels(w->in) * w->conv->in) * sizeof *dx);
#pragma omp parallel for schedule(dynamic) if (shared)
  for (int64_t i = 0; i < n; i += some)
    images_backward(dx, dy, w, i, mer__chunk_size(n, i, some),
                    w->rows + omp_get_thread_num() * w->chunk * width);
}

static void gathered_backward(float *dx, const float *dy, const work *w) {
  weight_backward(dy, w);
  if (dx) input_backward(dx, dy, w);
}

static void amx_backward(float *dx, const float *dy, const work *w) {
  const mer__params *params = w->pass->params;
  const int64_t weight = w->conv->product.weight;
  const mer__panel_conv panels = mer__conv2d_panels(w->conv, w->in, w->pass);
  mer__panel_conv_weight_gradient(mer__grad(params, weight), dy, w->x, &panels, w->rows);
  if (!dx) return;
  if (mer__panel_conv_has_input_gradient(&panels))
    mer__panel_conv_input_gradient(dx, dy, mer__value(params, weight), &panels, w->rows);
  else input_backward(dx, dy, w);
}

/* The convolution that makes dx of dy, without weights. */
static mer__winograd_conv turned(const mer__conv2d *conv, mer__map in) {
  return (mer__winograd_conv){.in = mer__window2d_map(conv->window, in),
                              .channels = conv->out,
                              .out = conv->in,
                              .padding = 2 - conv->window.padding};
}

static void winograd_backward(float *dx, const float *dy, const work *w) {
  const mer__conv2d *conv = w->conv;
  const mer__params *params = w->pass->params;
  const int64_t weight = conv->product.weight;
  const mer__winograd_conv fewer = mer__conv2d_winograd(conv, w->in);
  mer__winograd_weight_gradient(mer__grad(params, weight), dy, w->x, &fewer, w->rows);
  if (!dx) return;
  mer__winograd_conv back = turned(conv, w->in);
  back.weights = w->rows;
  mer__winograd_turned_weights(w->rows, mer__value(params, weight), back.channels, back.out);
  mer__winograd_forward(dx, dy, &back, w->rows + mer__winograd_size(back.channels, back.out));
}

int64_t mer__conv2d_backward_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  const int64_t gathered = mer__conv2d_gathered_scratch(conv);
  const mer__panel_conv panels = mer__conv2d_panels(conv, in, pass);
  const mer__winograd_conv fewer = mer__conv2d_winograd(conv, in);
  switch (mer__conv2d_way_of(conv, in, pass)) {
    case MER__CONV2D_AMX: return mer__max(mer__panel_conv_backward_scratch(&panels), gathered);
    case MER__CONV2D_WINOGRAD:
      return mer__max(
          mer__winograd_gradient_scratch(&fewer),
          mer__winograd_size(conv->out, conv->in) + mer__winograd_scratch(conv->out, conv->in));
    default:
      return mer__max(GRADIENT_CHUNK * conv->product.in + mer__conv_scratch(&conv->product),
                      gathered);
  }
}

void mer__conv2d_backward(float *dx, const float *dy, const float *x, mer__map in,
                          const mer__conv2d *conv, const mer__pass *pass, float *scratch) {
  const work w = {.x = x,
                  .in = in,
                  .conv = conv,
                  .pass = pass,
                  .n_rows = mer__map_pixels(mer__window2d_map(conv->window, in)),
                  .chunk = mer__conv2d_chunk(conv),
                  .rows = scratch};
  if (w.n_rows == 0) return;
  switch (mer__conv2d_way_of(conv, in, pass)) {
    case MER__CONV2D_AMX: amx_backward(dx, dy, &w); break;
    case MER__CONV2D_WINOGRAD: winograd_backward(dx, dy, &w); break;
    default: gathered_backward(dx, dy, &w);
  }
}
