/* strided.c: arrays at strides. */
#include "tensor/strided.h"

#include <string.h>

bool mer__strided_fits(const int64_t *shape, const int64_t *strides, int rank, int64_t offset,
                       int64_t n) {
  int64_t last = offset, step;
  bool empty = false;
  if (offset < 0) return false;
  for (int i = 0; i < rank; i++) {
    if (shape[i] < 0 || strides[i] < 0) return false;
    empty |= shape[i] == 0;
  }
  for (int i = 0; i < rank && !empty; i++)
    if (__builtin_mul_overflow(shape[i] - 1, strides[i], &step) ||
        __builtin_add_overflow(last, step, &last))
      return false;
  return empty ? offset <= n : last < n;
}

bool mer__strided_is_contiguous(const int64_t *shape, const int64_t *strides, int rank) {
  int64_t expected = 1;
  for (int i = rank - 1; i >= 0; i--) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

/* The bytes from the first element to the one at `index`. */
static size_t place_of(const mer__strided *a, const int64_t *index) {
  int64_t at = 0;
  for (int i = 0; i < a->rank; i++) at += index[i] * a->strides[i];
  return (size_t)at * a->element;
}

/* The next index in row-major order. */
static void advance(int64_t *index, const mer__strided *a) {
  for (int i = a->rank - 1; i >= 0; i--) {
    if (++index[i] < a->shape[i]) return;
    index[i] = 0;
  }
}

void mer__strided_copy(void *out, const mer__strided *array) {
  int64_t index[MER_MAX_RANK] = {0};
  uint8_t *to = out;
  for (int64_t i = 0; i < array->n_elements; i++, to += array->element) {
    memcpy(to, array->data + place_of(array, index), array->element);
    advance(index, array);
  }
}
