/* test_byte_trie.c: the trie finds every token that a text begins with, and nothing else. */
#include "test_support.h"
#include "text/byte_trie.h"

static uint32_t random_state = 7;

static uint32_t draw(uint32_t n) {
  random_state = random_state * 1664525u + 1013904223u;
  return (random_state >> 8) % n;
}

enum { N_TOKENS = 3000, MAX_SIZE = 12, N_TEXTS = 3000 };

static char texts[N_TOKENS][MAX_SIZE];

/* Random bytes out of the first `n_bytes`, from `from` on. */
static size_t fill(char *out, uint32_t n_bytes, uint32_t from) {
  size_t size = draw(MAX_SIZE + 1);
  for (size_t i = 0; i < size; i++) out[i] = (char)(from + draw(n_bytes));
  return size;
}

/* The last of the tokens that are equal to `text`, or -1. */
static int32_t id_of(const mer__token_text *tokens, const char *text, size_t size) {
  for (int32_t i = N_TOKENS - 1; i >= 0 && size; i--)
    if (tokens[i].size == size && memcmp(tokens[i].text, text, size) == 0) return i;
  return -1;
}

static void expect_tokens(const mer__byte_trie *trie, const mer__token_text *tokens,
                          const char *text, size_t size) {
  const mer__trie_node *node = trie->nodes;
  for (size_t i = 0; i < size; i++) {
    node = node ? mer__byte_trie_child(trie, node, (uint8_t)text[i]) : NULL;
    int32_t id = node && node->id >= 0 ? node->id : -1;
    assert_int_equal(id, id_of(tokens, text, i + 1));
  }
}

static void check(uint32_t n_bytes, uint32_t from) {
  mer__token_text tokens[N_TOKENS];
  mer__vocabulary vocabulary = {0};
  mer__byte_trie trie = {0};
  mer_error err = {0};
  char text[MAX_SIZE];
  for (int i = 0; i < N_TOKENS; i++)
    tokens[i] = (mer__token_text){texts[i], fill(texts[i], n_bytes, from)};
  assert_ok(mer__vocabulary_build(&vocabulary, tokens, N_TOKENS, "", &err));
  assert_ok(mer__byte_trie_build(&trie, &vocabulary, "", &err));
  for (int i = 0; i < N_TEXTS; i++) {
    expect_tokens(&trie, tokens, text, fill(text, n_bytes, from));
    expect_tokens(&trie, tokens, tokens[i].text, tokens[i].size);
  }
  mer__byte_trie_clear(&trie);
  mer__vocabulary_clear(&vocabulary);
}

static void tokens_are_found_and_nothing_else(void **state) {
  (void)state;
  check(256, 0);
  check(3, 'a');
  check(2, 0);
  check(128, 128);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(tokens_are_found_and_nothing_else)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
