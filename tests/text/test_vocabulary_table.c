/* test_vocabulary_table.c: the hash table of a vocabulary whose tokens were chosen so that a hash
 * that is known puts them all in one place. Steps are counted, not time. */
#include "base/alloc.h"
#include "test_support.h"
#include "text/vocabulary.h"

enum { N_TOKENS = 100000, N_SLOTS = 1 << 18, PLACES = 1 << 10, LINE = 10 };

/* FNV-1a of a string that goes on: it was the table's hash. */
static uint32_t known_hash(uint32_t hash, const char *text) {
  for (; *text; text++) hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
  return hash;
}

/* Numbers of nine digits whose slots were the first ones by it, a line each; for free(). */
static char *choose_tokens(size_t *size) {
  char *file = malloc((size_t)N_TOKENS * LINE + 1), begin[12], end[4] = "";
  int n = 0;
  for (int first = 100000; n < N_TOKENS; first++) {
    snprintf(begin, sizeof begin, "%d", first);
    const uint32_t hash = known_hash(UINT32_C(2166136261), begin);
    for (int rest = 0; rest < 1000 && n < N_TOKENS; rest++) {
      end[0] = (char)('0' + rest / 100);
      end[1] = (char)('0' + rest / 10 % 10);
      end[2] = (char)('0' + rest % 10);
      const uint32_t whole = known_hash(hash, end);
      if (((whole ^ whole >> 15) & (N_SLOTS - 1)) < PLACES)
        sprintf(file + LINE * n++, "%s%s\n", begin, end);
    }
  }
  *size = (size_t)N_TOKENS * LINE;
  return file;
}

/* The most slots one after the other that are taken: no search takes more steps. */
static uint32_t longest_run(const mer__vocabulary *vocabulary) {
  uint32_t longest = 0, run = 0;
  for (uint32_t i = 0; i <= vocabulary->mask; i++) {
    run = vocabulary->slots[i] ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

static void expect_found(const mer__vocabulary *vocabulary) {
  for (int32_t id = 0; id < vocabulary->n_tokens; id++) {
    size_t size;
    const char *token = mer__vocabulary_token(&size, vocabulary, id);
    assert_int_equal(mer__vocabulary_find_text(vocabulary, token), id);
  }
}

static void chosen_tokens_are_as_far_apart_as_others(void **state) {
  (void)state;
  mer__vocabulary vocabulary = {0};
  mer_error err = {0};
  size_t size;
  char *file = choose_tokens(&size);
  assert_ok(mer__vocabulary_parse(&vocabulary, file, size, "vocab.txt", &err));
  assert_int_equal(vocabulary.n_tokens, N_TOKENS);
  assert_int_equal(vocabulary.mask, N_SLOTS - 1);
  assert_in_range(longest_run(&vocabulary), 1, 400);
  expect_found(&vocabulary);
  mer__vocabulary_clear(&vocabulary);
  free(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(chosen_tokens_are_as_far_apart_as_others)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
