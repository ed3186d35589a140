/* test_serde_number.c: numbers as tokenizers 0.23.3 read them: each pair was written by a
 * tokenizer.json and by the tokenizer that was read from it. */
#include <math.h>

#include "test_support.h"
#include "text/serde_number.h"

static void numbers_are_rounded_twice(void **state) {
  (void)state;
  const double cases[][2] = {
      {-7.3687005043029785, -7.368700504302979},
      {-7.4841837882995605, -7.48418378829956},
      {-7.5289764404296875, -7.528976440429688},
      {-7.5770769119262695, -7.577076911926269},
      {-3.6482346057891846, -3.648234605789185},
      {0, 0},
      {-2.5, -2.5},
      {0.1, 0.1},
      {64, 64},
      {1e-9, 1e-9},
      {1.2345678901234568e17, 1.2345678901234568e17},
      {1.7976931348623157e308, 1.7976931348623157e308},
      {2.2250738585072014e-308, 2.2250738585072014e-308},
      {5e-324, 5e-324},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (mer__serde_number(cases[i][0]) != cases[i][1])
      fail_msg("%.17g: %.17g, expected %.17g", cases[i][0], mer__serde_number(cases[i][0]),
               cases[i][1]);
}

/* Numbers of up to 15 digits stay what they are, in every size. */
static void short_numbers_stay(void **state) {
  (void)state;
  char text[32];
  for (int i = 1; i < 20000; i++) {
    snprintf(text, sizeof text, "%d.%05de%d", i % 1000, i * 7 % 100000, i % 12 - 6);
    double number = strtod(text, NULL);
    if (mer__serde_number(number) != number) fail_msg("%s", text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_rounded_twice),
                                     cmocka_unit_test(short_numbers_stay)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
