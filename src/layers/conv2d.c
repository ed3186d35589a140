/* conv2d.c: gathered rows of an image, and their products; or another way, where there is a faster
 * one. */
#include "layers/conv2d_ways.h"
#include "nn/int8_conv.h"
#include "nn/panels.h"

enum {
  CHUNK_FLOATS = 1 << 17, /* gathered at a time: a part of a second-level cache */
  MAX_CHUNK = 240,
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

/* Whether there are transformed weights; while training they are made at each step. */
static bool is_transformed(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  const mer__param *weight = &pass->params->items[conv->product.weight];
  if (!pass->compute) return weight->winograd && mer__winograd_pays(in);
  return weight->squares && weight->storage == MER__STORED_F32 &&
         mer__pass_products(pass) != MER__PRODUCT_BF16 &&
         mer__winograd_trains(in, conv->in, conv->out, conv->window.padding);
}

mer__conv2d_way mer__conv2d_way_of(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  const mer__param *weight = &pass->params->items[conv->product.weight];
  if (mer__is_int8_product(weight->storage) && !mer__conv2d_is_dense(conv)) return MER__CONV2D_INT8;
  if (pass->compute && mer__conv_kernels_of(mer__pass_products(pass))) return MER__CONV2D_AMX;
  return is_transformed(conv, in, pass) ? MER__CONV2D_WINOGRAD : MER__CONV2D_GATHERED;
}

int64_t mer__conv2d_chunk(const mer__conv2d *conv) {
  const int64_t most = CHUNK_FLOATS / conv->product.in;
  return mer__max(MER__CONV2D_MIN_CHUNK, mer__min(most, MAX_CHUNK));
}

int64_t mer__conv2d_gathered_scratch(const mer__conv2d *conv) {
  return omp_get_max_threads() * mer__conv2d_chunk(conv) * conv->product.in;
}

static int64_t int8_scratch(const mer__conv2d *conv, mer__map in) {
  const int64_t bytes = mer__int8_conv_scratch(in, conv->in, conv->window);
  return (bytes + (int64_t)sizeof(float) - 1) / (int64_t)sizeof(float);
}

/* Of the transformed weights, if they are made at each step, and what is done with them. */
static int64_t winograd_scratch(const mer__conv2d *conv, const mer__pass *pass) {
  const int64_t of_weights = pass->compute ? mer__winograd_size(conv->in, conv->out) : 0;
  return of_weights + mer__winograd_scratch(conv->in, conv->out);
}

int64_t mer__conv2d_scratch(const mer__conv2d *conv, mer__map in, const mer__pass *pass) {
  const mer__panel_conv panels = mer__conv2d_panels(conv, in, pass);
  switch (mer__conv2d_way_of(conv, in, pass)) {
    case MER__CONV2D_INT8: return int8_scratch(conv, in);
    case MER__CONV2D_AMX: return mer__panel_conv_scratch(&panels);
    case MER__CONV2D_WINOGRAD: return winograd_scratch(conv, pass);
    default: return mer__conv2d_gathered_scratch(conv);
  }
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
  float *rows;           /* scratch; of gathered rows: [n_threads, chunk, product.in] */
} work;

/* The rows first .. first + n - 1, gathered into `to` by this thread; or where they lie. */
static const float *gather(float *to, const work *w, int64_t first, int64_t n) {
  if (mer__conv2d_is_dense(w->conv)) return w->x + first * w->conv->in;
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
  multiply(w, mer__conv2d_is_dense(w->conv) ? w->x : w->rows, 0, w->n_rows);
  finish_rows(w, 0, w->n_rows);
}

static void run_gathered(work w) {
  const bool shared = mer__conv2d_is_shared(w.conv, w.n_rows);
  const int64_t n_threads = shared ? omp_get_max_threads() : 1;
  w.chunk = mer__even_chunk(w.n_rows, mer__conv2d_chunk(w.conv), n_threads);
  const int64_t n_chunks = (w.n_rows + w.chunk - 1) / w.chunk;
  if (!shared) {
    for (int64_t i = 0; i < n_chunks; i++) run_chunk(&w, i, 0);
  } else if (w.n_rows < MER__CONV2D_MIN_CHUNK * n_threads) {
    run_few(&w);
  } else {
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < n_chunks; i++) run_chunk(&w, i, omp_get_thread_num());
  }
}

static void run_int8(const work *w) {
  const mer__param *weight = &w->pass->params->items[w->conv->product.weight];
  const mer__int8_conv rounded = {w->in,         w->conv->in, w->conv->window,
                                  &weight->int8, w->finish,   weight->winograd_int8};
  mer__int8_conv_forward(w->y, w->x, &rounded, w->rows);
}

static void run_winograd(const work *w) {
  const mer__conv2d *conv = w->conv;
  const mer__params *params = w->pass->params;
  mer__winograd_conv fewer = mer__conv2d_winograd(conv, w->in);
  float *scratch = w->rows;
  fewer.weights = params->items[conv->product.weight].winograd;
  fewer.finish = w->finish;
  if (w->pass->compute) {
    mer__winograd_weights(scratch, mer__value(params, conv->product.weight), conv->in, conv->out);
    fewer.weights = scratch;
    scratch += mer__winograd_size(conv->in, conv->out);
  }
  mer__winograd_forward(w->y, w->x, &fewer, scratch);
}

static void run_amx(const work *w) {
  const mer__panel_conv panels = mer__conv2d_panels(w->conv, w->in, w->pass);
  mer__panel_conv_forward(w->y, w->x, mer__value(w->pass->params, w->conv->product.weight),
                          w->finish, &panels, w->rows);
}

void mer__conv2d_forward(float *y, const float *x, mer__map in, const mer__conv2d *conv,
                         const mer__channel_finish *finish, const mer__pass *pass, float *scratch) {
  const work w = {.y = y,
                  .x = x,
                  .in = in,
                  .conv = conv,
                  .finish = finish,
                  .pass = pass,
                  .n_rows = mer__map_pixels(mer__window2d_map(conv->window, in)),
                  .rows = scratch};
  if (w.n_rows == 0) return;
  switch (mer__conv2d_way_of(conv, in, pass)) {
    case MER__CONV2D_INT8: run_int8(&w); break;
    case MER__CONV2D_AMX: run_amx(&w); break;
    case MER__CONV2D_WINOGRAD: run_winograd(&w); break;
    default: run_gathered(w);
  }
}
