/* token_template.h: the special tokens around one text and around two, as the post-processors of a
 * tokenizer.json state them. */
#ifndef MER_TEXT_TOKEN_TEMPLATE_H
#define MER_TEXT_TOKEN_TEMPLATE_H

#include "text/json_fields.h"

/** Most special tokens of a template. */
enum { MER__TEMPLATE_MAX = 32 };

/** Special tokens: n[0] of them stand before the first text, n[1] after it, n[2] after the second.
 * Zeroed: none. */
typedef struct mer__token_template {
  int32_t ids[MER__TEMPLATE_MAX], types[MER__TEMPLATE_MAX];
  int32_t n[3];
  int32_t text_types[2]; /* the type ids of the texts */
} mer__token_template;

/** That of one text and that of two. */
typedef struct mer__token_templates {
  mer__token_template single, pair;
} mer__token_templates;

/** No special tokens. */
mer__token_templates mer__templates_plain(void);
/** [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with type 1 from B on. */
mer__token_templates mer__templates_bert(int32_t cls, int32_t sep);
/** <s> A </s>, and <s> A </s> </s> B </s>, all of type 0. */
mer__token_templates mer__templates_roberta(int32_t cls, int32_t sep);

/** Reads a post_processor: NULL or JSON's null is none. `n_ids`: ids are smaller.
 * MER_STATUS_UNSUPPORTED, MER_STATUS_FORMAT, MER_STATUS_LIMIT. */
mer_status mer__templates_read(mer__token_templates *templates, const json_t *processor,
                               int32_t n_ids, const char *path, mer_error *err);

static inline size_t mer__template_size(const mer__token_template *t) {
  return (size_t)(t->n[0] + t->n[1] + t->n[2]);
}

#endif
