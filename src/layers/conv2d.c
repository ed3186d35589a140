/* conv2d.c: gathered rows of an image, and their products. */
#include "layers/conv2d.h"

#include <omp.h>
#include <string.h>

#include "base/error.h"
#include "nn/int8_conv.h"
#include "nn/panel_conv.h"
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/winograd.h"

enum {
  CHUNK_FLOATS = 1 << 17, /* gathered at a time: a part of a second-level cache */
  MIN_CHUNK = 64,         /* rows; with fewer, reading the weights would cost more than they do */
  MAX_CHUNK = 240,
  GRADIENT_CHUNK = 512, /* rows whose gradients are computed at a time */
};

mer_status mer__conv2d_declare(mer__conv2d *conv, mer__params *params, const char *name,
                               mer_error *err) {
  const int64_t kernel = conv->window.kernel;
  const int64_t shape[] = {conv->out, conv->in, kernel, kernel};
  conv->product = (mer__conv){
      .in = kernel * kernel * conv->in, .out = conv->out, .kernel = 1, .stride = 1, .bias = -1};
  conv->product.weight = mer__params_add_kernel(params, MER__LINEAR, conv->out, conv->in,
                                                kernel * kernel, "%s.weight", name);
  mer__params_set_file_shape(params, conv->product.weight, 4, shape);
  if (conv->product.weight >= 0)
    params->items[conv->product.weight].squares = kernel == 3 && conv->window.stride == 1;
  return conv->product.weight < 0 ? mer__params_fail(params, err) : MER_OK;
}

/* Whether the pixels of x are the rows themselves. */
static bool is_dense(const mer__conv2d *conv) {
  return conv->window.kernel == 1 && conv->window.stride == 1 && conv->window.padding == 0;
}

/* Whether threads share the products of some rows. */
static bool is_shared(const mer__conv2d *conv, int64_t n_rows) {
  return mer__shared(n_rows * conv->product.in * conv->out >= MER__PRODUCTS_PARALLEL_MIN);
}

/* Work on the rows of a map. */
typedef struct work {
  float *y;
  const float *x;
  mer__map in;
  const mer__conv2d *conv;
  const mer__channel_finish *finish;
  const mer__pass *pass;
  int64_t n_rows, chunk; /* of the result, and how many are worked on at a time */
  float *rows;           /* scratch: [n_threads, chunk, product.in] */
} work;

/* The rows first .. first + n - 1, gathered into `to` by this thread; or where they lie. */
static const float *gather(float *to, const work *w, int64_t first, int64_t n) {
  if (is_dense(w->conv)) return w->x + first * w->conv->in;
  mer__patches_gather(to, w->x, w->in, w->conv->in, w->conv->window, first, n);
  return to;
}

static void finish_rows(const work *w, int64_t first, int64_t n) {
  const int64_t out = w->conv->out;
  if (w->finish) mer__channel_finish_rows(w->y, w->finish, first * out, n, out, out);
}

static void multiply(const work *w, const float *rows, int64_t first, int64_t n) {
  mer__conv_forward(w->y + first * w->conv->out, NULL, rows, w->pass, &w->conv->product, n);
}

/* Chunk number i by thread number `thread`, this one. */
static void run_chunk(const work *w, int64_t i, int64_t thread) {
  const int64_t first = i * w->chunk, n = mer__chunk_size(w->n_rows, first, w->chunk);
  float *own = w->rows + thread * w->chunk * w->conv->product.in;
  multiply(w, gather(own, w, first, n), first, n);
  finish_rows(w, first, n);
}

/* Few rows: all are gathered, then the threads share the outputs. */
static void run_few(const work *w) {
  enum { STEP = 8 };
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < w->n_rows; i += STEP)
    gather(w->rows + i * w->conv->product.in, w, i, mer__chunk_size(w->n_rows, i, STEP));
  multiply(w, is_dense(w->conv) ? w->x : w->rows, 0, w->n_rows);
  finish_rows(w, 0, w->n_rows);
}

/* Most rows of a chunk. */
static int64_t most_rows(int64_t width) {
  const int64_t most = CHUNK_FLOATS / width;
  return mer__max(MIN_CHUNK, mer__min(most, MAX_CHUNK));
}

static int64_t gathered_scratch(const mer__conv2d *conv) {
  return omp_get_max_threads() * most_rows(conv->product.in) * conv->product.in;
}

/* The same by AMX, where the processor has it; false: it has not. For prediction a convolution has
 * too few rows for that: packing the weights would cost more than it gains. */
static bool find_panel_conv(mer__panel_conv *panels, const mer__conv2d *conv, mer__map in,
                            const mer__pass *pass) {
  *panels =
      (mer__panel_conv){.in = in, .channels = conv->in, .out = conv->out, .window = conv->window};
  if (pass->compute) panels->kernels = mer__conv_kernels_of(mer__pass_products(pass));
  return panels->kernels != NULL;
}

/* The transformed weights, if it is computed with fewer products; else NULL. */
static const float *find_winograd(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  return !pass->compute && mer__winograd_pays(in)
             ? pass->params->items[conv->product.weight].winograd
             : NULL;
}

int64_t mer__conv2d_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  mer__panel_conv panels;
  if (find_panel_conv(&panels, conv, in, pass)) return mer__panel_conv_scratch(&panels);
  if (find_winograd(conv, in, pass)) return mer__winograd_scratch(conv->in, conv->out);
  const int64_t of_bytes = mer__int8_conv_scratch(in, conv->in, conv->window);
  return mer__max(gathered_scratch(conv),
                  (of_bytes + (int64_t)sizeof(float) - 1) / (int64_t)sizeof(float));
}

/* With int8 weights, where the rows of the product are not the pixels themselves. */
static bool is_int8(const mer__conv2d *conv, const mer__pass *pass) {
  return mer__is_int8_product(pass->params->items[conv->product.weight].storage) && !is_dense(conv);
}

void mer__conv2d_forward(float *y, const float *x, mer__map in, const mer__conv2d *conv,
                         const mer__channel_finish *finish, const mer__pass *pass, float *scratch) {
  const int64_t n_rows = mer__map_pixels(mer__window2d_map(conv->window, in));
  const bool shared = is_shared(conv, n_rows);
  const int64_t n_threads = shared ? omp_get_max_threads() : 1;
  if (n_rows == 0) return;
  if (is_int8(conv, pass)) {
    const mer__param *weight = &pass->params->items[conv->product.weight];
    const mer__int8_conv rounded = {
        in, conv->in, conv->window, &weight->int8, finish, weight->winograd_int8};
    mer__int8_conv_forward(y, x, &rounded, scratch);
    return;
  }
  const float *winograd = find_winograd(conv, in, pass);
  if (winograd) {
    const mer__winograd_conv fewer = {in,       conv->in, conv->out, conv->window.padding,
                                      winograd, finish};
    mer__winograd_forward(y, x, &fewer, scratch);
    return;
  }
  mer__panel_conv panels;
  if (find_panel_conv(&panels, conv, in, pass)) {
    mer__panel_conv_forward(y, x, mer__value(pass->params, conv->product.weight), finish, &panels,
                            scratch);
    return;
  }
  const work w = {.y = y,
                  .x = x,
                  .in = in,
                  .conv = conv,
                  .finish = finish,
                  .pass = pass,
                  .n_rows = n_rows,
                  .chunk = mer__even_chunk(n_rows, most_rows(conv->product.in), n_threads),
                  .rows = scratch};
  const int64_t n_chunks = (n_rows + w.chunk - 1) / w.chunk;
  if (!shared) {
    for (int64_t i = 0; i < n_chunks; i++) run_chunk(&w, i, 0);
  } else if (n_rows < MIN_CHUNK * n_threads) {
    run_few(&w);
  } else {
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < n_chunks; i++) run_chunk(&w, i, omp_get_thread_num());
  }
}

/* dW += dy^T x, some rows after the other. */
static void weight_backward(const float *dy, const work *w) {
  enum { STEP = 16 };
  const mer__conv *product = &w->conv->product;
  float *rows = w->rows, *scratch = rows + GRADIENT_CHUNK * product->in;
  for (int64_t first = 0; first < w->n_rows; first += GRADIENT_CHUNK) {
    const int64_t n = mer__chunk_size(w->n_rows, first, GRADIENT_CHUNK);
#pragma omp parallel for schedule(static) if (is_shared(w->conv, n))
    for (int64_t i = 0; i < n; i += STEP)
      gather(rows + i * product->in, w, first + i, mer__chunk_size(n, i, STEP));
    mer__conv_backward(NULL, dy + first * w->conv->out,
                       is_dense(w->conv) ? w->x + first * w->conv->in : rows, w->pass, product, n,
                       scratch);
  }
}

/* The gradient of the pixels of image number i, by this thread; `rows`: its scratch. */
static void image_backward(float *dx, const float *dy, const work *w, int64_t i, float *rows) {
  const mer__conv2d *conv = w->conv;
  const int64_t n_rows = w->n_rows / w->in.n, first = i * n_rows;
  for (int64_t at = first; at < first + n_rows; at += w->chunk) {
    const int64_t n = mer__chunk_size(first + n_rows, at, w->chunk);
    float *to = is_dense(conv) ? dx + at * conv->in : rows;
    mer__panels_multiply(to, NULL, dy + at * conv->out,
                         mer__value(w->pass->params, conv->product.weight), MER__ROWS, NULL, n,
                         conv->product.in, conv->out, mer__pass_products(w->pass));
    if (!is_dense(conv)) mer__patches_scatter_add(dx, rows, w->in, conv->in, conv->window, at, n);
  }
}

static void input_backward(float *dx, const float *dy, const work *w) {
  const int64_t width = w->conv->product.in;
  if (!is_dense(w->conv))
    memset(dx, 0, (size_t)(mer__map_pixels(w->in) * w->conv->in) * sizeof *dx);
#pragma omp parallel for schedule(dynamic) if (is_shared(w->conv, w->n_rows))
  for (int64_t i = 0; i < w->in.n; i++)
    image_backward(dx, dy, w, i, w->rows + omp_get_thread_num() * w->chunk * width);
}

int64_t mer__conv2d_backward_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  const int64_t of_weight = GRADIENT_CHUNK * conv->product.in + mer__conv_scratch(&conv->product);
  mer__panel_conv panels;
  if (find_panel_conv(&panels, conv, in, pass))
    return mer__max(mer__panel_conv_backward_scratch(&panels), gathered_scratch(conv));
  return mer__max(of_weight, gathered_scratch(conv));
}

/* Both gradients by AMX; false: that of the input is left to do. */
static bool panels_backward(float *dx, const float *dy, const work *w,
                            const mer__panel_conv *panels) {
  const mer__params *params = w->pass->params;
  const int64_t weight = w->conv->product.weight;
  mer__panel_conv_weight_gradient(mer__grad(params, weight), dy, w->x, panels, w->rows);
  if (!dx) return true;
  if (!mer__panel_conv_has_input_gradient(panels)) return false;
  mer__panel_conv_input_gradient(dx, dy, mer__value(params, weight), panels, w->rows);
  return true;
}

void mer__conv2d_backward(float *dx, const float *dy, const float *x, mer__map in,
                          const mer__conv2d *conv, const mer__pass *pass, float *scratch) {
  const int64_t n_rows = mer__map_pixels(mer__window2d_map(conv->window, in));
  if (n_rows == 0) return;
  const work w = {.x = x,
                  .in = in,
                  .conv = conv,
                  .pass = pass,
                  .n_rows = n_rows,
                  .chunk = mer__even_chunk(n_rows / in.n, most_rows(conv->product.in), 1),
                  .rows = scratch};
  mer__panel_conv panels;
  if (!find_panel_conv(&panels, conv, in, pass)) weight_backward(dy, &w);
  else if (panels_backward(dx, dy, &w, &panels)) return;
  if (dx) input_backward(dx, dy, &w);
}
