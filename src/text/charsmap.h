/* charsmap.h: SentencePiece's normalization as its models hold it: a double array trie of
 * Darts-clone and the texts that it leads to (spm_precompiled 0.1.4, as tokenizers use it). */
#ifndef MER_TEXT_CHARSMAP_H
#define MER_TEXT_CHARSMAP_H

#include "base/text_buffer.h"
#include "text/json_fields.h"

/** Zero-initialize. */
typedef struct mer__charsmap {
  uint8_t *blob; /* what base64 says */
  const uint8_t *units;
  size_t n_units;
  const char *texts; /* each with a terminating 0 */
  size_t texts_size;
  bool plain[128]; /* ASCII that is left as it is */
} mer__charsmap;

/** Reads base64. MER_STATUS_FORMAT (not base64, cut off, texts that are not UTF-8),
 * MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__charsmap_read(mer__charsmap *map, const char *base64, const mer__json_place *place,
                              mer_error *err);
void mer__charsmap_clear(mer__charsmap *map);

/** Whether a text has nothing but ASCII that is left as it is. */
bool mer__charsmap_is_plain(const mer__charsmap *map, const uint8_t *text, size_t size);
/** Appends a text, which is UTF-8, normalized. */
void mer__charsmap_apply(mer__text_buffer *out, const mer__charsmap *map, const uint8_t *text,
                         size_t size);

#endif
