/* bpe.h: byte-level byte pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words
 * with Subword Units", 2016, on bytes as in GPT-2): of a word's bytes the pair that was learned
 * first is merged, the leftmost of equal ones, until none is left that was learned. */
#ifndef MER_TEXT_BPE_H
#define MER_TEXT_BPE_H

#include "text/bpe_merges.h"
#include "text/token_model.h"

/** The state of this model. */
typedef struct mer__bpe {
  mer__vocabulary words; /* tokens as the bytes that they stand for; those are found that are the
                            whole result for their bytes */
  int32_t symbols[256];  /* the id of each byte, or -1 */
  int32_t unknown;       /* of a byte without id; -1: it is dropped */
  bool fuse_unknown;     /* one id for neighbours without one */
  mer__bpe_merges merges;
} mer__bpe;

/** Makes the model of a vocabulary in GPT-2's spelling and the lines of a merges.txt, `path` for
 * messages. MER_STATUS_FORMAT, MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear the model in any case.
 */
mer_status mer__bpe_make(mer__token_model *model, const mer__vocabulary *vocabulary,
                         const char *merges, size_t size, const char *path, mer_error *err);

#endif
