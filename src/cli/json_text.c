/* json_text.c: texts that may hold any bytes as JSON. */
#include "cli/json_text.h"

#include <stdlib.h>
#include <string.h>

/* Length of the character at `s`, 0 if it is none (RFC 3629). */
static size_t character_size(const unsigned char *s) {
  size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
  if (s[0] > 0xF4) return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if (n == 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F))) return 0;
  if (n == 4 && ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))) return 0;
  return n;
}

void cli_make_utf8(char *text) {
  while (*text) {
    size_t n = character_size((const unsigned char *)text);
    if (n == 0) *text = '?';
    text += n ? n : 1;
  }
}

json_t *cli_json_text(const char *text) {
  char *copy = text ? malloc(strlen(text) + 1) : NULL;
  if (!copy) return json_null();
  strcpy(copy, text);
  cli_make_utf8(copy);
  json_t *string = json_string(copy);
  free(copy);
  return string;
}
