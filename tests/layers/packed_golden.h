/* packed_golden.h: layers over the rows of clips of different lengths against PyTorch
 * (tests/golden/make_crnn.py, unless another file is named), and against finite differences. */
#ifndef MER_TESTS_PACKED_GOLDEN_H
#define MER_TESTS_PACKED_GOLDEN_H

#include "layers/pass.h"
#include "mer/tensor.h"
#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/packing.h"

#ifndef PACKED_GOLDEN
#define PACKED_GOLDEN GOLDEN "crnn/layers.safetensors"
#endif

static const int32_t OFFSETS[] = {0, 5, 6, 14, 17};
static const mer__packing CLIPS = {4, OFFSETS};
enum { T = 17, B = 4, MOST = 4096 };

static mer_safetensors *golden;

static inline int open_golden(void **state) {
  mer_error err = {0};
  (void)state;
  assert_ok(mer_safetensors_open(&golden, PACKED_GOLDEN, &err));
  return 0;
}

static inline int close_golden(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

/** The tensor `<layer>.<name>`; its number of elements if `n` is not NULL. */
static inline const float *find_golden(int64_t *n, const char *layer, const char *name) {
  char full[256];
  snprintf(full, sizeof full, "%s.%s", layer, name);
  const mer_tensor *tensor = mer_safetensors_find(golden, full);
  if (!tensor || tensor->n_elements > MOST) fail_msg("no tensor %s", full);
  if (n) *n = tensor->n_elements;
  return tensor->data;
}

static inline void expect_golden(const float *values, const char *layer, const char *name,
                                 double tolerance) {
  int64_t n;
  const float *expected = find_golden(&n, layer, name);
  const double error = relative_error(values, expected, (size_t)n);
  if (!(error <= tolerance)) fail_msg("%s.%s: relative error %g", layer, name, error);
}

/** Values of parameters, whose names begin with the layer's; the block's order of a kernel is
 * another one. */
static inline void read_golden_params(mer__params *params, const char *layer) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    float *values = mer__value(params, (int64_t)i);
    int64_t n;
    if (p->counts) {
      *values = 41;
      continue;
    }
    const float *from = find_golden(&n, layer, p->name + strlen(layer) + 1);
    assert_int_equal(n, p->size);
    const int64_t kernel = p->kernel ? p->kernel : 1, width = p->shape[1] / kernel;
    for (int64_t j = 0; j < n; j++) {
      const int64_t row = p->kernel ? j / p->shape[1] : 0, at = p->kernel ? j % p->shape[1] : j;
      const int64_t to = p->kernel ? row * p->shape[1] + at % kernel * width + at / kernel : j;
      values[to] = from[j];
    }
  }
}

/** Gradients, in the order of files. */
static inline void expect_golden_gradients(const mer__params *params, const char *layer,
                                           double tolerance) {
  mer_tensor tensors[32];
  static float reordered[MOST], grads[4 * MOST];
  assert_true(params->n_items <= 32 && params->size <= 4 * MOST);
  assert_true(mer__params_reordered_size(params) <= MOST);
  assert_int_equal(params->first_trained, 0);
  memcpy(grads, params->grads, (size_t)params->size * sizeof *grads);
  mer__params_tensors(tensors, reordered, params, grads);
  for (size_t i = 0; i < params->n_items; i++) {
    char name[128];
    if (params->items[i].role == MER__BUFFER) continue;
    snprintf(name, sizeof name, "grad.%s", tensors[i].name + strlen(layer) + 1);
    expect_golden(tensors[i].data, layer, name, tolerance);
  }
}

/** A layer, and the loss sum of y * dy of its forward pass over x. */
typedef double packed_loss(void *layer);

/** The gradient of each `every`-th of the n numbers x within `tolerance` of the norm of the largest
 * of them. */
static inline void expect_slopes(packed_loss *loss, void *layer, float *x, const float *gradient,
                                 int64_t n, int64_t every, double tolerance) {
  const float step = 1e-2f;
  for (int64_t i = 0; i < n; i += every) {
    const float saved = x[i];
    x[i] = saved + step;
    const double above = loss(layer);
    x[i] = saved - step;
    const double below = loss(layer);
    x[i] = saved;
    assert_near(gradient[i], (above - below) / (2 * step), tolerance);
  }
}

#endif
