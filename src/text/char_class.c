/* char_class.c: finds a code point in the ranges of a class. */
#include "text/char_class.h"

bool mer__char_find_class(mer__char_class class, uint32_t code_point) {
  const mer__class_ranges *ranges = &mer__char_classes[class];
  size_t low = 0, high = ranges->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ranges->ends[2 * middle + 1] < code_point) low = middle + 1;
    else high = middle;
  }
  return low < ranges->n && ranges->ends[2 * low] <= code_point;
}

bool mer__char_is_other_space(uint32_t c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}
