/* tokenizer_config.h: the settings of normalization in Hugging Face's tokenizer_config.json, and
 * the class of the tokenizer. */
#ifndef MER_TEXT_TOKENIZER_CONFIG_H
#define MER_TEXT_TOKENIZER_CONFIG_H

#include <jansson.h>

#include "text/normalize.h"

/** Settings of `config`, the object of a tokenizer_config.json in `folder`; those of BERT uncased
 * for what it does not say, or if it is NULL. MER_STATUS_FORMAT. */
mer_status mer__tokenizer_config_read(mer__normalization *how, const json_t *config,
                                      const char *folder, mer_error *err);

/** Whether the class that `config` names makes BERT's normalizer by the settings that
 * mer__tokenizer_config_read reads, also where a tokenizer.json has one: every class but those that
 * stand for any tokenizer.json. False if it is NULL. */
bool mer__tokenizer_config_rules(const json_t *config);
/** MER_STATUS_UNSUPPORTED: the class that `config` names, a tokenizer_config.json or config.json,
 * reads a vocab.txt in another way than BERT, or splits words by another program. `config` may be
 * NULL. */
mer_status mer__tokenizer_config_check(const json_t *config, const char *folder, const char *name,
                                       mer_error *err);

#endif
