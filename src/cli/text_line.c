/* text_line.c: control characters become blanks. */
#include "cli/text_line.h"

void cli_put_line(FILE *out, const char *text, int width) {
  for (; *text; text++) {
    const unsigned char c = (unsigned char)*text;
    fputc(c < ' ' || c == 0x7f ? ' ' : c, out);
    width -= (c & 0xc0) != 0x80; /* of UTF-8 the first byte of a letter */
  }
  while (width-- > 0) fputc(' ', out);
}
