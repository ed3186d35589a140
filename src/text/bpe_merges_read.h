/* bpe_merges_read.h: reads the pairs of byte pair encoding from a merges.txt or a tokenizer.json.
 */
#ifndef MER_TEXT_BPE_MERGES_READ_H
#define MER_TEXT_BPE_MERGES_READ_H

#include "text/bpe_merges.h"
#include "text/json_fields.h"
#include "text/vocabulary.h"

/** Reads the lines of a merges.txt: two tokens with a space between them; "#version" begins a
 * comment. MER_STATUS_FORMAT (a line is not two tokens of the vocabulary, or no token is both
 * together), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear the merges in any case. */
mer_status mer__bpe_merges_parse(mer__bpe_merges *merges, const mer__vocabulary *vocabulary,
                                 const char *file, size_t size, const char *path, mer_error *err);
/** Reads a list of such lines, or of lists of two tokens. Statuses as above. */
mer_status mer__bpe_merges_read(mer__bpe_merges *merges, const mer__vocabulary *vocabulary,
                                const json_t *list, const mer__json_place *place, mer_error *err);

#endif
