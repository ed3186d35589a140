/* int8_winograd.c: squares are transformed some at a time, so that their points stay in the cache,
 * and multiplied by the points of panel after panel; of few squares the threads share the panels.
 */
#include "nn/int8_winograd.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nn/int8_winograd_kernels.h"
#include "nn/parallel.h"
#include "nn/winograd.h"
#include "nn/winograd_squares.h"

enum {
  PANEL = MER__INT8_PANEL,
  GROUP = MER__INT8_GROUP,
  IN = MER__WINOGRAD_IN,
  OUT = MER__WINOGRAD_OUT,
  POINTS = MER__WINOGRAD_POINTS,
  TAPS = 9,
  LANES = PANEL * GROUP, /* numbers of a group of a panel */
  MOST_SUM = 1 << 25,
  MOST_X = 255,
  MOST_SQUARES = 48,      /* of a part */
  PART_BYTES = 500 << 10, /* of its points and sums: a second-level cache */
  POINTS_APART = 32,      /* numbers between points: at powers of two all would want */
  SUMS_APART = PANEL,     /* one place of the cache */
  POINT_BYTES = sizeof(int16_t),
  SUM_BYTES = sizeof(int32_t),
  SCRATCH = PART_BYTES + POINTS * (POINTS_APART * POINT_BYTES + SUMS_APART * SUM_BYTES),
};

/* A panel's weights, group after group: [columns / GROUP, PANEL, GROUP]. */
static const int8_t *panel_weights(const mer__int8_matrix *m, int64_t panel) {
  return m->values + panel * mer__int8_panel_bytes(PANEL, m->columns) + LANES;
}

/* Whether every sum of the weights with numbers of MOST_X at most is small enough. */
static bool has_small_sums(const mer__int8_matrix *m) {
  for (int64_t panel = 0; panel < m->rows / PANEL; panel++) {
    const int8_t *w = panel_weights(m, panel);
    int32_t sums[PANEL] = {0};
    for (int64_t j = 0; j < m->columns / GROUP; j++, w += LANES)
      for (int i = 0; i < LANES; i++) sums[i / GROUP] += abs(w[i]);
    for (int o = 0; o < PANEL; o++)
      if ((int64_t)sums[o] * MOST_X >= MOST_SUM) return false;
  }
  return true;
}

/* NULL: the processor has no AVX2, or an instruction that multiplies bytes faster. */
static const mer__int8_winograd_kernel *kernel_in_use(void) {
#if MER__X86
  const mer__cpu_level level = mer__cpu_best();
  if (level >= MER__CPU_AVX2 && level < MER__CPU_AVX512_VNNI) return &mer__int8_winograd_avx2;
#endif
  return NULL;
}

bool mer__int8_winograd_fits(const mer__int8_matrix *weight, int64_t channels) {
  return kernel_in_use() && mer__winograd_fits(channels, weight->rows) && has_small_sums(weight);
}

bool mer__int8_winograd_pays(mer__map in) { return kernel_in_use() && mer__winograd_pays(in); }

int64_t mer__int8_winograd_size(int64_t channels, int64_t out) { return POINTS * channels * out; }

/* Three weights at the points 0, 1, -1, 2 and -2, times 24, and at infinity, times 8; each is those
 * of a group. */
static void transform_line(int16_t t[IN][LANES], const int16_t *a, const int16_t *b,
                           const int16_t *c) {
  for (int i = 0; i < LANES; i++) {
    t[0][i] = (int16_t)(6 * a[i]);
    t[1][i] = (int16_t)(-4 * (a[i] + b[i] + c[i]));
    t[2][i] = (int16_t)(-4 * (a[i] - b[i] + c[i]));
    t[3][i] = (int16_t)(a[i] + 2 * b[i] + 4 * c[i]);
    t[4][i] = (int16_t)(a[i] - 2 * b[i] + 4 * c[i]);
    t[5][i] = (int16_t)(8 * c[i]);
  }
}

/* The points of a group, whose taps are `tap` bytes apart; from one point to the next `step`
 * numbers. */
static void transform_group(int16_t *to, int64_t step, const int8_t *w, int64_t tap) {
  int16_t taps[TAPS][LANES], rows[3][IN][LANES], t[IN][LANES];
  for (int k = 0; k < TAPS; k++)
    for (int i = 0; i < LANES; i++) taps[k][i] = w[k * tap + i];
  for (int i = 0; i < 3; i++)
    transform_line(rows[i], taps[3 * i], taps[3 * i + 1], taps[3 * i + 2]);
  for (int j = 0; j < IN; j++) {
    transform_line(t, rows[0][j], rows[1][j], rows[2][j]);
    for (int i = 0; i < IN; i++)
      for (int o = 0; o < LANES / 2; o++) /* pairs of channels apart */
        memcpy(to + (i * IN + j) * step + (o % 2 * PANEL + o / 2) * 2, &t[i][2 * o],
               2 * sizeof *to);
  }
}

/* Layout: [out / PANEL, POINTS, channels / 2, PANEL, 2]. */
void mer__int8_winograd_weights(int16_t *to, const mer__int8_matrix *weight, int64_t channels) {
  const int64_t step = channels * PANEL, n_panels = weight->rows / PANEL;
#pragma omp parallel for schedule(static) if (mer__shared(step * weight->rows >= MER__PARALLEL_MIN))
  for (int64_t panel = 0; panel < n_panels; panel++)
    for (int64_t c = 0; c < channels; c += GROUP)
      transform_group(to + panel * POINTS * step + c * PANEL, step,
                      panel_weights(weight, panel) + c * PANEL, channels * PANEL);
}

mer__map mer__int8_winograd_map(mer__map out) {
  const mer__map squares = mer__squares_of(out);
  return (mer__map){out.n, squares.height * OUT + IN - OUT, squares.width * OUT + IN - OUT};
}

int64_t mer__int8_winograd_scratch(int64_t n_threads) {
  return n_threads * (int64_t)mer__align(SCRATCH);
}

/* Most squares of a part. */
static int64_t most_squares(int64_t channels) {
  const int64_t each = POINTS * (channels * POINT_BYTES + PANEL * SUM_BYTES);
  return mer__min(MOST_SQUARES, PART_BYTES / each);
}

/* Some squares. */
typedef struct part {
  const mer__int8_winograd *of;
  const mer__int8_winograd_kernel *kernel;
  int64_t first, n;
  int16_t *points; /* [POINTS, n, channels] */
} part;

static int64_t points_step(const part *p) { return p->n * p->of->channels + POINTS_APART; }
static int64_t sums_step(const part *p) { return p->n * PANEL + SUMS_APART; }

/* The scratch of a thread. */
static void *scratch_of(const mer__int8_winograd *w, int64_t thread) {
  return (uint8_t *)w->scratch + thread * (int64_t)mer__align(SCRATCH);
}

/* The sums come after the points; a thread that has another's points has the room, too. */
static int32_t *sums_in(void *scratch, const part *p) {
  return (int32_t *)scratch + POINTS * points_step(p) * POINT_BYTES / SUM_BYTES;
}

static int64_t pixel_of(mer__map map, mer__square_place p) {
  return (p.image * map.height + p.y) * map.width + p.x;
}

/* Squares from .. to - 1 of a part. */
static void transform(const part *p, int64_t from, int64_t to) {
  const mer__int8_winograd *w = p->of;
  const mer__map squares = mer__squares_of(w->out);
  for (int64_t i = from; i < to; i++) {
    const mer__square_place at = mer__square_place_of(squares, p->first + i);
    p->kernel->input(p->points + i * w->channels, points_step(p),
                     w->bytes + pixel_of(w->in, at) * w->channels, w->in.width * w->channels,
                     w->channels, w->roundings[at.image].zero);
  }
}

/* The outputs of all squares of a part, of one panel. */
static void multiply_panel(const part *p, int64_t panel, int32_t *sums) {
  const mer__int8_winograd *w = p->of;
  const mer__int8_blocks *blocks = w->blocks;
  const mer__map squares = mer__squares_of(w->out);
  const int64_t n_weights = w->channels * PANEL, output = panel * PANEL;
  const int16_t *weights = w->weights + panel * POINTS * n_weights;
  mer__int8_product product = {.y = blocks->y + output,
                               .residual = blocks->residual ? blocks->residual + output : NULL,
                               .relu = blocks->relu,
                               .y_row = blocks->outputs,
                               .n_outputs = PANEL};
  mer__int8_blocks_factors(&product, blocks, blocks->parts->scales + output, output);
  for (int64_t i = 0; i < POINTS; i++)
    p->kernel->multiply(sums + i * sums_step(p), p->points + i * points_step(p),
                        weights + i * n_weights, p->n, w->channels);
  for (int64_t i = 0; i < p->n; i++) {
    const mer__square_place at = mer__square_place_of(squares, p->first + i);
    p->kernel->output(&product, pixel_of(w->out, at) * blocks->outputs,
                      w->out.width * blocks->outputs, mer__min(OUT, w->out.height - at.y),
                      mer__min(OUT, w->out.width - at.x), w->roundings[at.image].scale,
                      sums + i * PANEL, sums_step(p));
  }
}

/* The number of the next part, or panel, that nobody has taken. */
static int64_t take(const mer__int8_winograd *w) {
  int64_t i;
#pragma omp atomic capture
  i = (*w->taken)++;
  return i;
}

/* Parts of the squares by this thread, and by others. */
static void run_parts(part p, int64_t n, int64_t chunk, void *scratch) {
  p.points = scratch;
  for (int64_t i; (i = take(p.of) * chunk) < n;) {
    p.first = i;
    p.n = mer__chunk_size(n, i, chunk);
    transform(&p, 0, p.n);
    for (int64_t panel = 0; panel < p.of->blocks->n_panels; panel++)
      multiply_panel(&p, panel, sums_in(scratch, &p));
  }
}

/* All squares, of which there are few: the threads share transforming them and then the panels. */
static void run_few(part p, int64_t n, int64_t thread, int64_t n_threads) {
  p.n = n;
  p.points = scratch_of(p.of, 0);
  transform(&p, n * thread / n_threads, n * (thread + 1) / n_threads);
#pragma omp barrier
  for (int64_t panel; (panel = take(p.of)) < p.of->blocks->n_panels;)
    multiply_panel(&p, panel, sums_in(scratch_of(p.of, thread), &p));
}

void mer__int8_winograd_run(const mer__int8_winograd *w, int64_t thread, int64_t n_threads) {
  const int64_t n = mer__map_pixels(mer__squares_of(w->out)), most = most_squares(w->channels);
  const part p = {.of = w, .kernel = kernel_in_use()};
  if (n_threads > 1 && n <= most) run_few(p, n, thread, n_threads);
  else run_parts(p, n, mer__even_chunk(n, most, n_threads), scratch_of(w, thread));
}
