/* char_kind.c: kinds, decompositions and small letters of code points. */
#include "text/char_kind.h"

#include <utf8proc.h>

mer__char_range mer__char_find(uint32_t code_point) {
  size_t low = 0, high = mer__n_char_ranges;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (mer__char_ranges[middle].last < code_point) low = middle + 1;
    else high = middle;
  }
  if (low < mer__n_char_ranges && mer__char_ranges[low].first <= code_point)
    return mer__char_ranges[low];
  return (mer__char_range){code_point, code_point, MER__CHAR_ORDINARY, 0};
}

/* Beyond U+FFFF Unicode still gains decompositions, which the table does not have. */
static int may_decompose(uint32_t code_point, mer__char_kind kind) {
  return code_point <= 0xFFFF || kind == MER__CHAR_DECOMPOSED || kind == MER__CHAR_IDEOGRAPH;
}

int mer__char_decompose(uint32_t out[4], uint32_t code_point, mer__char_kind kind) {
  utf8proc_int32_t parts[4];
  int boundary = 0;
  out[0] = code_point;
  if (!may_decompose(code_point, kind)) return 1;
  utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code_point, parts, 4,
                                               UTF8PROC_DECOMPOSE, &boundary);
  if (n < 1 || n > 4) return 1;
  for (int i = 0; i < n; i++) out[i] = (uint32_t)parts[i];
  return (int)n;
}

/* Capitals of Unicode 16 and 17, for a utf8proc that is older. */
static const struct {
  uint32_t first, last, lower; /* `lower` belongs to `first` */
} new_capitals[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x264},  {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},    {0xA7D2, 0xA7D2, 0xA7D3}, {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},    {0xA7DC, 0xA7DC, 0x19B},  {0x10D50, 0x10D65, 0x10D70},
    {0x16EA0, 0x16EB8, 0x16EBB},
};
enum { N_NEW_CAPITALS = sizeof new_capitals / sizeof *new_capitals };

uint32_t mer__char_lower(uint32_t code_point) {
  for (int i = 0; code_point >= 0x1C89 && i < N_NEW_CAPITALS; i++)
    if (code_point >= new_capitals[i].first && code_point <= new_capitals[i].last)
      return new_capitals[i].lower + (code_point - new_capitals[i].first);
  return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code_point);
}
