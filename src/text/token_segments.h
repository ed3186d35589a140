/* token_segments.h: one input of several segments: the turns of a dialogue before an utterance, the
 * utterance, the turns after it. Two segments have the special tokens of a pair (BERT:
 * `[CLS] a [SEP] b [SEP]`; RoBERTa: `<s> a </s></s> b </s>`), and a third is joined to the second
 * as that is to the first. */
#ifndef MER_TEXT_TOKEN_SEGMENTS_H
#define MER_TEXT_TOKEN_SEGMENTS_H

#include "mer/text.h"

enum { MER__MAX_SEGMENTS = 3 };

/** Ids of a text: `n` from `begin` on. */
typedef struct mer__id_run {
  size_t begin, n;
  int segment;
  int32_t mark; /* bits that are added to their types */
} mer__id_run;

/** Number of special tokens round `n_segments`, 2 or 3. */
size_t mer__segments_specials(const mer_tokenizer *tokenizer, int n_segments);

/** Joins the ids of `from` that `runs` [n_runs] name, in the order of their segments; a segment may
 * be empty. Types are those of a pair; a third segment has that of the first. MER_STATUS_NO_MEMORY.
 */
mer_status mer__segments_join(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                              const mer_tokens *from, const mer__id_run *runs, size_t n_runs,
                              int n_segments, mer_error *err);

#endif
