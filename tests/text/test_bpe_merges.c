/* test_bpe_merges.c: merging by the table and by the heap against the rule itself, on random words
 * over a few tokens, so that many pairs overlap. */
#include <time.h>

#include "test_support.h"
#include "text/bpe_merges.h"

enum { N_TOKENS = 40, N_MERGES = 300, LONGEST = 300 };

typedef struct pair {
  int32_t left, right, id;
} pair;

static uint32_t random_state = 1;

static int32_t draw(int32_t n) {
  random_state = random_state * 1664525u + 1013904223u;
  return (int32_t)((random_state >> 8) % (uint32_t)n);
}

/* The pair that was learned first, the leftmost of equal ones, is merged until there is none. Of
 * equal pairs the last one counts. */
static int64_t merge_by_the_rule(int32_t *ids, int64_t n, const pair *pairs) {
  for (;;) {
    int best_rank = N_MERGES;
    int64_t best = -1;
    for (int64_t i = 0; i + 1 < n; i++) {
      int rank = N_MERGES - 1;
      while (rank >= 0 && (pairs[rank].left != ids[i] || pairs[rank].right != ids[i + 1])) rank--;
      if (rank < 0 || rank >= best_rank) continue;
      best_rank = rank;
      best = i;
    }
    if (best < 0) return n;
    ids[best] = pairs[best_rank].id;
    memmove(ids + best + 1, ids + best + 2, (size_t)(n - best - 2) * sizeof *ids);
    n--;
  }
}

static void both_ways_follow_the_rule(void **state) {
  (void)state;
  for (int round = 0; round < 60; round++) {
    pair pairs[N_MERGES];
    mer__bpe_merges merges = {0};
    mer_error err = {0};
    assert_ok(mer__bpe_merges_reserve(&merges, N_MERGES, "", &err));
    for (int i = 0; i < N_MERGES; i++) {
      pairs[i] = (pair){draw(N_TOKENS), draw(N_TOKENS), draw(N_TOKENS)};
      mer__bpe_merges_add(&merges, pairs[i].left, pairs[i].right, pairs[i].id);
    }
    for (int word = 0; word < 40; word++) {
      int32_t found[LONGEST], expected[LONGEST];
      int64_t n = word < 20 ? draw(MER__BPE_SHORT_WORD + 1) : draw(LONGEST);
      for (int64_t i = 0; i < n; i++) found[i] = expected[i] = draw(round % 2 ? N_TOKENS : 3);
      int64_t n_expected = merge_by_the_rule(expected, n, pairs);
      assert_int_equal(mer__bpe_merge_all(found, (size_t)n, &merges), n_expected);
      assert_memory_equal(found, expected, (size_t)n_expected * sizeof *found);
    }
    mer__bpe_merges_clear(&merges);
  }
}

static void too_many_are_refused(void **state) {
  (void)state;
  mer__bpe_merges merges = {0};
  mer_error err = {0};
  assert_int_equal(mer__bpe_merges_reserve(&merges, MER__BPE_MAX_MERGES + 1, "m", &err),
                   MER_STATUS_LIMIT);
  mer__bpe_merges_clear(&merges);
}

/* Pairs whose product with 0x9E3779B97F4A7C15 has the same upper bits, as a file can have them, lie
 * apart: a table by that product alone takes time that grows with their square. */
static void chosen_pairs_lie_apart(void **state) {
  (void)state;
  enum { N = 1 << 17 };
  const uint64_t inverse = UINT64_C(0xF1DE83E19937733D);
  mer__bpe_merges merges = {0};
  mer_error err = {0};
  assert_true(inverse * UINT64_C(0x9E3779B97F4A7C15) == 1);
  assert_ok(mer__bpe_merges_reserve(&merges, N, "", &err));
  const clock_t begin = clock();
  for (uint64_t i = 0; merges.n < N; i++) {
    const uint64_t both = i * inverse;
    if (both >> 63) continue; /* an id is not negative */
    mer__bpe_merges_add(&merges, (int32_t)(both >> 32), (int32_t)(uint32_t)both, 1);
  }
  assert_true(clock() - begin < CLOCKS_PER_SEC);
  mer__bpe_merges_clear(&merges);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways_follow_the_rule),
                                     cmocka_unit_test(chosen_pairs_lie_apart),
                                     cmocka_unit_test(too_many_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
