/* vocabulary_json.h: a vocabulary as a JSON object {"token": id, ..}, as vocab.json and
 * tokenizer.json have it. */
#ifndef MER_TEXT_VOCABULARY_JSON_H
#define MER_TEXT_VOCABULARY_JSON_H

#include "text/json_fields.h"
#include "text/vocabulary.h"

/** Reads the object, and enters every token. Ids may be left out. MER_STATUS_FORMAT (not an object,
 * an id that is not a number, or that two tokens have), MER_STATUS_LIMIT (an id out of range),
 * MER_STATUS_NO_MEMORY; clear the vocabulary in any case. */
mer_status mer__vocabulary_read(mer__vocabulary *vocabulary, const json_t *object,
                                const mer__json_place *place, mer_error *err);

#endif
