/* test_frozen_text.c: trainings upon a small frozen BERT: the cache has vectors of its own for
 * every encoder that gives others, also where weights and tokens are the same. */
#include "train_support.h"

/* Trains with vectors from the cache, or with those that are computed. */
static void train_as(const char *out, bool cached) {
  char cache[128] = "";
  mer_train_options o = options_of(MER_KIND_TEXT, out);
  if (cached) snprintf(cache, sizeof cache, "%s", in_folder("cache"));
  o.freeze_encoder = true;
  o.epochs = 1;
  o.features.cache_folder = cache;
  train_whole(&o);
}

static void another_config_has_vectors_of_its_own(void **state) {
  (void)state;
  train_as("before", true);
  copy_file(GOLDEN "bert", "config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"");
  train_as("cached", true);
  train_as("computed", false);
  assert_same_model(in_folder("cached"), in_folder("computed"));
  assert_false(same_file(in_folder("before"), in_folder("computed"), "model.safetensors"));
}

/* A tokenizer whose tokens are of that type. */
static void put_tokenizer(char type) {
  char text[] =
      "{'pre_tokenizer': {'type': 'BertPreTokenizer'}, 'model': {'type': 'WordPiece', "
      "'unk_token': '[UNK]', 'vocab': {'[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, 'what': 4, "
      "'stop': 5, 'she': 6}}, 'post_processor': {'type': 'TemplateProcessing', 'single': "
      "[{'SpecialToken': {'id': '[CLS]', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': T}}, "
      "{'SpecialToken': {'id': '[SEP]', 'type_id': 0}}], 'pair': [{'SpecialToken': {'id': '[CLS]', "
      "'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', "
      "'type_id': 1}}], 'special_tokens': {'[CLS]': {'id': '[CLS]', 'ids': [2], 'tokens': "
      "['[CLS]']}, '[SEP]': {'id': '[SEP]', 'ids': [3], 'tokens': ['[SEP]']}}}}";
  for (char *c = text; *c; c++)
    if (*c == '\'') *c = '"';
  *(strstr(text, "\"type_id\": T") + strlen("\"type_id\": ")) = type;
  put("encoder/tokenizer.json", text);
  unlink(in_folder("encoder/vocab.txt"));
}

static void other_types_of_tokens_have_vectors_of_their_own(void **state) {
  (void)state;
  put_tokenizer('0');
  train_as("before", true);
  put_tokenizer('1');
  train_as("cached", true);
  train_as("computed", false);
  assert_same_model(in_folder("cached"), in_folder("computed"));
  assert_false(same_file(in_folder("before"), in_folder("computed"), "model.safetensors"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(another_config_has_vectors_of_its_own),
      TEST(other_types_of_tokens_have_vectors_of_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
