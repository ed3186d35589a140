/* tokenizer_config.h: Hugging Face's tokenizer_config.json. */
#ifndef MER_TEXT_TOKENIZER_CONFIG_H
#define MER_TEXT_TOKENIZER_CONFIG_H

#include "text/normalize.h"

/** Settings of `path`; those of BERT uncased for what it does not say, or where there is no such
 * file. MER_STATUS_IO, MER_STATUS_FORMAT, MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__tokenizer_config_read(mer__normalization *how, const char *path, mer_error *err);

#endif
