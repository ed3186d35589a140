/* test_disturbed_texts.c: texts without some of their words, and of other words. */
#include "eval/disturbed_texts.h"

#include "test_support.h"

enum { ROWS = 5 };

static const mer_utterance given[ROWS] = {{.text = " What  a lovely\tday "},
                                          {.text = NULL},
                                          {.text = "Stop\nthat"},
                                          {.text = "   "},
                                          {.text = "oh"}};

static mer_utterance rows[ROWS];
static mer__arena arena;

static void begin_rows(void) {
  mer__arena_clear(&arena);
  memcpy(rows, given, sizeof rows);
}

/* Whether a word stands in any of the texts given. */
static bool is_known(const char *word) {
  static const char *const known[] = {"What", "a", "lovely", "day", "Stop", "that", "oh"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(word, known[i]) == 0) return true;
  return false;
}

static int count_words(const char *text) {
  char copy[200];
  int n = 0;
  snprintf(copy, sizeof copy, "%s", text);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "), n++)
    assert_true(is_known(word));
  return n;
}

static void words_are_left_out(void **state) {
  (void)state;
  mer_error err = {0};
  begin_rows();
  assert_ok(mer__texts_shorten(rows, &arena, ROWS, 0, 1, &err));
  assert_string_equal(rows[0].text, "What a lovely day");
  assert_null(rows[1].text);
  assert_string_equal(rows[3].text, "");
  begin_rows();
  assert_ok(mer__texts_shorten(rows, &arena, ROWS, 1, 1, &err));
  assert_string_equal(rows[0].text, "What");
  assert_string_equal(rows[2].text, "Stop");
}

static void words_are_of_all_texts(void **state) {
  (void)state;
  char first[100];
  bool from_another = false, differs = false;
  mer_error err = {0};
  mer__white_noise noise = {.alone = true};
  for (uint64_t seed = 0; seed < 20; seed++) {
    noise.seed = seed;
    begin_rows();
    assert_ok(mer__texts_replace(rows, &arena, ROWS, &noise, &err));
    assert_int_equal(count_words(rows[0].text), 4);
    assert_int_equal(count_words(rows[2].text), 2);
    assert_int_equal(count_words(rows[4].text), 1);
    assert_null(rows[1].text);
    assert_string_equal(rows[3].text, "   ");
    from_another |= strstr(rows[0].text, "Stop") != NULL;
    if (seed > 0) differs |= strcmp(rows[0].text, first) != 0;
    snprintf(first, sizeof first, "%s", rows[0].text);
    begin_rows();
    assert_ok(mer__texts_replace(rows, &arena, ROWS, &noise, &err));
    assert_string_equal(rows[0].text, first);
  }
  assert_true(from_another && differs);
  assert_string_equal(given[0].text, " What  a lovely\tday ");
  mer__arena_clear(&arena);
}

/* Each row draws how many; all are replaced in some, and none in others. */
static void rows_draw_how_many_words_are_replaced(void **state) {
  (void)state;
  mer_error err = {0};
  int n_kept[5] = {0};
  for (uint64_t seed = 0; seed < 200; seed++) {
    static const char *const own[] = {"What", "a", "lovely", "day"};
    char words[4][20];
    int kept = 0;
    const mer__white_noise noise = {.drawn = true, .seed = seed};
    begin_rows();
    assert_ok(mer__texts_replace(rows, &arena, ROWS, &noise, &err));
    assert_int_equal(count_words(rows[0].text), 4);
    sscanf(rows[0].text, "%19s %19s %19s %19s", words[0], words[1], words[2], words[3]);
    for (int i = 0; i < 4; i++) kept += strcmp(words[i], own[i]) == 0;
    n_kept[kept]++;
  }
  mer__arena_clear(&arena);
  for (int kept = 0; kept < 5; kept++) assert_in_range(n_kept[kept], 5, 100);
}

static void without_any_text_nothing_is_drawn(void **state) {
  (void)state;
  mer_error err = {0};
  memset(rows, 0, sizeof rows);
  assert_ok(mer__texts_replace(rows, &arena, ROWS, &(mer__white_noise){.alone = true}, &err));
  for (int i = 0; i < ROWS; i++) assert_null(rows[i].text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_left_out),
                                     cmocka_unit_test(words_are_of_all_texts),
                                     cmocka_unit_test(rows_draw_how_many_words_are_replaced),
                                     cmocka_unit_test(without_any_text_nothing_is_drawn)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
