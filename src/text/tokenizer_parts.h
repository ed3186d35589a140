/* tokenizer_parts.h: what a tokenizer consists of. */
#ifndef MER_TEXT_TOKENIZER_PARTS_H
#define MER_TEXT_TOKENIZER_PARTS_H

#include "text/added_tokens.h"
#include "text/token_template.h"
#include "text/tokenizer_files.h"

struct mer_tokenizer {
  mer__vocabulary vocabulary; /* the tokens as they are written in the files */
  mer__text_pipeline pipeline;
  mer__added_tokens added;
  mer__token_templates templates;
  mer__tokenizer_files files;
};

/** Frees what a tokenizer consists of. */
void mer__tokenizer_parts_clear(mer_tokenizer *tokenizer);

/** Adds the ids of a text by itself, without special tokens and without types, after the first
 * `tokens->n`: `*n` of them, or none where the text has more than `most`, and then `*n` is above
 * that. The encoder of a cut text wants `most` of them: `cut`. MER_STATUS_NO_MEMORY. */
mer_status mer__tokenizer_add(mer_tokens *tokens, size_t *n, const mer_tokenizer *tokenizer,
                              const char *text, size_t size, size_t most, bool cut, mer_error *err);

#endif
