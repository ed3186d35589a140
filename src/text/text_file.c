/* text_file.c: a whole text file as UTF-8. It is decoded in pieces as it is read, so that it is
 * held once. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/text.h"
#include "text/text_decode.h"

enum { PIECE_BYTES = 1 << 13 };

/* Appends a file of `left` bytes. */
static mer_status decode(mer__text_buffer *out, int fd, size_t left, const char *path,
                         mer_error *err) {
  char raw[PIECE_BYTES];
  size_t n_raw = 0, mark = 0; /* bytes of the piece, of which some may be left from the last one */
  mer__encoding encoding = MER__ENCODING_UTF8;
  mer__text_reserve(out, left);
  for (bool first = true; left > 0; first = false) {
    const size_t n = left < PIECE_BYTES - n_raw ? left : PIECE_BYTES - n_raw;
    mer_status status = mer__file_read_all(fd, raw + n_raw, n, path, err);
    if (status != MER_OK) return status;
    n_raw += n;
    left -= n;
    if (first) encoding = mer__encoding_detect(&mark, raw, n_raw);
    const size_t from = first ? mark : 0;
    const size_t used = from + mer__text_decode(out, encoding, raw + from, n_raw - from, left == 0);
    n_raw -= used;
    memmove(raw, raw + used, n_raw);
  }
  return mer__text_decoded(out, 0, path, err);
}

mer_status mer_text_read(char **text, size_t *size, const char *path, size_t max_bytes,
                         mer_error *err) {
  int fd;
  size_t n_bytes;
  mer__text_buffer decoded = {0};
  *text = NULL;
  *size = 0;
  mer_status status = mer__file_open_within(&fd, &n_bytes, path, max_bytes, err);
  if (status != MER_OK) return status;
  status = decode(&decoded, fd, n_bytes, path, err);
  close(fd);
  if (status == MER_OK) {
    *text = decoded.data;
    *size = decoded.size;
  } else {
    mer__text_clear(&decoded);
  }
  return status;
}

void mer_text_free(char *text) { mer__free(text); }
