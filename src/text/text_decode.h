/* text_decode.h: bytes of a text in whatever encoding it comes to UTF-8. Tables, transcripts and
 * JSON lines are all read by it. */
#ifndef MER_TEXT_TEXT_DECODE_H
#define MER_TEXT_TEXT_DECODE_H

#include "base/text_buffer.h"
#include "mer/base.h"

typedef enum mer__encoding {
  MER__ENCODING_UTF8, /* bytes that are not UTF-8 are read as Windows-1252 */
  MER__ENCODING_UTF16_LE,
  MER__ENCODING_UTF16_BE
} mer__encoding;

/** The encoding that the beginning of a text shows: by its byte-order mark, of `*mark_bytes` bytes,
 * or UTF-16 without one where every other byte of the first pairs is mostly zero, which no other
 * encoding of a text has. */
mer__encoding mer__encoding_detect(size_t *mark_bytes, const char *data, size_t size);

/** Appends `size` bytes as UTF-8 and returns how many were used: all of them if the text ends
 * there, else all but a last character that is cut. Half a surrogate pair becomes U+FFFD; zeros
 * stay. */
size_t mer__text_decode(mer__text_buffer *out, mer__encoding encoding, const char *data,
                        size_t size, bool ends);

/** Whether all of a file has been appended, from `begin` on, and is a text. MER_STATUS_FORMAT (a
 * zero byte), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; messages begin with `path`. */
mer_status mer__text_decoded(mer__text_buffer *out, size_t begin, const char *path, mer_error *err);
/** Appends a whole file's bytes as UTF-8. Statuses of mer__text_decoded. */
mer_status mer__text_decode_file(mer__text_buffer *out, const char *path, const char *data,
                                 size_t size, mer_error *err);

#endif
