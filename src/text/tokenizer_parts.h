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

#endif
