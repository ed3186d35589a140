/* lstm.c: step after step; utterances that have ended drop out of the products, as they are the
 * last ones in the order. */
#include "nn/lstm.h"

#include <string.h>

#include "nn/lstm_kernels.h"
#include "nn/small_matmul.h"

static int64_t length_of(const mer__packing *packing, int32_t utterance) {
  return packing->offsets[utterance + 1] - packing->offsets[utterance];
}

static bool is_before(const mer__packing *packing, int32_t a, int32_t b) {
  const int64_t x = length_of(packing, a), y = length_of(packing, b);
  return x != y ? x > y : a < b;
}

/* Lets the entry `i` of a heap [n] sink, in which the last one of the order is on top. */
static void sink(int32_t *heap, int64_t i, int64_t n, const mer__packing *packing) {
  const int32_t sinking = heap[i];
  for (int64_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && is_before(packing, heap[child], heap[child + 1])) child++;
    if (!is_before(packing, sinking, heap[child])) break;
    heap[i] = heap[child];
  }
  heap[i] = sinking;
}

/* By a heap: without memory, and a batch may have many utterances. */
void mer__lstm_sort(int32_t *order, const mer__packing *packing) {
  const int32_t all = packing->n_utterances;
  for (int32_t b = 0; b < all; b++) order[b] = b;
  for (int64_t i = all / 2 - 1; i >= 0; i--) sink(order, i, all, packing);
  for (int64_t n = all - 1; n > 0; n--) {
    const int32_t last = order[0];
    order[0] = order[n];
    order[n] = last;
    sink(order, 0, n, packing);
  }
}

/* The row of step `t` of an utterance. */
static int64_t row_at(const mer__lstm *l, int32_t utterance, int64_t t) {
  const int32_t *offsets = l->packing->offsets;
  return l->reverse ? offsets[utterance + 1] - 1 - t : offsets[utterance] + t;
}

/* How many utterances have a step `t`; `n` of them had the one before. */
static int64_t count_running(const mer__lstm *l, int64_t n, int64_t t) {
  while (n > 0 && length_of(l->packing, l->order[n - 1]) <= t) n--;
  return n;
}

int64_t mer__lstm_scratch(const mer__lstm *l) { return 6 * l->hidden * l->packing->n_utterances; }

void mer__lstm_forward(float *y, int64_t y_row, float *cells, float *gates, const float *transposed,
                       const mer__lstm *l, float *scratch) {
  const mer__lstm_kernels *kernels = MER__CHOSEN(mer__lstm);
  const int64_t h = l->hidden, all = l->packing->n_utterances;
  const size_t bytes = (size_t)h * sizeof(float);
  float *hidden = scratch, *cell = hidden + all * h, *product = cell + all * h;
  memset(cell, 0, (size_t)all * bytes);
  int64_t n = all;
  for (int64_t t = 0; (n = count_running(l, n, t)) > 0; t++) {
    if (t > 0)
      mer__small_matmul(product, 4 * h, (mer__strided){hidden, h, 1}, transposed, 4 * h, n, 4 * h,
                        h, false);
    for (int64_t i = 0; i < n; i++) {
      const int64_t row = row_at(l, l->order[i], t);
      kernels->step(&(mer__lstm_row){gates + row * 4 * h, t > 0 ? product + i * 4 * h : NULL,
                                     hidden + i * h, cell + i * h},
                    h);
      memcpy(y + row * y_row, hidden + i * h, bytes);
      if (cells) memcpy(cells + row * h, cell + i * h, bytes);
    }
  }
}

void mer__lstm_backward(float *gates, float *before, const float *dy, const float *y, int64_t y_row,
                        const float *cells, const float *weight, const mer__lstm *l,
                        float *scratch) {
  const mer__lstm_kernels *kernels = MER__CHOSEN(mer__lstm);
  const int64_t h = l->hidden, all = l->packing->n_utterances;
  const size_t bytes = (size_t)h * sizeof(float);
  float *dhidden = scratch, *dcell = dhidden + all * h, *dproduct = dcell + all * h;
  memset(scratch, 0, 2 * (size_t)all * bytes);
  const int64_t n_steps = all > 0 ? length_of(l->packing, l->order[0]) : 0;
  for (int64_t t = n_steps - 1; t >= 0; t--) {
    const int64_t n = count_running(l, all, t);
    for (int64_t i = 0; i < n; i++) {
      const int64_t row = row_at(l, l->order[i], t), last = row_at(l, l->order[i], t - 1);
      kernels->step_backward(
          &(mer__lstm_row_gradient){gates + row * 4 * h, dproduct + i * 4 * h, cells + row * h,
                                    t > 0 ? cells + last * h : NULL, dy + row * y_row,
                                    dhidden + i * h, dcell + i * h},
          h);
      if (t > 0) memcpy(before + row * h, y + last * y_row, bytes);
      else memset(before + row * h, 0, bytes);
    }
    if (t > 0)
      mer__small_matmul(dhidden, h, (mer__strided){dproduct, 4 * h, 1}, weight, h, n, h, 4 * h,
                        false);
  }
}
