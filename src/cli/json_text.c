/* json_text.c: texts that may hold any bytes as JSON. */
#include "cli/json_text.h"

#include <stdbool.h>
#include <stdio.h>
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

char *cli_json_name(const char *name) {
  utf8proc_int32_t letter;
  char *text = name ? malloc(4 * strlen(name) + 1) : NULL, *out = text;
  if (!text) return NULL;
  while (*name) {
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)name, -1, &letter);
    const bool is_letter = n > 0;
    if (is_letter) memcpy(out, name, (size_t)n);
    else snprintf(out, 5, "\\x%02X", (unsigned char)*name);
    out += is_letter ? n : 4;
    name += is_letter ? n : 1;
  }
  *out = 0;
  json_t *string = json_string(text);
  char *json = json_dumps(string, JSON_ENCODE_ANY);
  json_decref(string);
  free(text);
  return json;
}
