/* winograd_gradient.c: at each point the gradient of the transformed weights is a product of the
 * gradients and pixels of all squares, some of which are in memory at a time. */
#include <omp.h>
#include <stddef.h>

#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/winograd.h"
#include "nn/winograd_squares.h"

enum {
  POINTS = MER__WINOGRAD_POINTS,
  APART = MER__WINOGRAD_APART,
  CHUNK = 512, /* squares at a time: with fewer, the sums are read and written more often */
};

/* The squares of a map, and some of them in memory. */
typedef struct work {
  const float *dy;
  mer__square_source from;
  mer__map result, squares;
  int64_t out, n_squares, first, n; /* of these */
  float *sums;                      /* [POINTS], each [out, channels]: mer__winograd_point */
  float *points, *gradients;        /* [POINTS, n, channels] and [POINTS, n, out] */
  float *own; /* of the threads, `each` floats: an edge, and packed operands */
  int64_t each;
} work;

static int64_t points_step(const work *w) { return w->n * w->from.channels + APART; }
static int64_t gradients_step(const work *w) { return w->n * w->out + APART; }

/* The work without memory. */
static work work_of(const mer__winograd_conv *conv) {
  work w = {.from = {NULL, conv->in, conv->channels, conv->padding}, .out = conv->out};
  w.result = mer__window2d_map((mer__window2d){3, 1, conv->padding}, conv->in);
  w.squares = mer__squares_of(w.result);
  w.n_squares = mer__map_pixels(w.squares);
  w.n = mer__min(w.n_squares, CHUNK);
  w.each = mer__round_up(
      POINTS * conv->channels + mer__panels_outer_scratch(conv->out, conv->channels, w.n), APART);
  return w;
}

int64_t mer__winograd_gradient_scratch(const mer__winograd_conv *conv) {
  const work w = work_of(conv);
  return mer__winograd_size(conv->channels, conv->out) +
         POINTS * (points_step(&w) + gradients_step(&w)) + omp_get_max_threads() * w.each;
}

static void give_memory(work *w, const float *dy, const float *x, float *scratch) {
  w->dy = dy, w->from.x = x;
  w->sums = scratch;
  w->points = w->sums + mer__winograd_size(w->from.channels, w->out);
  w->gradients = w->points + POINTS * points_step(w);
  w->own = w->gradients + POINTS * gradients_step(w);
}

/* Square number i of the chunk. */
static void transform(const work *w, int64_t i) {
  const mer__square_place p = mer__square_place_of(w->squares, w->first + i);
  const mer__map map = w->result;
  mer__square_points(w->points + i * w->from.channels, points_step(w), &w->from, p,
                     w->own + omp_get_thread_num() * w->each);
  MER__CHOSEN(mer__winograd)
      ->output_gradient(w->gradients + i * w->out, gradients_step(w),
                        w->dy + ((p.image * map.height + p.y) * map.width + p.x) * w->out,
                        map.width * w->out, map.height - p.y, map.width - p.x, w->out);
}

static void multiply(const work *w, int64_t point) {
  const int64_t channels = w->from.channels, out = w->out;
  float *packed = w->own + omp_get_thread_num() * w->each + POINTS * channels;
  mer__panels_outer_pack(packed, w->gradients + point * gradients_step(w),
                         w->points + point * points_step(w), out, channels, w->n,
                         MER__PRODUCT_F32_MANY);
  mer__panels_outer_rows(w->sums + point * mer__winograd_point(channels, out), packed, out,
                         channels, w->n, 0, out, w->first > 0, MER__PRODUCT_F32_MANY);
}

void mer__winograd_weight_gradient(float *dw, const float *dy, const float *x,
                                   const mer__winograd_conv *conv, float *scratch) {
  const int64_t channels = conv->channels, out = conv->out;
  work w = work_of(conv);
  const int64_t n = w.n_squares, most = w.n;
  if (n == 0) return;
  give_memory(&w, dy, x, scratch);
#pragma omp parallel firstprivate(w) if (mer__shared(n * channels * out >= MER__PARALLEL_MIN))
  {
    for (w.first = 0; w.first < n; w.first += most) {
      w.n = mer__chunk_size(n, w.first, most);
#pragma omp for schedule(static)
      for (int64_t i = 0; i < w.n; i++) transform(&w, i);
#pragma omp for schedule(static)
      for (int64_t p = 0; p < POINTS; p++) multiply(&w, p);
    }
#pragma omp for schedule(static)
    for (int64_t o = 0; o < out; o++)
      MER__CHOSEN(mer__winograd)
          ->weights_gradient(dw + o * MER__WINOGRAD_KERNEL * channels, w.sums + o * channels,
                             mer__winograd_point(channels, out), channels);
  }
}
