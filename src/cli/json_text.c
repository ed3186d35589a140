/* json_text.c: texts that may hold any bytes as JSON. */
#include "cli/json_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

void cli_make_utf8(char *text) {
  utf8proc_int32_t letter;
  for (utf8proc_ssize_t n; *text; text += n) {
    n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &letter);
    if (n > 0) continue;
    *text = '?';
    n = 1;
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
