/* tokenizer.c: encodes texts as a model's input: ids, truncation, special tokens, type ids. The
 * reference is Hugging Face's tokenizers 0.23. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

void mer__tokenizer_parts_clear(mer_tokenizer *tokenizer) {
  mer__text_pipeline_clear(&tokenizer->pipeline);
  mer__vocabulary_clear(&tokenizer->vocabulary);
  mer__added_tokens_clear(&tokenizer->added);
  mer__tokenizer_files_clear(&tokenizer->files);
}

void mer_tokenizer_close(mer_tokenizer *tokenizer) {
  if (!tokenizer) return;
  mer__tokenizer_parts_clear(tokenizer);
  mer__free(tokenizer);
}

int32_t mer_tokenizer_size(const mer_tokenizer *tokenizer) {
  return tokenizer->vocabulary.n_tokens + tokenizer->added.n_new;
}

const char *mer_tokenizer_token(const mer_tokenizer *tokenizer, int32_t id) {
  const mer__vocabulary *vocabulary = &tokenizer->vocabulary;
  size_t size;
  if (id >= 0 && id < vocabulary->n_tokens) return mer__vocabulary_token(&size, vocabulary, id);
  for (size_t i = 0; i < tokenizer->added.n; i++)
    if (tokenizer->added.items[i].id == id) return tokenizer->added.items[i].content;
  return NULL;
}

const char *mer_tokenizer_vocabulary(const mer_tokenizer *tokenizer, size_t *size) {
  static const mer__tokenizer_file order[] = {MER__TOKENIZER_WORDS, MER__TOKENIZER_JSON,
                                              MER__TOKENIZER_VOCAB};
  int i = 0;
  while (i < 2 && !tokenizer->files.data[order[i]]) i++;
  *size = tokenizer->files.sizes[order[i]];
  return tokenizer->files.data[order[i]];
}

/* Cuts two texts of n[0] and n[1] tokens to `room` together, as the reference does: the longer one
 * to the length of the other, then both alike, and the longer one keeps an odd token. */
static void truncate_pair(size_t n[2], size_t room) {
  if (n[0] + n[1] <= room) return;
  int shorter = n[0] > n[1], longer = !shorter;
  n[longer] = n[shorter] > room / 2 ? n[shorter] : room - n[shorter];
  if (n[shorter] + n[longer] <= room) return;
  n[shorter] = room / 2;
  n[longer] = room - room / 2;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Room for the whole result where a byte gives one id at most; a sink makes more if need be. */
static mer_status reserve(mer_tokens *tokens, size_t n_bytes, size_t max_length, mer_error *err) {
  size_t needed = smaller(n_bytes, max_length) + MER__TEMPLATE_MAX;
  return mer__tokens_reserve(tokens, needed) == 0 ? MER_OK : mer__fail_memory(err);
}

/* Encodes a text with bytes that are not UTF-8. */
static void encode_clean(mer__id_sink *sink, const mer_tokenizer *tokenizer, const char *text,
                         size_t size) {
  mer__text_buffer clean = {0};
  mer__utf8_clean(&clean, (const uint8_t *)text, size);
  if (clean.failed) sink->failed = true;
  else
    mer__added_tokens_encode(sink, &tokenizer->added, &tokenizer->pipeline, clean.data, clean.size);
  mer__text_clear(&clean);
}

/* Encodes one text after the first `sink->n_before` tokens, and leaves room for the special ones.
 */
static mer_status encode_text(mer__id_sink *sink, const mer_tokenizer *tokenizer, const char *text,
                              size_t size, mer_error *err) {
  const mer__text_pipeline *pipeline = &tokenizer->pipeline;
  const uint8_t *bytes = (const uint8_t *)text;
  if (tokenizer->added.plain) /* BERT's words are read from any bytes */
    mer__text_pipeline_encode(sink, pipeline, bytes, size, (mer__text_state){.specials = true});
  else if (mer__utf8_valid(bytes, size) < size) encode_clean(sink, tokenizer, text, size);
  else mer__added_tokens_encode(sink, &tokenizer->added, pipeline, text, size);
  size_t used = sink->n_before + smaller(sink->n, sink->limit);
  if (sink->failed || mer__tokens_reserve(sink->tokens, used + MER__TEMPLATE_MAX) != 0)
    return mer__fail_memory(err);
  return MER_OK;
}

mer_status mer__tokenizer_add(mer_tokens *tokens, size_t *n, const mer_tokenizer *tokenizer,
                              const char *text, size_t size, size_t most, bool cut,
                              mer_error *err) {
  mer__id_sink sink = {
      .tokens = tokens, .n_before = (size_t)tokens->n, .limit = most, .stop_above = most};
  mer_status status = encode_text(&sink, tokenizer, text, size, err);
  if (status != MER_OK) return status;
  *n = cut ? smaller(sink.n, most) : sink.n;
  if (*n <= most) tokens->n += (int32_t)*n;
  return MER_OK;
}

/* Puts special tokens of a template, from `*next` on, at `*end`. */
static void put_specials(mer_tokens *tokens, size_t *end, const mer__token_template *template,
                         int *next, int n) {
  for (; n > 0; n--, ++*next, ++*end) {
    tokens->ids[*end] = template->ids[*next];
    tokens->type_ids[*end] = template->types[*next];
  }
}

/* Puts the special tokens around texts of n[0] and n[1] ids, which lie at `begins`. */
static void assemble(mer_tokens *tokens, const mer__token_template *template, const size_t n[2],
                     const size_t begins[2], int n_texts) {
  size_t end = 0;
  int next = 0;
  for (int text = 0; text < n_texts; text++) {
    put_specials(tokens, &end, template, &next, template->n[text]);
    const int32_t type = template->text_types[text];
    if (end != begins[text])
      memmove(tokens->ids + end, tokens->ids + begins[text], n[text] * sizeof *tokens->ids);
    if (type == 0) memset(tokens->type_ids + end, 0, n[text] * sizeof *tokens->type_ids);
    else
      for (size_t i = 0; i < n[text]; i++) tokens->type_ids[end + i] = type;
    end += n[text];
  }
  put_specials(tokens, &end, template, &next, template->n[n_texts]);
  tokens->n = (int32_t)end;
}

mer_status mer_tokenizer_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                const char *text, size_t text_size, const char *pair,
                                size_t pair_size, int32_t max_length, mer_error *err) {
  mer_status status;
  const mer__token_template *template =
      pair ? &tokenizer->templates.pair : &tokenizer->templates.single;
  int32_t least = (int32_t)mer__template_size(template);
  tokens->n = 0;
  if (max_length < least)
    return mer__fail(err, MER_STATUS_INVALID, "max_length: expected at least %d, found %d",
                     (int)least, (int)max_length);
  size_t n[2] = {0}, begins[2] = {(size_t) template->n[0]}, room = (size_t)(max_length - least);
  mer__id_sink first = {.tokens = tokens, .n_before = begins[0], .limit = room, .stop_above = room};
  mer__id_sink second = {.tokens = tokens, .limit = room, .stop_above = SIZE_MAX};
  if (pair) first.stop_above = SIZE_MAX; /* both lengths decide what is cut */
  MER__CHECK(reserve(tokens, text_size, room, err));
  MER__CHECK(encode_text(&first, tokenizer, text, text_size, err));
  begins[1] = second.n_before = begins[0] + smaller(first.n, room) + (size_t) template->n[1];
  if (pair) MER__CHECK(encode_text(&second, tokenizer, pair, pair_size, err));
  n[0] = first.n;
  n[1] = second.n;
  tokens->truncated = n[0] + n[1] > room;
  if (pair) truncate_pair(n, room);
  else n[0] = smaller(n[0], room);
  assemble(tokens, template, n, begins, pair ? 2 : 1);
cleanup:
  return status;
}

void mer_tokens_clear(mer_tokens *tokens) {
  mer__free(tokens->ids);
  mer__free(tokens->type_ids);
  *tokens = (mer_tokens){0};
}
