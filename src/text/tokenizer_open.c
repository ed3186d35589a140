/* tokenizer_open.c: opens a tokenizer from the files that its directory has: a tokenizer.json, a
 * vocab.txt of BERT or MPNet, or vocab.json and merges.txt. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "text/bpe.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_parts.h"
#include "text/tokenizer_same.h"
#include "text/vocabulary_json.h"
#include "text/wordpiece.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Special tokens of each family; the mask takes the white space before it. */
static const mer__added_default bert_tokens[] = {
    {"[PAD]", false}, {"[UNK]", false}, {"[CLS]", false}, {"[SEP]", false}, {"[MASK]", false}};
static const mer__added_default mpnet_tokens[] = {
    {"<s>", false}, {"<pad>", false}, {"</s>", false}, {"[UNK]", false}, {"<mask>", true}};
static const mer__added_default roberta_tokens[] = {
    {"<s>", false}, {"<pad>", false}, {"</s>", false}, {"<unk>", false}, {"<mask>", true}};
static const mer__added_default gpt2_tokens[] = {{"<|endoftext|>", false}};

static bool has(const mer_tokenizer *t, const char *token) {
  return mer__vocabulary_find_text(&t->vocabulary, token) >= 0;
}

static int32_t id_of(const mer_tokenizer *t, const char *token) {
  return mer__vocabulary_find_text(&t->vocabulary, token);
}

static bool has_all(const mer_tokenizer *t, const mer__added_default *tokens, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!has(t, tokens[i].content)) return false;
  return true;
}

/* MPNet's vocabulary begins with these; after them it has BERT's special tokens, too. */
static bool is_mpnet(const mer_tokenizer *t) {
  return id_of(t, "<s>") == 0 && id_of(t, "<pad>") == 1 && id_of(t, "</s>") == 2 &&
         has_all(t, mpnet_tokens, N_OF(mpnet_tokens));
}

static const json_t *parsed(const mer_tokenizer *t, mer__tokenizer_file file) {
  return t->files.parsed[file];
}

/* Added tokens, where a list of them is read beside the vocabulary. */
static mer_status read_added(mer_tokenizer *t, const mer__added_default *defaults,
                             size_t n_defaults, const char *folder, mer_error *err) {
  const mer__added_sources sources = {.config = parsed(t, MER__TOKENIZER_CONFIG),
                                      .added = parsed(t, MER__TOKENIZER_ADDED),
                                      .specials = parsed(t, MER__TOKENIZER_SPECIALS),
                                      .defaults = defaults,
                                      .n_defaults = n_defaults,
                                      .folder = folder};
  return mer__added_tokens_read(&t->added, &sources, &t->vocabulary, &t->pipeline, err);
}

static mer_status refuse_words(const mer_tokenizer *t, const char *path, mer_error *err) {
  size_t i = 0;
  while (i + 1 < N_OF(bert_tokens) && has(t, bert_tokens[i].content)) i++;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: expected a BERT vocabulary, found no token %s among its %d tokens", path,
                   bert_tokens[i].content, (int)t->vocabulary.n_tokens);
}

/* WordPiece by a vocab.txt. */
static mer_status use_words(mer_tokenizer *t, const char *folder, const char *path,
                            mer_error *err) {
  const mer__tokenizer_file words = MER__TOKENIZER_WORDS;
  mer_status status =
      mer__vocabulary_parse(&t->vocabulary, t->files.data[words], t->files.sizes[words], path, err);
  if (status != MER_OK) return status;
  const bool mpnet = is_mpnet(t);
  if (!mpnet && !has_all(t, bert_tokens, N_OF(bert_tokens))) return refuse_words(t, path, err);
  if (!mer__wordpiece_make(&t->pipeline.model, &t->vocabulary, "[UNK]"))
    return mer__fail_memory(err);
  t->pipeline.bert = true;
  MER__CHECK(
      mer__tokenizer_config_read(&t->pipeline.how, parsed(t, MER__TOKENIZER_CONFIG), folder, err));
  t->templates = mpnet ? mer__templates_roberta(id_of(t, "<s>"), id_of(t, "</s>"))
                       : mer__templates_bert(id_of(t, "[CLS]"), id_of(t, "[SEP]"));
  status = read_added(t, mpnet ? mpnet_tokens : bert_tokens, N_OF(bert_tokens), folder, err);
cleanup:
  return status;
}

/* BERT's normalizer is that of tokenizer_config.json where transformers makes it so. */
static mer_status use_json(mer_tokenizer *t, const char *folder, mer_error *err) {
  const json_t *root = parsed(t, MER__TOKENIZER_JSON), *config = parsed(t, MER__TOKENIZER_CONFIG);
  const char *path = t->files.paths[MER__TOKENIZER_JSON];
  const mer__added_sources sources = {.tokenizer = root, .folder = folder};
  mer_status status;
  MER__CHECK(mer__text_pipeline_read(&t->pipeline, &t->vocabulary, root, path, err));
  if (t->pipeline.bert && mer__tokenizer_config_rules(config))
    MER__CHECK(mer__tokenizer_config_read(&t->pipeline.how, config, folder, err));
  MER__CHECK(mer__added_tokens_read(&t->added, &sources, &t->vocabulary, &t->pipeline, err));
  status = mer__templates_read(&t->templates, json_object_get(root, "post_processor"),
                               mer_tokenizer_size(t), path, err);
cleanup:
  return status;
}

/* vocab.json and merges.txt: byte-level BPE. A vocabulary with <s> and </s> is RoBERTa's; another
 * one, such as GPT-2's, has no special tokens around a text. */
static mer_status use_pairs(mer_tokenizer *t, const char *folder, mer_error *err) {
  const mer__json_place place = {t->files.paths[MER__TOKENIZER_VOCAB], "vocabulary"},
                        config_place = {t->files.paths[MER__TOKENIZER_CONFIG], "settings"};
  const mer__tokenizer_file merges = MER__TOKENIZER_MERGES;
  bool prefix = false;
  mer_status status;
  MER__CHECK(mer__vocabulary_read(&t->vocabulary, parsed(t, MER__TOKENIZER_VOCAB), &place, err));
  MER__CHECK(mer__bpe_make(&t->pipeline.model, &t->vocabulary, t->files.data[merges],
                           t->files.sizes[merges], t->files.paths[merges], err));
  MER__CHECK(mer__json_bool(&prefix, parsed(t, MER__TOKENIZER_CONFIG), "add_prefix_space",
                            &config_place, err));
  t->pipeline.split = mer__word_split_gpt2(prefix);
  bool roberta = has(t, "<s>") && has(t, "</s>");
  t->templates =
      roberta ? mer__templates_roberta(id_of(t, "<s>"), id_of(t, "</s>")) : mer__templates_plain();
  status = roberta ? read_added(t, roberta_tokens, N_OF(roberta_tokens), folder, err)
                   : read_added(t, gpt2_tokens, N_OF(gpt2_tokens), folder, err);
cleanup:
  return status;
}

static mer_status read_files(mer_tokenizer *t, mer__tokenizer_file first, mer__tokenizer_file last,
                             const char *folder, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = (int)first; i <= (int)last && status == MER_OK; i++)
    status = mer__tokenizer_files_read(&t->files, (mer__tokenizer_file)i, folder, err);
  return status;
}

/* No file is there that is read. */
static mer_status refuse_folder(mer_tokenizer *t, const char *folder, mer_error *err) {
  static const char *const others[] = {
      "vocab.json",      "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model",
      "tokenizer.model", NULL};
  char *path = NULL;
  mer_status status = mer__expect_file(&path, folder, "vocab.txt", others, err);
  if (status == MER_OK) status = mer__tokenizer_files_read_words(&t->files, path, err);
  mer__free(path);
  return status;
}

/* Whether a model may be written with a vocab.txt alone. */
static bool may_have_words(const mer_tokenizer *t) {
  const json_t *config = parsed(t, MER__TOKENIZER_CONFIG);
  mer_error ignored = {0};
  return t->added.plain && (!config || mer__tokenizer_config_rules(config)) &&
         mer__tokenizer_config_check(config, "", "", &ignored) == MER_OK;
}

/* A vocab.txt beside a tokenizer.json that states the same is what is kept and written with a
 * model: it is opened ten times as fast. One at fault, or that states something else, does not
 * count. */
static mer_status prefer_words(mer_tokenizer *t, const char *folder, mer_error *err) {
  const mer__tokenizer_file words = MER__TOKENIZER_WORDS, json = MER__TOKENIZER_JSON;
  mer_error ignored = {0};
  mer_status status = mer__tokenizer_files_read(&t->files, words, folder, err);
  if (status != MER_OK || !t->files.data[words]) return status;
  mer_tokenizer other = {.files = t->files}; /* which are t's */
  status = use_words(&other, folder, t->files.paths[words], &ignored);
  const bool same = status == MER_OK && mer__tokenizer_same(t, &other);
  mer__tokenizer_files_drop(&t->files, same ? json : words);
  other.files = (mer__tokenizer_files){0};
  mer__tokenizer_parts_clear(&other);
  return status == MER_STATUS_NO_MEMORY ? mer__fail_memory(err) : MER_OK;
}

static mer_status open_folder(mer_tokenizer *t, const char *folder, mer_error *err) {
  char *const *data = t->files.data;
  mer_status status;
  MER__CHECK(read_files(t, MER__TOKENIZER_CONFIG, MER__TOKENIZER_SPECIALS, folder, err));
  MER__CHECK(mer__tokenizer_files_read(&t->files, MER__TOKENIZER_JSON, folder, err));
  if (data[MER__TOKENIZER_JSON]) {
    MER__CHECK(use_json(t, folder, err));
    return may_have_words(t) ? prefer_words(t, folder, err) : MER_OK;
  }
  MER__CHECK(mer__tokenizer_files_read(&t->files, MER__TOKENIZER_WORDS, folder, err));
  if (data[MER__TOKENIZER_WORDS]) {
    MER__CHECK(mer__tokenizer_config_check(parsed(t, MER__TOKENIZER_CONFIG), folder,
                                           "tokenizer_config.json", err));
    return use_words(t, folder, t->files.paths[MER__TOKENIZER_WORDS], err);
  }
  MER__CHECK(read_files(t, MER__TOKENIZER_VOCAB, MER__TOKENIZER_MERGES, folder, err));
  if (!data[MER__TOKENIZER_VOCAB] || !data[MER__TOKENIZER_MERGES])
    return refuse_folder(t, folder, err);
  status = use_pairs(t, folder, err);
cleanup:
  return status;
}

static mer_status open_file(mer_tokenizer *t, const char *path, mer_error *err) {
  mer_status status;
  MER__CHECK(mer__tokenizer_files_read_words(&t->files, path, err));
  status = use_words(t, "", path, err);
cleanup:
  return status;
}

mer_status mer_tokenizer_open(mer_tokenizer **out, const char *path, mer_error *err) {
  *out = NULL;
  if (!path || !*path) return mer__fail_no_name(err);
  mer_tokenizer *t = mer__calloc(1, sizeof *t);
  if (!t) return mer__fail_memory(err);
  mer_status status =
      mer__path_is_folder(path) ? open_folder(t, path, err) : open_file(t, path, err);
  mer__tokenizer_files_forget(&t->files);
  if (status == MER_OK) *out = t;
  else mer_tokenizer_close(t);
  return status;
}
