/* npy_write.c: writes NumPy's array files, whole or in parts.
 * Format: numpy.lib.format, version 1.0. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/tensor.h"
#include "tensor/dtype.h"

struct mer_npy_writer {
  mer__atomic_file file;
  char *path;
  int64_t n_missing; /* elements that are not added yet */
};

/* Writes magic, size and dictionary, padded with spaces: eight numbers whose product is below 2^63
 * always fit. */
static void write_header(mer__atomic_file *file, const int64_t *shape, int rank) {
  enum { HEADER_BYTES = 256 };
  char header[HEADER_BYTES + 1];
  memcpy(header, MER_NPY_START, sizeof MER_NPY_START);
  size_t n = MER_NPY_START_BYTES;
  for (int i = 0; i < rank; i++)
    n += (size_t)snprintf(header + n, sizeof header - n, "%s%lld%s", i ? " " : "",
                          (long long)shape[i], i + 1 < rank || rank == 1 ? "," : "");
  n += (size_t)snprintf(header + n, sizeof header - n, "), }");
  memset(header + n, ' ', HEADER_BYTES - 1 - n);
  header[HEADER_BYTES - 1] = '\n';
  mer__atomic_write(file, header, HEADER_BYTES);
}

mer_status mer_npy_writer_open(mer_npy_writer **out, const char *path, const int64_t *shape,
                               int rank, const mer_monitor *monitor, mer_error *err) {
  int64_t n_elements;
  size_t n_bytes;
  *out = NULL;
  if (rank < 0 || rank > MER_MAX_RANK || !mer__shape_count(&n_elements, shape, rank) ||
      !mer__shape_bytes(&n_bytes, n_elements, MER_DTYPE_F32))
    return mer__fail(err, MER_STATUS_INVALID, "%s: the shape is not one of an array", path);
  mer_npy_writer *writer = mer__calloc(1, sizeof *writer);
  if (!writer) return mer__fail_memory(err);
  mer_status status;
  writer->n_missing = n_elements;
  writer->path = mer__strdup(path);
  if (!writer->path) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__atomic_open(&writer->file, path, monitor, err));
  write_header(&writer->file, shape, rank);
  *out = writer;
  writer = NULL;
cleanup:
  mer_npy_writer_close(writer);
  return status;
}

mer_status mer_npy_writer_add(mer_npy_writer *writer, const float *data, int64_t n,
                              mer_error *err) {
  if (n < 0 || n > writer->n_missing)
    return mer__fail(err, MER_STATUS_INVALID, "%s: %lld elements, expected at most %lld more",
                     writer->path, (long long)n, (long long)writer->n_missing);
  mer__atomic_write(&writer->file, data, (size_t)n * sizeof *data);
  writer->n_missing -= n;
  return writer->file.reason ? mer__atomic_commit(&writer->file, err) : MER_OK; /* which says it */
}

mer_status mer_npy_writer_commit(mer_npy_writer *writer, mer_error *err) {
  if (writer->n_missing)
    return mer__fail(err, MER_STATUS_INVALID, "%s: %lld elements are missing", writer->path,
                     (long long)writer->n_missing);
  return mer__atomic_commit(&writer->file, err);
}

void mer_npy_writer_close(mer_npy_writer *writer) {
  if (!writer) return;
  mer__atomic_abort(&writer->file);
  mer__free(writer->path);
  mer__free(writer);
}

mer_status mer_npy_write(const char *path, const float *data, const int64_t *shape, int rank,
                         mer_error *err) {
  mer_npy_writer *writer = NULL;
  int64_t n_elements = 0;
  mer_status status;
  MER__CHECK(mer_npy_writer_open(&writer, path, shape, rank, NULL, err));
  n_elements = writer->n_missing;
  MER__CHECK(mer_npy_writer_add(writer, data, n_elements, err));
  MER__CHECK(mer_npy_writer_commit(writer, err));
cleanup:
  mer_npy_writer_close(writer);
  return status;
}
