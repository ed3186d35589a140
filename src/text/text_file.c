/* text_file.c: a whole text file as UTF-8. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/text.h"
#include "text/text_decode.h"

mer_status mer_text_read(char **text, size_t *size, const char *path, size_t max_bytes,
                         mer_error *err) {
  char *data = NULL;
  size_t n_bytes;
  mer__text_buffer decoded = {0};
  *text = NULL;
  *size = 0;
  mer_status status = mer__file_read(&data, &n_bytes, path, max_bytes, err);
  if (status == MER_OK) status = mer__text_decode_file(&decoded, path, data, n_bytes, err);
  mer__free(data);
  if (status == MER_OK) {
    *text = decoded.data;
    *size = decoded.size;
  } else {
    mer__text_clear(&decoded);
  }
  return status;
}

void mer_text_free(char *text) { mer__free(text); }
