/* command_line.c: where results come from. */
#include "cli/command_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

static bool is_utf8(const char *word) {
  utf8proc_int32_t letter;
  for (utf8proc_ssize_t n; *word; word += n)
    if ((n = utf8proc_iterate((const utf8proc_uint8_t *)word, -1, &letter)) <= 0) return false;
  return true;
}

/* '..', in which only the quote itself has a meaning. */
static void print_quoted(FILE *out, const char *word) {
  fputc('\'', out);
  for (; *word; word++) fputs(*word == '\'' ? "'\\''" : (char[]){*word, 0}, out);
  fputc('\'', out);
}

/* $'..', with bytes that are not ASCII by their numbers. */
static void print_escaped(FILE *out, const char *word) {
  fputs("$'", out);
  for (; *word; word++) {
    unsigned char c = (unsigned char)*word;
    if (c < ' ' || c >= 0x7f) fprintf(out, "\\%03o", c);
    else fprintf(out, c == '\'' || c == '\\' ? "\\%c" : "%c", c);
  }
  fputc('\'', out);
}

static void print_word(FILE *out, const char *word) {
  static const char plain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
      "%+,-./:=@_";
  if (*word && !word[strspn(word, plain)]) fputs(word, out);
  else if (is_utf8(word)) print_quoted(out, word);
  else print_escaped(out, word);
}

char *cli_command_line(int argc, char **argv) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  fputs("mer", out);
  for (int i = 0; i < argc; i++) {
    fputc(' ', out);
    print_word(out, argv[i]);
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

void cli_time(char out[CLI_TIME_BYTES]) {
  time_t now = time(NULL);
  struct tm utc;
  strftime(out, CLI_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}
