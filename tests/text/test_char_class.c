/* test_char_class.c: the classes of code points: ranges in their order, ASCII as the ranges have
 * it, and characters of each class. Parity with Hugging Face is tested by test_tokenizer_kinds. */
#include "test_support.h"
#include "text/char_class.h"

static void ranges_are_in_order(void **state) {
  (void)state;
  for (int class = 0; class < MER__N_CHAR_CLASSES; class ++) {
    const mer__class_ranges *ranges = &mer__char_classes[class];
    assert_true(ranges->n > 0);
    for (size_t i = 0; i < 2 * ranges->n; i += 2) {
      assert_true(ranges->ends[i] <= ranges->ends[i + 1]);
      assert_true(i == 0 || ranges->ends[i - 1] + 1 < ranges->ends[i]);
      assert_true(mer__char_is((mer__char_class) class, ranges->ends[i]));
      assert_true(mer__char_is((mer__char_class) class, ranges->ends[i + 1]));
      assert_false(mer__char_is((mer__char_class) class, ranges->ends[i + 1] + 1));
    }
  }
}

static void ascii_is_as_the_ranges_have_it(void **state) {
  (void)state;
  for (int class = 0; class < MER__N_CHAR_CLASSES; class ++)
    for (uint32_t c = 0; c < 128; c++)
      assert_int_equal(mer__char_is((mer__char_class) class, c),
                       mer__char_find_class((mer__char_class) class, c));
}

static void characters_have_their_classes(void **state) {
  (void)state;
  const struct {
    mer__char_class class;
    uint32_t in, out;
  } cases[] = {
      {MER__CHAR_LETTER, 0xE9, 0x301},    {MER__CHAR_NUMBER, 0xBD, 'a'},
      {MER__CHAR_WORD, '_', '-'},         {MER__CHAR_NUMERIC, 0x664, 'x'},
      {MER__CHAR_PUNCT, 0x2014, 'a'},     {MER__CHAR_ACCENT, 0x301, 'e'},
      {MER__CHAR_NEW, 0x32FF, 0x301},     {MER__CHAR_JOINS, 0x1ACF, 0x301},
      {MER__CHAR_LETTER, 0x4E00, 0x3001}, {MER__CHAR_PUNCT, '$', 0x20AC},
      {MER__CHAR_WORD, 0x200D, 0x200B},   {MER__CHAR_LETTER, 'z', '0'},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_true(mer__char_is(cases[i].class, cases[i].in));
    assert_false(mer__char_is(cases[i].class, cases[i].out));
  }
  assert_true(mer__char_is_space(0x3000) && mer__char_is_space(0x85) && mer__char_is_space('\v'));
  assert_false(mer__char_is_space(0x200B) || mer__char_is_space(0x1C) || mer__char_is_space(0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_in_order),
      cmocka_unit_test(ascii_is_as_the_ranges_have_it),
      cmocka_unit_test(characters_have_their_classes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
