/* tokenizer.c: opens a vocabulary and encodes texts as BERT's input: special tokens, truncation,
 * type ids. The reference is Hugging Face's BertTokenizerFast (tokenizers 0.23). */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "mer/text.h"
#include "text/added_tokens.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_files.h"
#include "text/wordpiece.h"

struct mer_tokenizer {
  mer__vocabulary vocabulary;
  mer__normalization how;
  mer__added_tokens added;
  mer__tokenizer_files files;
};

static mer_status open_folder(mer_tokenizer *tokenizer, const char *folder, mer_error *err) {
  mer_status status;
  static const char *const others[] = {"tokenizer.json", "vocab.json", "sentencepiece.bpe.model",
                                       "spiece.model", NULL};
  char *vocabulary = NULL;
  mer__tokenizer_files *files = &tokenizer->files;
  MER__CHECK(mer__tokenizer_files_read(files, folder, err));
  const mer__added_sources sources = {files->parsed[MER__TOKENIZER_CONFIG],
                                      files->parsed[MER__TOKENIZER_ADDED],
                                      files->parsed[MER__TOKENIZER_SPECIALS], folder};
  MER__CHECK(mer__expect_file(&vocabulary, folder, "vocab.txt", others, err));
  MER__CHECK(mer__tokenizer_config_read(&tokenizer->how, sources.config, folder, err));
  MER__CHECK(mer__vocabulary_load(&tokenizer->vocabulary, vocabulary, err));
  MER__CHECK(mer__added_tokens_read(&tokenizer->added, &sources, &tokenizer->vocabulary,
                                    &tokenizer->how, err));
cleanup:
  mer__tokenizer_files_forget(files);
  mer__free(vocabulary);
  return status;
}

mer_status mer_tokenizer_open(mer_tokenizer **out, const char *path, mer_error *err) {
  *out = NULL;
  mer_tokenizer *tokenizer = mer__calloc(1, sizeof *tokenizer);
  if (!tokenizer) return mer__fail_memory(err);
  tokenizer->how = mer__normalization_default();
  mer_status status = mer__path_is_folder(path)
                          ? open_folder(tokenizer, path, err)
                          : mer__vocabulary_load(&tokenizer->vocabulary, path, err);
  if (status == MER_OK) *out = tokenizer;
  else mer_tokenizer_close(tokenizer);
  return status;
}

void mer_tokenizer_close(mer_tokenizer *tokenizer) {
  if (!tokenizer) return;
  mer__vocabulary_clear(&tokenizer->vocabulary);
  mer__added_tokens_clear(&tokenizer->added);
  mer__tokenizer_files_clear(&tokenizer->files);
  mer__free(tokenizer);
}

int32_t mer_tokenizer_size(const mer_tokenizer *tokenizer) {
  return tokenizer->vocabulary.n_tokens + tokenizer->added.n_new;
}

const char *mer_tokenizer_token(const mer_tokenizer *tokenizer, int32_t id) {
  const mer__vocabulary *vocabulary = &tokenizer->vocabulary;
  if (id >= 0 && id < vocabulary->n_tokens) return vocabulary->text + vocabulary->starts[id];
  for (size_t i = 0; i < tokenizer->added.n; i++)
    if (tokenizer->added.items[i].id == id) return tokenizer->added.items[i].content;
  return NULL;
}

const char *mer_tokenizer_vocabulary(const mer_tokenizer *tokenizer, size_t *size) {
  *size = tokenizer->vocabulary.file_size;
  return tokenizer->vocabulary.file;
}

mer_status mer__tokenizer_write(const mer_tokenizer *tokenizer, const char *folder,
                                mer_error *err) {
  const mer__vocabulary *vocabulary = &tokenizer->vocabulary;
  mer_status status =
      mer__folder_write(folder, "vocab.txt", vocabulary->file, vocabulary->file_size, err);
  return status == MER_OK ? mer__tokenizer_files_write(&tokenizer->files, folder, err) : status;
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
  size_t needed = smaller(n_bytes, max_length) + 4;
  return mer__tokens_reserve(tokens, needed) == 0 ? MER_OK : mer__fail_memory(err);
}

/* Encodes one text after the first `sink->n_before` tokens, and leaves room for two [SEP]. */
static mer_status encode_text(mer__id_sink *sink, const mer_tokenizer *tokenizer, const char *text,
                              size_t size, mer_error *err) {
  sink->vocabulary = &tokenizer->vocabulary;
  if (tokenizer->added.n)
    mer__added_tokens_encode(sink, &tokenizer->added, &tokenizer->how, text, size);
  else mer__text_words(&tokenizer->how, (const uint8_t *)text, size, mer__wordpiece_visit, sink);
  size_t used = sink->n_before + smaller(sink->n, sink->limit);
  if (sink->failed || mer__tokens_reserve(sink->tokens, used + 2) != 0)
    return mer__fail_memory(err);
  return MER_OK;
}

/* Puts the special tokens around texts of n[0] and n[1] ids; the second one lies at `second`. */
static void assemble(mer_tokens *tokens, const mer_tokenizer *tokenizer, const size_t n[2],
                     size_t second, bool pair) {
  const int32_t *specials = tokenizer->vocabulary.specials;
  size_t end = n[0] + 2;
  if (pair) memmove(tokens->ids + end, tokens->ids + second, n[1] * sizeof *tokens->ids);
  tokens->ids[0] = specials[MER__SPECIAL_CLS];
  tokens->ids[end - 1] = specials[MER__SPECIAL_SEP];
  for (size_t i = 0; i < end; i++) tokens->type_ids[i] = 0;
  if (pair) {
    for (size_t i = 0; i <= n[1]; i++) tokens->type_ids[end + i] = 1;
    end += n[1] + 1;
    tokens->ids[end - 1] = specials[MER__SPECIAL_SEP];
  }
  tokens->n = (int32_t)end;
}

mer_status mer_tokenizer_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                const char *text, size_t text_size, const char *pair,
                                size_t pair_size, int32_t max_length, mer_error *err) {
  mer_status status;
  int32_t least = pair ? 3 : 2;
  tokens->n = 0;
  if (max_length < least)
    return mer__fail(err, MER_STATUS_INVALID, "max_length: expected at least %d, found %d",
                     (int)least, (int)max_length);
  size_t n[2] = {0}, room = (size_t)(max_length - least);
  mer__id_sink first = {.tokens = tokens, .n_before = 1, .limit = room, .stop_above = room};
  mer__id_sink second = {.tokens = tokens, .limit = room, .stop_above = SIZE_MAX};
  if (pair) first.stop_above = SIZE_MAX; /* both lengths decide what is cut */
  MER__CHECK(reserve(tokens, text_size, room, err));
  MER__CHECK(encode_text(&first, tokenizer, text, text_size, err));
  second.n_before = 2 + smaller(first.n, room);
  if (pair) MER__CHECK(encode_text(&second, tokenizer, pair, pair_size, err));
  n[0] = first.n;
  n[1] = second.n;
  tokens->truncated = n[0] + n[1] > room;
  if (pair) truncate_pair(n, room);
  else n[0] = smaller(n[0], room);
  assemble(tokens, tokenizer, n, second.n_before, pair != NULL);
cleanup:
  return status;
}

void mer_tokens_clear(mer_tokens *tokens) {
  mer__free(tokens->ids);
  mer__free(tokens->type_ids);
  *tokens = (mer_tokens){0};
}
