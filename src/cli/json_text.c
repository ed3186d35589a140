/* json_text.c: texts that may hold any bytes as JSON. */
#include "cli/json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "mer/text.h"

json_t *cli_json_text(const char *text) {
  char *copy = text ? malloc(strlen(text) + 1) : NULL;
  if (!copy) return json_null();
  strcpy(copy, text);
  mer_text_make_utf8(copy);
  json_t *string = json_string(copy);
  free(copy);
  return string;
}

/* Bytes of the letter at `text`, 0 if it is not UTF-8. */
static size_t letter_size(const char *text) {
  utf8proc_int32_t letter;
  const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &letter);
  return n > 0 ? (size_t)n : 0;
}

/* Whether a name has a byte that is not UTF-8, or what such a byte is written as. */
static bool needs_escapes(const char *name) {
  for (size_t n; *name; name += n)
    if ((n = letter_size(name)) == 0 || strncmp(name, "\\x", 2) == 0) return true;
  return false;
}

char *cli_utf8_name(const char *name) {
  char *text = name ? malloc(4 * strlen(name) + 1) : NULL, *out = text;
  if (!text) return NULL;
  const bool escaped = needs_escapes(name);
  for (size_t n; *name; name += n ? n : 1) {
    n = letter_size(name);
    if (escaped && *name == '\\') *out++ = '\\';
    if (n) memcpy(out, name, n);
    else snprintf(out, 5, "\\x%02X", (unsigned char)*name);
    out += n ? n : 4;
  }
  *out = 0;
  return text;
}

char *cli_json_name(const char *name) {
  char *text = cli_utf8_name(name);
  json_t *string = text ? json_string(text) : NULL;
  char *json = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
  json_decref(string);
  free(text);
  return json;
}
