/* tokenizer_config.h: the settings of normalization in Hugging Face's tokenizer_config.json. */
#ifndef MER_TEXT_TOKENIZER_CONFIG_H
#define MER_TEXT_TOKENIZER_CONFIG_H

#include <jansson.h>

#include "text/normalize.h"

/** Settings of `config`, the object of a tokenizer_config.json in `folder`; those of BERT uncased
 * for what it does not say, or if it is NULL. MER_STATUS_FORMAT. */
mer_status mer__tokenizer_config_read(mer__normalization *how, const json_t *config,
                                      const char *folder, mer_error *err);

#endif
