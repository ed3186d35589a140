/* serde_number.c: numbers as Hugging Face's tokenizers read them from JSON. */
#include "text/serde_number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_SIZE = 40, MAX_POWER = 308 };

/* 10 to a power from 0 to 308, rounded once. */
static double power_of_ten(int power) {
  char text[TEXT_SIZE];
  snprintf(text, sizeof text, "1e%d", power);
  return strtod(text, NULL);
}

/* The shortest text of a number; both functions have the same decimal point in any locale. */
static void write_shortest(char text[TEXT_SIZE], double number) {
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, TEXT_SIZE, "%.*e", digits - 1, number);
    if (strtod(text, NULL) == number) return;
  }
}

/* Takes the digits before the exponent, without zeros at their end, and what power of ten they are
 * to be multiplied with. */
static uint64_t take_digits(int *power, const char *text) {
  uint64_t digits = 0;
  int n_after = -1, n_zeros = 0;
  for (; *text && *text != 'e'; text++) {
    if (*text < '0' || *text > '9') continue;
    digits = digits * 10 + (uint64_t)(*text - '0');
    n_after++;
  }
  for (; digits && digits % 10 == 0; digits /= 10) n_zeros++;
  *power = (int)strtol(*text ? text + 1 : "0", NULL, 10) - n_after + n_zeros;
  return digits;
}

static double read_slowly(double number) {
  char text[TEXT_SIZE];
  int power;
  write_shortest(text, number);
  double result = (double)take_digits(&power, text);
  for (; power < -MAX_POWER; power += MAX_POWER) result /= power_of_ten(MAX_POWER);
  return power < 0 ? result / power_of_ten(-power) : result * power_of_ten(power);
}

/* A vocabulary has up to a million scores, and nearly all of them are between .1 and 1000. There
 * number = mantissa / 2^shift, and its digits are found in integers of 128 bits. */
static double read_fast(double number) {
  int exponent, places = number < 1 ? 15 : number < 10 ? 14 : number < 100 ? 13 : 12;
  const unsigned __int128 mantissa = (uint64_t)ldexp(frexp(number, &exponent), 53);
  const int shift = 53 - exponent;
  uint64_t power = 1;
  for (int i = 0; i < places; i++) power *= 10;
  for (int digits = 15; digits <= 17; digits++, power *= 10) {
    const unsigned __int128 scaled = mantissa * power, half = (unsigned __int128)1 << (shift - 1);
    const uint64_t rounded = (uint64_t)((scaled + half) >> shift);
    const unsigned __int128 back = (unsigned __int128)rounded << shift;
    const unsigned __int128 off = back > scaled ? back - scaled : scaled - back;
    if (2 * off >= power && digits < 17) continue; /* another double is nearer to these digits */
    return digits == 15 ? number : (double)rounded / (double)power;
  }
  return number;
}

double mer__serde_number(double number) {
  double size = fabs(number);
  if (size == 0) return number;
  double result = size >= .1 && size < 1000 ? read_fast(size) : read_slowly(size);
  return number < 0 ? -result : result;
}
