/* image_speed.c: what a classifier of images takes for some images, from their bytes in the size
 * that the network takes to its scores: decoding is left out, as no peer does it. bench/compare
 * builds it:
 *
 *   cc -O2 -fopenmp -Iinclude -Isrc bench/image_speed.c build/release/src/libmer.a -lutf8proc \
 *     -ljansson -lmd -lxxhash -lm -ldl -o image_speed
 *   ./image_speed MODEL IMAGES REPETITIONS THREADS
 *
 * Prints a line of JSON: median, mean and least seconds of a call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/packed_image.h"
#include "model/model_state.h"

enum { WARMUP = 5 };

static mer__floats packed;

static void get(mer__input *inputs, const mer__source *source, int64_t row) {
  (void)source;
  (void)row;
  *inputs = (mer__input){.present = true, .image = packed.data};
}

static mer_status make_image(const mer__image_processor *p, mer_error *err) {
  mer__image image = {0};
  uint32_t random = 1;
  mer_status status = mer__image_create(&image, p->height, p->width, err);
  if (status != MER_OK) return status;
  for (int64_t i = 0; i < 3 * p->height * p->width; i++) {
    random = random * 1664525u + 1013904223u;
    image.pixels[i] = (uint8_t)(random >> 24);
  }
  status = mer__image_pack(&packed, p, &image, "random image", err);
  mer__image_clear(&image);
  return status;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static mer_status measure(double *seconds, int n, const mer_model *model, int64_t n_images,
                          mer_error *err) {
  const mer__source source = {n_images, NULL, get};
  float *logits = malloc((size_t)(n_images * mer_model_n_labels(model)) * sizeof *logits);
  mer__pool arenas;
  mer_status status = logits && mer__pool_init(&arenas) == 0 ? MER_OK : MER_STATUS_NO_MEMORY;
  for (int i = -WARMUP; i < n && status == MER_OK; i++) {
    const double start = now();
    status = mer__model_logits(logits, model, &source, &arenas, NULL, "image_speed", err);
    if (i >= 0) seconds[i] = now() - start;
  }
  free(logits);
  return status;
}

int main(int argc, char **argv) {
  mer_error err = {0};
  mer_model *model;
  if (argc != 5) return 2;
  const int n = atoi(argv[3]);
  double *seconds = malloc((size_t)n * sizeof *seconds), sum = 0;
  mer_threads_set(atoi(argv[4]));
  mer_status status = mer_model_open(&model, argv[1], &err);
  if (status == MER_OK) status = make_image(model->network.modalities[0].images, &err);
  if (status == MER_OK) status = measure(seconds, n, model, atoi(argv[2]), &err);
  if (status != MER_OK) {
    fprintf(stderr, "image_speed: %s\n", err.message);
    return 1;
  }
  qsort(seconds, (size_t)n, sizeof *seconds, compare);
  for (int i = 0; i < n; i++) sum += seconds[i];
  printf("{\"median\":%.9f,\"mean\":%.9f,\"min\":%.9f}\n", seconds[n / 2], sum / n, seconds[0]);
  return 0;
}
