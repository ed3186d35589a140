/* format.c: printf that is the same in every locale. */
#include "base/format.h"

#include <locale.h>
#include <stdio.h>

int mer__format_list(char *out, size_t size, const char *format, va_list args) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t before = plain ? uselocale(plain) : (locale_t)0; /* of this thread alone */
  int n = vsnprintf(out, size, format, args);
  if (plain) {
    uselocale(before);
    freelocale(plain);
  }
  return n;
}

int mer__format(char *out, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = mer__format_list(out, size, format, args);
  va_end(args);
  return n;
}
