/* npy.c: NumPy's array files.
 * Format: numpy.lib.format, versions 1.0 to 3.0: a magic string, the header's size, a Python
 * dictionary with 'descr', 'fortran_order' and 'shape', the elements. */
#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"

enum { MAGIC_BYTES = 6, MAX_HEADER_BYTES = 1 << 20, HEADER_ALIGNMENT = 64, MAX_WORD = 64 };
static const char magic[MAGIC_BYTES + 1] = "\x93NUMPY";

/* The header's text and what was read from it. */
typedef struct header {
  const char *at, *end, *path;
  char descr[MAX_WORD];
  bool fortran_order, has_descr, has_order, has_shape;
  int rank;
  int64_t shape[MER_MAX_RANK];
  mer_error *err;
} header;

static mer_status fail_header(const header *h, const char *expected) {
  return mer__fail(h->err, MER_STATUS_FORMAT, "%s: header of the array: expected %s", h->path,
                   expected);
}

static void skip_spaces(header *h) {
  while (h->at < h->end && isspace((unsigned char)*h->at)) h->at++;
}

/* Steps over `c`, if it is next. */
static bool accept(header *h, char c) {
  skip_spaces(h);
  if (h->at == h->end || *h->at != c) return false;
  h->at++;
  return true;
}

static mer_status read_string(char word[MAX_WORD], header *h) {
  char quote = accept(h, '\'') ? '\'' : '"';
  if (quote == '"' && !accept(h, '"')) return fail_header(h, "a quoted word");
  const char *close = memchr(h->at, quote, (size_t)(h->end - h->at));
  if (!close || close - h->at >= MAX_WORD) return fail_header(h, "a quoted word");
  memcpy(word, h->at, (size_t)(close - h->at));
  word[close - h->at] = 0;
  h->at = close + 1;
  return MER_OK;
}

static mer_status read_order(header *h) {
  skip_spaces(h);
  size_t left = (size_t)(h->end - h->at);
  h->fortran_order = left >= 4 && memcmp(h->at, "True", 4) == 0;
  if (!h->fortran_order && (left < 5 || memcmp(h->at, "False", 5) != 0))
    return fail_header(h, "fortran_order True or False");
  h->at += h->fortran_order ? 4 : 5;
  return MER_OK;
}

static bool read_dimension(int64_t *value, header *h) {
  skip_spaces(h);
  const char *begin = h->at;
  for (*value = 0; h->at < h->end && isdigit((unsigned char)*h->at); h->at++)
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, *h->at - '0', value))
      return false;
  return h->at > begin;
}

static mer_status read_shape(header *h) {
  if (!accept(h, '(')) return fail_header(h, "a shape in parentheses");
  while (!accept(h, ')')) {
    if (h->rank == MER_MAX_RANK)
      return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: more than %d dimensions", h->path,
                       MER_MAX_RANK);
    if (!read_dimension(&h->shape[h->rank++], h))
      return fail_header(h, "whole numbers as dimensions");
    if (accept(h, ',')) continue;
    if (!accept(h, ')')) return fail_header(h, "',' or ')' behind a dimension");
    return MER_OK;
  }
  return MER_OK;
}

static mer_status read_item(header *h) {
  char key[MAX_WORD];
  mer_status status = read_string(key, h);
  if (status != MER_OK) return status;
  if (!accept(h, ':')) return fail_header(h, "':'");
  bool *seen = strcmp(key, "descr") == 0           ? &h->has_descr
               : strcmp(key, "fortran_order") == 0 ? &h->has_order
               : strcmp(key, "shape") == 0         ? &h->has_shape
                                                   : NULL;
  if (!seen || *seen) return fail_header(h, "descr, fortran_order and shape, once each");
  *seen = true;
  skip_spaces(h);
  if (seen == &h->has_descr && h->at < h->end && *h->at == '[')
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: structured arrays are not supported",
                     h->path);
  if (seen == &h->has_descr) return read_string(h->descr, h);
  return seen == &h->has_order ? read_order(h) : read_shape(h);
}

static mer_status read_header(header *h) {
  if (!accept(h, '{')) return fail_header(h, "'{'");
  while (!accept(h, '}')) {
    mer_status status = read_item(h);
    if (status != MER_OK) return status;
    if (accept(h, ',')) continue;
    if (!accept(h, '}')) return fail_header(h, "',' or '}'");
    break;
  }
  if (!h->has_descr || !h->has_order || !h->has_shape)
    return fail_header(h, "descr, fortran_order and shape, once each");
  return MER_OK;
}

/* Finds the header's text in the file; `h->end` is where the elements begin. */
static mer_status find_header(header *h, const mer__mapped_file *map) {
  uint32_t size = 0;
  if (map->size < MAGIC_BYTES + 4 || memcmp(map->data, magic, MAGIC_BYTES) != 0)
    return mer__fail(h->err, MER_STATUS_FORMAT, "%s: not a .npy file", h->path);
  int version = map->data[MAGIC_BYTES];
  if (version < 1 || version > 3)
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: .npy version %d, expected 1 to 3",
                     h->path, version);
  size_t n_size = version == 1 ? 2 : 4, begin = MAGIC_BYTES + 2 + n_size;
  if (map->size < begin) return mer__fail(h->err, MER_STATUS_FORMAT, "%s: truncated", h->path);
  memcpy(&size, map->data + MAGIC_BYTES + 2, n_size);
  if (size > MAX_HEADER_BYTES)
    return mer__fail(h->err, MER_STATUS_LIMIT, "%s: header of %u bytes, at most %d are read",
                     h->path, (unsigned)size, MAX_HEADER_BYTES);
  if (size > map->size - begin)
    return mer__fail(h->err, MER_STATUS_FORMAT,
                     "%s: truncated: header of %u bytes in a file of %zu", h->path, (unsigned)size,
                     map->size);
  h->at = (const char *)map->data + begin;
  h->end = h->at + size;
  return MER_OK;
}

static mer_status find_dtype(mer_dtype *dtype, const header *h) {
  if (strcmp(h->descr, "<f4") == 0) *dtype = MER_DTYPE_F32;
  else if (strcmp(h->descr, "<f8") == 0) *dtype = MER_DTYPE_F64;
  else if (strcmp(h->descr, "<f2") == 0) *dtype = MER_DTYPE_F16;
  else
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED,
                     "%s: elements are '%s', expected '<f4', '<f8' or '<f2'", h->path, h->descr);
  if (h->fortran_order && h->rank > 1)
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: Fortran order, expected C order",
                     h->path);
  return MER_OK;
}

/* Describes the elements behind the header, whose number must be the shape's. */
static mer_status view_elements(mer_tensor *view, const header *h, const mer__mapped_file *map) {
  size_t n_bytes, n_data = map->size - (size_t)(h->end - (const char *)map->data);
  *view = (mer_tensor){.name = h->path, .rank = h->rank, .data = h->end};
  mer_status status = find_dtype(&view->dtype, h);
  if (status != MER_OK) return status;
  if (!mer__shape_count(&view->n_elements, h->shape, h->rank) ||
      !mer__shape_bytes(&n_bytes, view->n_elements, view->dtype))
    return mer__fail(h->err, MER_STATUS_FORMAT, "%s: the shape has too many elements", h->path);
  if (n_bytes != n_data)
    return mer__fail(h->err, MER_STATUS_FORMAT,
                     "%s: %zu bytes of elements, expected %zu for its shape", h->path, n_data,
                     n_bytes);
  return MER_OK;
}

mer_status mer_npy_read(float **data, int64_t *shape, int *rank, const char *path, mer_error *err) {
  *data = NULL;
  mer__mapped_file map = {0};
  mer_tensor view;
  header h = {.path = path, .err = err};
  mer_status status;
  MER__CHECK(mer__file_map(&map, path, err));
  MER__CHECK(find_header(&h, &map));
  MER__CHECK(read_header(&h));
  MER__CHECK(view_elements(&view, &h, &map));
  *data = mer__malloc((size_t)view.n_elements, sizeof **data);
  if (!*data) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer_tensor_to_f32(*data, &view, err));
  memcpy(shape, h.shape, (size_t)h.rank * sizeof *shape);
  *rank = h.rank;
cleanup:
  mer__file_unmap(&map);
  return status;
}

void mer_npy_free(float *data) { mer__free(data); }

/* Writes magic, size and dictionary, padded with spaces. `text` holds at most 8 numbers. */
static void write_header(mer__atomic_file *file, const int64_t *shape, int rank) {
  enum { TEXT_BYTES = 512, PREFIX_BYTES = MAGIC_BYTES + 4 };
  char text[TEXT_BYTES];
  int n = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < rank; i++)
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld%s", i ? " " : "", (long long)shape[i],
                  i + 1 < rank || rank == 1 ? "," : "");
  n += snprintf(text + n, sizeof text - (size_t)n, "), }");
  while ((PREFIX_BYTES + n + 1) % HEADER_ALIGNMENT) text[n++] = ' ';
  text[n++] = '\n';
  uint16_t size = (uint16_t)n;
  mer__atomic_write(file, magic, MAGIC_BYTES);
  mer__atomic_write(file, "\x01\x00", 2);
  mer__atomic_write(file, &size, sizeof size);
  mer__atomic_write(file, text, (size_t)n);
}

mer_status mer_npy_write(const char *path, const float *data, const int64_t *shape, int rank,
                         mer_error *err) {
  int64_t n_elements;
  size_t n_bytes;
  if (rank < 0 || rank > MER_MAX_RANK || !mer__shape_count(&n_elements, shape, rank) ||
      !mer__shape_bytes(&n_bytes, n_elements, MER_DTYPE_F32))
    return mer__fail(err, MER_STATUS_INVALID, "%s: the shape is not one of an array", path);
  mer__atomic_file file;
  mer_status status = mer__atomic_open(&file, path, err);
  if (status != MER_OK) return status;
  write_header(&file, shape, rank);
  mer__atomic_write(&file, data, n_bytes);
  return mer__atomic_commit(&file, err);
}
