/* winograd.c: squares are transformed and multiplied some at a time, so that they stay in the
 * cache; of few squares the threads share the points. */
#include "nn/winograd.h"

#include <omp.h>
#include <stddef.h>

#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/winograd_squares.h"

enum {
  OUT = MER__WINOGRAD_OUT,
  POINTS = MER__WINOGRAD_POINTS,
  CHUNK_FLOATS = 1 << 18, /* of a chunk's points */
  MIN_CHUNK = 24,         /* squares; with fewer, reading the weights costs more than they do */
  MAX_CHUNK = 48,         /* so that a product is one sum whatever the number of squares is */
  MAX_CHANNELS = 512,     /* the same */
  MAX_WEIGHTS = 1 << 16,  /* channels x out: 9.4 MB when they are transformed */
  MIN_SIDE = 8,           /* pixels of a map */
  MIN_TRAINED = 64, /* squares; with fewer, transforming the weights costs more than it gains */
  APART = MER__WINOGRAD_APART,
};

bool mer__winograd_fits(int64_t channels, int64_t out) {
  return channels % MER__WINOGRAD_LANES == 0 && out % MER__PANEL == 0 && channels <= MAX_CHANNELS &&
         channels * out <= MAX_WEIGHTS;
}

bool mer__winograd_pays(mer__map in) { return in.height >= MIN_SIDE && in.width >= MIN_SIDE; }

bool mer__winograd_trains(mer__map in, int64_t channels, int64_t out, int64_t padding) {
  const mer__map result = mer__window2d_map((mer__window2d){3, 1, padding}, in);
  const int64_t n = mer__map_pixels(mer__squares_of(result));
  const int64_t products = n * POINTS, direct = mer__map_pixels(result) * MER__WINOGRAD_KERNEL;
  return padding <= 2 && channels % MER__WINOGRAD_LANES == 0 && out % MER__PANEL == 0 &&
         channels <= MAX_CHANNELS && out <= MAX_CHANNELS && n >= MIN_TRAINED &&
         4 * products <= 3 * direct;
}

/* Most squares of a chunk. */
static int64_t most_squares(int64_t channels, int64_t out) {
  return mer__max(MIN_CHUNK, mer__min(MAX_CHUNK, CHUNK_FLOATS / (POINTS * (channels + out))));
}

/* A thread's: transformed squares, their products, and a square at the edge of a map. */
static int64_t thread_scratch(int64_t channels, int64_t out) {
  return POINTS * (most_squares(channels, out) * (channels + out) + 2 * APART + channels);
}

int64_t mer__winograd_scratch(int64_t channels, int64_t out) {
  return omp_get_max_threads() * thread_scratch(channels, out);
}

/* The squares of a map, and some of them in memory. */
typedef struct work {
  float *y;
  const float *x;
  const mer__winograd_conv *conv;
  mer__map out, squares;
  int64_t first, n;         /* of the squares */
  float *points, *products; /* [POINTS, n, channels] and [POINTS, n, out] */
} work;

static int64_t points_step(const work *w) { return w->n * w->conv->channels + APART; }
static int64_t products_step(const work *w) { return w->n * w->conv->out + APART; }

/* Square number i of the chunk; `edge`: scratch for one. */
static void transform(const work *w, int64_t i, float *edge) {
  const mer__winograd_conv *conv = w->conv;
  const mer__square_source from = {w->x, conv->in, conv->channels, conv->padding};
  mer__square_points(w->points + i * conv->channels, points_step(w), &from,
                     mer__square_place_of(w->squares, w->first + i), edge);
}

static void multiply(const work *w, int64_t point) {
  const mer__winograd_conv *conv = w->conv;
  mer__panels_multiply(w->products + point * products_step(w), NULL,
                       w->points + point * points_step(w),
                       conv->weights + point * mer__winograd_point(conv->channels, conv->out),
                       MER__PANELS, NULL, w->n, conv->out, conv->channels, MER__PRODUCT_F32);
}

/* The pixels of square number i of the chunk. */
static void transform_back(const work *w, int64_t i) {
  const mer__winograd_conv *conv = w->conv;
  const mer__square_place p = mer__square_place_of(w->squares, w->first + i);
  const int64_t height = mer__min(OUT, w->out.height - p.y),
                width = mer__min(OUT, w->out.width - p.x), row = w->out.width * conv->out;
  const int64_t at = ((p.image * w->out.height + p.y) * w->out.width + p.x) * conv->out;
  MER__CHOSEN(mer__winograd)
      ->output(w->y + at, row, height, width, w->products + i * conv->out, products_step(w),
               conv->out);
  for (int64_t r = 0; r < height && conv->finish; r++)
    mer__channel_finish_rows(w->y, conv->finish, at + r * row, width, conv->out, conv->out);
}

/* Sets the squares of a chunk and where they are worked on; where the edge's begins. */
static float *begin_chunk(work *w, int64_t first, int64_t n, float *scratch) {
  w->first = first, w->n = n;
  w->points = scratch;
  w->products = w->points + POINTS * points_step(w);
  return w->products + POINTS * products_step(w);
}

/* A chunk by this thread. */
static void run_chunk(work w, int64_t first, int64_t n, float *scratch) {
  float *edge = begin_chunk(&w, first, n, scratch);
  for (int64_t i = 0; i < n; i++) transform(&w, i, edge);
  for (int64_t p = 0; p < POINTS; p++) multiply(&w, p);
  for (int64_t i = 0; i < n; i++) transform_back(&w, i);
}

/* All squares, of which there are few, by all threads; each has an edge in its own scratch. */
static void run_few(work w, int64_t n, float *scratch, int64_t each) {
  const int64_t of_edge = begin_chunk(&w, 0, n, scratch) - scratch;
#pragma omp parallel
  {
    float *edge = scratch + omp_get_thread_num() * each + of_edge;
#pragma omp for schedule(static)
    for (int64_t i = 0; i < n; i++) transform(&w, i, edge);
#pragma omp for schedule(static)
    for (int64_t p = 0; p < POINTS; p++) multiply(&w, p);
#pragma omp for schedule(static)
    for (int64_t i = 0; i < n; i++) transform_back(&w, i);
  }
}

void mer__winograd_forward(float *y, const float *x, const mer__winograd_conv *conv,
                           float *scratch) {
  work w = {.y = y, .x = x, .conv = conv};
  w.out = mer__window2d_map((mer__window2d){3, 1, conv->padding}, conv->in);
  w.squares = mer__squares_of(w.out);
  const int64_t n = mer__map_pixels(w.squares), each = thread_scratch(conv->channels, conv->out);
  const int64_t most = most_squares(conv->channels, conv->out);
  const bool shared =
      mer__shared(n * POINTS * conv->channels * conv->out >= MER__PRODUCTS_PARALLEL_MIN);
  const int64_t n_threads = shared ? omp_get_max_threads() : 1;
  if (n == 0) return;
  if (shared && n <= most && n < MIN_CHUNK * n_threads) {
    run_few(w, n, scratch, each);
    return;
  }
  const int64_t chunk = mer__even_chunk(n, most, n_threads);
  if (!shared) {
    for (int64_t first = 0; first < n; first += chunk)
      run_chunk(w, first, mer__chunk_size(n, first, chunk), scratch);
    return;
  }
#pragma omp parallel for schedule(dynamic)
  for (int64_t first = 0; first < n; first += chunk)
    run_chunk(w, first, mer__chunk_size(n, first, chunk), scratch + omp_get_thread_num() * each);
}
