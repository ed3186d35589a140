/* bench_texts.c: texts to measure on: of a data set, of a fixed length, or a list of sentences. */
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/data_options.h"
#include "mer/text.h"

enum { MAX_LENGTH = 128 };

/* What people say, from 3 to 30 tokens. */
static const char *const sentences[] = {
    "Yes!",
    "Where have you been?",
    "I am so happy for you.",
    "No, leave it, I can carry that myself.",
    "We waited at the station until the last train had gone, and nobody came.",
    "Is this the letter you were talking about?",
    "Stop it!",
    "They told me on Monday that the job is mine, and I still cannot believe it.",
    "Oh, that smells terrible, what on earth did you put in there?",
    "Fine.",
    "You could have called, you know, instead of letting me find out from your brother.",
    "There is someone on the stairs.",
    "It was only a small part, but she said every word as if her whole life hung on it, and "
    "afterwards the room was silent.",
    "Well, we will see about that.",
    "I miss him.",
    "Could you pass me the salt, please?",
};
enum { N_SENTENCES = sizeof sentences / sizeof sentences[0] };

static mer_status take_sentences(bench_texts *texts) {
  texts->items = malloc(sizeof sentences);
  if (!texts->items) return MER_STATUS_NO_MEMORY;
  memcpy(texts->items, sentences, sizeof sentences);
  texts->n = N_SENTENCES;
  return MER_OK;
}

/* Adds the texts of one split. */
static mer_status take_split(bench_texts *texts, mer_split split) {
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(texts->dataset, split, &n);
  const char **grown = realloc(texts->items, (size_t)(texts->n + n + 1) * sizeof *grown);
  if (!grown) return MER_STATUS_NO_MEMORY;
  texts->items = grown;
  for (int64_t i = 0; i < n; i++)
    if (rows[i].text) texts->items[texts->n++] = rows[i].text;
  return MER_OK;
}

static mer_status take_data(bench_texts *texts, const bench_settings *s, mer_error *err) {
  cli_data data = cli_data_default();
  data.path = s->data;
  mer_status status = cli_data_open(&texts->dataset, &data, false, NULL, err);
  bool all = strcmp(s->split, "all") == 0;
  for (int split = MER_SPLIT_TRAIN; split < MER_N_SPLITS && status == MER_OK; split++)
    if (all || split == (int)cli_split(s->split)) status = take_split(texts, (mer_split)split);
  if (status != MER_OK || texts->n > 0) return status;
  return bench_fail(err, MER_STATUS_INVALID, s->data, "there is no text in this split");
}

/* The letters of a token that begins a word; NULL if there is anything else in it. Byte-level BPE
 * and Unigram mark the space before it. */
static const char *letters_of(const char *token) {
  static const char *const spaces[] = {"\xC4\xA0", "\xE2\x96\x81"};
  for (int i = 0; i < 2; i++)
    if (strncmp(token, spaces[i], strlen(spaces[i])) == 0) token += strlen(spaces[i]);
  const size_t n = strspn(token, "abcdefghijklmnopqrstuvwxyz");
  return n > 0 && !token[n] ? token : NULL;
}

/* A number below `n` that looks random (the generator of MMIX). */
static int64_t draw(uint64_t *state, int64_t n) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (int64_t)((*state >> 33) % (uint64_t)n);
}

static const char **list_words(int64_t *n, size_t *longest, const mer_tokenizer *tokenizer) {
  int32_t size = mer_tokenizer_size(tokenizer);
  const char **words = malloc((size_t)size * sizeof *words);
  *n = 0;
  *longest = 0;
  for (int32_t id = 0; words && id < size; id++) {
    const char *word = letters_of(mer_tokenizer_token(tokenizer, id));
    if (!word) continue;
    words[(*n)++] = word;
    if (strlen(word) > *longest) *longest = strlen(word);
  }
  return words;
}

/* Whether a text of so many bytes is of `n` tokens. */
static bool is_long(const mer_tokenizer *tokenizer, const char *text, int64_t n) {
  mer_tokens tokens = {0};
  mer_error ignored;
  mer_status status = mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0,
                                           (int32_t)n + 1, &ignored);
  const bool fits = status == MER_OK && tokens.n == n;
  mer_tokens_clear(&tokens);
  return fits;
}

/* Appends a word that makes `text`, of nothing or one word, a token longer; false: none does, in
 * many attempts. */
static bool append_word(char *text, const char *const *words, int64_t n_words,
                        const mer_tokenizer *tokenizer, uint64_t *random) {
  enum { ATTEMPTS = 10000 };
  char *end = text + strlen(text);
  const bool is_first = end == text;
  for (int i = 0; i < ATTEMPTS; i++) {
    sprintf(end, is_first ? "%s" : " %s", words[draw(random, n_words)]);
    if (is_long(tokenizer, text, is_first ? 3 : 4)) return true;
  }
  return false;
}

/* Words that [CLS] and [SEP] make `n_tokens` long. `two` has space for the first one and any other.
 */
static bool write_words(char *text, char *two, int64_t n_tokens, const char *const *words,
                        int64_t n_words, const mer_tokenizer *tokenizer, uint64_t *random) {
  *two = 0;
  if (!append_word(two, words, n_words, tokenizer, random)) return false;
  const size_t first = strlen(two);
  char *end = text + sprintf(text, "%s", two);
  for (int64_t i = 3; i < n_tokens; i++) {
    two[first] = 0;
    if (!append_word(two, words, n_words, tokenizer, random)) return false;
    end += sprintf(end, "%s", two + first);
  }
  return true;
}

static mer_status make_texts(bench_texts *texts, const bench_settings *s,
                             const mer_tokenizer *tokenizer, int64_t n, mer_error *err) {
  int64_t n_words;
  size_t longest;
  uint64_t random = s->seed + 1;
  const char **words = list_words(&n_words, &longest, tokenizer);
  size_t size = (longest + 1) * (size_t)s->tokens;
  char *two = malloc(2 * longest + 2);
  texts->items = malloc((size_t)n * sizeof *texts->items);
  texts->block = malloc((size_t)n * size);
  mer_status status = words && two && texts->items && texts->block ? MER_OK : MER_STATUS_NO_MEMORY;
  for (; status == MER_OK && texts->n < n; texts->n++) {
    char *text = texts->block + (size_t)texts->n * size;
    texts->items[texts->n] = text;
    if (n_words == 0 || !write_words(text, two, s->tokens, words, n_words, tokenizer, &random))
      status = bench_fail(err, MER_STATUS_INVALID, "--tokens", "the vocabulary has too few words");
  }
  free(two);
  free(words);
  return status;
}

static mer_status count_tokens(bench_texts *texts, const bench_settings *s,
                               const mer_tokenizer *tokenizer, mer_error *err) {
  mer_tokens tokens = {0};
  double sum = 0;
  mer_status status = MER_OK;
  int32_t most = s->tokens > MAX_LENGTH ? (int32_t)s->tokens : MAX_LENGTH;
  for (int64_t i = 0; i < texts->n && status == MER_OK; i++) {
    status = mer_tokenizer_encode(&tokens, tokenizer, texts->items[i], strlen(texts->items[i]),
                                  NULL, 0, most, err);
    if (status == MER_OK && s->tokens && tokens.n != s->tokens)
      status = bench_fail(err, MER_STATUS_INVALID, texts->items[i], "not of that many tokens");
    sum += tokens.n;
  }
  texts->tokens = sum / (double)texts->n;
  mer_tokens_clear(&tokens);
  return status;
}

mer_status bench_texts_open(bench_texts *texts, const bench_settings *settings, const char *folder,
                            int64_t n_fixed, mer_error *err) {
  mer_tokenizer *tokenizer = NULL;
  mer_status status = mer_tokenizer_open(&tokenizer, folder, err);
  if (status == MER_OK) {
    if (settings->tokens) status = make_texts(texts, settings, tokenizer, n_fixed, err);
    else if (settings->data) status = take_data(texts, settings, err);
    else status = take_sentences(texts);
  }
  if (status == MER_OK) status = count_tokens(texts, settings, tokenizer, err);
  mer_tokenizer_close(tokenizer);
  return status;
}

void bench_texts_close(bench_texts *texts) {
  mer_dataset_close(texts->dataset);
  free(texts->items);
  free(texts->block);
}
