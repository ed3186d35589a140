/* token_segments.c: one input of several segments. */
#include "text/token_segments.h"

#include <string.h>

#include "base/error.h"
#include "text/tokenizer_parts.h"

size_t mer__segments_specials(const mer_tokenizer *tokenizer, int n_segments) {
  const int32_t *n = tokenizer->templates.pair.n;
  return (size_t)n[0] + (size_t)(n_segments - 1) * (size_t)n[1] + (size_t)n[2];
}

/* Adds `n` special tokens of the template, from number `first` on; of one type if that is not -1.
 */
static void add_specials(mer_tokens *tokens, const mer__token_template *template, int first, int n,
                         int32_t type) {
  for (int i = first; i < first + n; i++, tokens->n++) {
    tokens->ids[tokens->n] = template->ids[i];
    tokens->type_ids[tokens->n] = type < 0 ? template->types[i] : type;
  }
}

static void add_run(mer_tokens *tokens, const mer_tokens *from, const mer__id_run *run,
                    int32_t type) {
  if (run->n > 0) memcpy(tokens->ids + tokens->n, from->ids + run->begin, run->n * sizeof(int32_t));
  for (size_t i = 0; i < run->n; i++) tokens->type_ids[tokens->n + (int32_t)i] = type | run->mark;
  tokens->n += (int32_t)run->n;
}

mer_status mer__segments_join(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                              const mer_tokens *from, const mer__id_run *runs, size_t n_runs,
                              int n_segments, mer_error *err) {
  const mer__token_template *pair = &tokenizer->templates.pair;
  const int32_t *n = pair->n, *types = pair->text_types;
  size_t needed = mer__segments_specials(tokenizer, n_segments);
  for (size_t i = 0; i < n_runs; i++) needed += runs[i].n;
  if (mer__tokens_reserve(tokens, needed) != 0) return mer__fail_memory(err);
  tokens->n = 0;
  add_specials(tokens, pair, 0, n[0], -1);
  for (int s = 0; s < n_segments; s++) {
    if (s > 0) add_specials(tokens, pair, n[0], n[1], s == 1 ? -1 : types[1]);
    for (size_t i = 0; i < n_runs; i++)
      if (runs[i].segment == s) add_run(tokens, from, &runs[i], types[s % 2]);
  }
  add_specials(tokens, pair, n[0] + n[1], n[2], n_segments == 2 ? -1 : types[0]);
  return MER_OK;
}
