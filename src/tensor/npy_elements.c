/* npy_elements.c: reads the elements block by block, and puts each where C order has it. */
#include "tensor/npy_elements.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"

enum { BLOCK_BYTES = 1 << 13, MAX_ELEMENT_BYTES = 8 };

mer_status mer__npy_element(mer__npy_elements *elements, const char *descr, const char *path,
                            mer_error *err) {
  const char *type = descr + (*descr && strchr("<>=|", *descr) != NULL);
  char kind = *type;
  size_t n = strlen(type) == 2 && type[1] >= '1' && type[1] <= '8' ? (size_t)(type[1] - '0') : 0;
  bool sized = n == 1 || n == 2 || n == 4 || n == MAX_ELEMENT_BYTES;
  bool known = (kind == 'f' && n > 1) || kind == 'i' || kind == 'u' || (kind == 'b' && n == 1);
  if (!sized || !known)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: elements are '%s', expected numbers of at most 8 bytes, such as '<f4', "
                     "'<f8' or '<i8'",
                     path, descr);
  *elements = (mer__npy_elements){.kind = kind, .n_bytes = n, .big = *descr == '>'};
  return MER_OK;
}

static float element_at(const uint8_t *at, const mer__npy_elements *e) {
  uint64_t bits = 0;
  for (size_t i = 0; i < e->n_bytes; i++)
    bits |= (uint64_t)at[e->big ? e->n_bytes - 1 - i : i] << 8 * i;
  if (e->kind == 'i') { /* the shift to the right brings the sign */
    unsigned empty = (unsigned)(64 - 8 * e->n_bytes);
    return (float)((int64_t)(bits << empty) >> empty);
  }
  if (e->kind != 'f') return (float)bits;
  if (e->n_bytes == 2) return mer__f16_to_f32((uint16_t)bits);
  if (e->n_bytes == 4) {
    uint32_t half = (uint32_t)bits;
    float single;
    memcpy(&single, &half, sizeof single);
    return single;
  }
  double value;
  memcpy(&value, &bits, sizeof value);
  return (float)value;
}

/* Where the elements of a file go, one after the other. */
typedef struct place {
  int64_t index[MER_MAX_RANK], strides[MER_MAX_RANK]; /* of C order */
  int64_t at;
} place;

static void first_place(place *p, const mer__npy_elements *e) {
  int64_t stride = 1;
  *p = (place){0};
  for (int d = e->rank - 1; d >= 0; d--) {
    p->strides[d] = stride;
    stride *= e->shape[d];
  }
}

/* In Fortran order the first index counts fastest. */
static void next_place(place *p, const mer__npy_elements *e) {
  if (!e->fortran_order) {
    p->at++;
    return;
  }
  for (int d = 0; d < e->rank; d++) {
    p->at += p->strides[d];
    if (++p->index[d] < e->shape[d]) return;
    p->at -= p->strides[d] * e->shape[d];
    p->index[d] = 0;
  }
}

mer_status mer__npy_elements_read(float *out, const mer__npy_elements *elements, int fd,
                                  const char *path, mer_error *err) {
  const mer__npy_elements *e = elements;
  uint8_t block[BLOCK_BYTES];
  place p;
  if (e->kind == 'f' && e->n_bytes == sizeof *out && !e->big && !e->fortran_order)
    return mer__file_read_all(fd, out, (size_t)e->n * sizeof *out, path, err);
  first_place(&p, e);
  for (int64_t done = 0, n; done < e->n; done += n) {
    n = BLOCK_BYTES / (int64_t)e->n_bytes;
    if (n > e->n - done) n = e->n - done;
    mer_status status = mer__file_read_all(fd, block, (size_t)n * e->n_bytes, path, err);
    if (status != MER_OK) return status;
    for (int64_t i = 0; i < n; i++, next_place(&p, e))
      out[p.at] = element_at(block + (size_t)i * e->n_bytes, e);
  }
  return MER_OK;
}
