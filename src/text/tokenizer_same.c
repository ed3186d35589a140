/* tokenizer_same.c: compares vocabularies, settings and templates of BERT's tokenizers. */
#include "text/tokenizer_same.h"

#include <string.h>

#include "text/wordpiece.h"

static bool same_tokens(const mer__vocabulary *a, const mer__vocabulary *b) {
  if (a->n_tokens != b->n_tokens) return false;
  for (int32_t id = 0; id < a->n_tokens; id++) {
    size_t size, other_size;
    const char *token = mer__vocabulary_token(&size, a, id);
    const char *other = mer__vocabulary_token(&other_size, b, id);
    if (size != other_size || memcmp(token, other, size) != 0) return false;
  }
  return true;
}

static bool same_words(const mer__normalization *a, const mer__normalization *b) {
  return a->lowercase == b->lowercase && a->strip_accents == b->strip_accents &&
         a->ideographs == b->ideographs;
}

static bool same_template(const mer__token_template *a, const mer__token_template *b) {
  const size_t n = mer__template_size(a);
  return memcmp(a->n, b->n, sizeof a->n) == 0 && memcmp(a->ids, b->ids, n * sizeof *a->ids) == 0 &&
         memcmp(a->types, b->types, n * sizeof *a->types) == 0 &&
         memcmp(a->text_types, b->text_types, sizeof a->text_types) == 0;
}

bool mer__tokenizer_same(const mer_tokenizer *a, const mer_tokenizer *b) {
  const mer__text_pipeline *p = &a->pipeline, *q = &b->pipeline;
  if (!a->added.plain || !b->added.plain || !p->bert || !q->bert) return false;
  const mer__wordpiece *model = p->model.state, *other = q->model.state;
  return model->unknown == other->unknown && same_words(&p->how, &q->how) &&
         same_template(&a->templates.single, &b->templates.single) &&
         same_template(&a->templates.pair, &b->templates.pair) &&
         same_tokens(&a->vocabulary, &b->vocabulary);
}
