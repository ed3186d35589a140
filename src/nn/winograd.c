/* winograd.c: squares are transformed and multiplied some at a time, so that they stay in the
 * cache; of few squares the threads share the points. */
#include "nn/winograd.h"

#include <omp.h>
#include <string.h>

#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/winograd_squares.h"

enum {
  IN = MER__WINOGRAD_IN,
  OUT = MER__WINOGRAD_OUT,
  POINTS = MER__WINOGRAD_POINTS,
  CHUNK_FLOATS = 1 << 18, /* of a chunk's points */
  MIN_CHUNK = 24,         /* squares; with fewer, reading the weights costs more than they do */
  MAX_CHUNK = 48,         /* so that a product is one sum whatever the number of squares is */
  MAX_CHANNELS = 512,     /* the same */
  MAX_WEIGHTS = 1 << 16,  /* channels x out: 9.4 MB when they are transformed */
  MIN_SIDE = 8,           /* pixels of a map */
  APART = 16, /* floats between points: at powers of two all would want one place of the cache */
};

bool mer__winograd_fits(int64_t channels, int64_t out) {
  return channels % MER__WINOGRAD_LANES == 0 && out % MER__PANEL == 0 && channels <= MAX_CHANNELS &&
         channels * out <= MAX_WEIGHTS;
}

bool mer__winograd_pays(mer__map in) { return in.height >= MIN_SIDE && in.width >= MIN_SIDE; }

int64_t mer__winograd_size(int64_t channels, int64_t out) { return POINTS * channels * out; }

/* Three weights at the points 0, 1, -1, 2, -2 and infinity. */
static void transform_line(double t[IN], double a, double b, double c) {
  t[0] = a / 4;
  t[1] = -(a + b + c) / 6;
  t[2] = -(a - b + c) / 6;
  t[3] = a / 24 + b / 12 + c / 6;
  t[4] = a / 24 - b / 12 + c / 6;
  t[5] = c;
}

/* The points of one square of weights w[3][3], `channels` floats apart; from one to the next `step`
 * floats. */
static void transform_weight(float *to, int64_t step, const float *w, int64_t channels) {
  double rows[3][IN], t[IN];
  for (int i = 0; i < 3; i++, w += 3 * channels)
    transform_line(rows[i], w[0], w[channels], w[2 * channels]);
  for (int j = 0; j < IN; j++) {
    transform_line(t, rows[0][j], rows[1][j], rows[2][j]);
    for (int i = 0; i < IN; i++) to[(i * IN + j) * step] = (float)t[i];
  }
}

bool mer__winograd_weights(float *to, const float *w, int64_t channels, int64_t out) {
  const int64_t size = channels * out;
#pragma omp parallel for schedule(static) if (mer__shared(size >= MER__PARALLEL_MIN))
  for (int64_t o = 0; o < out; o++)
    for (int64_t c = 0; c < channels; c++)
      transform_weight(to + o * channels + c, size, w + o * 9 * channels + c, channels);
  for (int64_t p = 0; p < POINTS; p++)
    if (!mer__panels_pack(to + p * size, out, channels)) return false;
  return true;
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

/* The pixels of the square at p of the map, with zeros around the map, to `to` [IN, IN, channels].
 */
static void copy_square(float *to, const work *w, mer__square_place p) {
  const mer__map in = w->conv->in;
  const int64_t channels = w->conv->channels;
  const int64_t from = mer__max(p.x, 0), end = mer__min(p.x + IN, in.width);
  memset(to, 0, (size_t)(POINTS * channels) * sizeof *to);
  if (from >= end) return;
  for (int64_t i = mer__max(p.y, 0); i < mer__min(p.y + IN, in.height); i++)
    memcpy(to + ((i - p.y) * IN + from - p.x) * channels,
           w->x + ((p.image * in.height + i) * in.width + from) * channels,
           (size_t)((end - from) * channels) * sizeof *to);
}

/* Square number i of the chunk; `edge`: scratch for one. */
static void transform(const work *w, int64_t i, float *edge) {
  const mer__winograd_conv *conv = w->conv;
  const mer__map in = conv->in;
  mer__square_place p = mer__square_place_of(w->squares, w->first + i);
  const float *from = edge;
  int64_t row = IN * conv->channels;
  p.y -= conv->padding, p.x -= conv->padding;
  if (p.y >= 0 && p.x >= 0 && p.y + IN <= in.height && p.x + IN <= in.width) {
    from = w->x + ((p.image * in.height + p.y) * in.width + p.x) * conv->channels;
    row = in.width * conv->channels;
  } else {
    copy_square(edge, w, p);
  }
  MER__CHOSEN(mer__winograd)
      ->input(w->points + i * conv->channels, points_step(w), from, row, conv->channels);
}

static void multiply(const work *w, int64_t point) {
  const mer__winograd_conv *conv = w->conv;
  mer__panels_multiply(w->products + point * products_step(w), NULL,
                       w->points + point * points_step(w),
                       conv->weights + point * conv->channels * conv->out, MER__PANELS, NULL, w->n,
                       conv->out, conv->channels, MER__PRODUCT_F32);
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
