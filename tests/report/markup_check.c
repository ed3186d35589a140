/* markup_check.c: a small checker of HTML that a program wrote. */
#include "markup_check.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_IDS = 4096 };

typedef struct checker {
  const char *at;
  char stack[MAX_DEPTH][24];
  int depth, n_ids;
  char ids[MAX_IDS][16];
  char *fault;
  size_t size;
} checker;

static int fail(checker *c, const char *what) {
  snprintf(c->fault, c->size, "%s at: %.60s", what, c->at);
  return 0;
}

static int is_void(const char *name) {
  return !strcmp(name, "meta") || !strcmp(name, "br") || !strcmp(name, "hr") ||
         !strcmp(name, "img");
}

static size_t read_name(char *out, size_t size, const char *from) {
  size_t n = 0;
  while ((isalnum((unsigned char)from[n]) || from[n] == '-') && n + 1 < size) n++;
  memcpy(out, from, n);
  out[n] = 0;
  return n;
}

static int check_entity(checker *c) {
  static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&nbsp;"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strncmp(c->at, known[i], strlen(known[i]))) return 1;
  return fail(c, "a bare &");
}

static int add_id(checker *c, const char *value, size_t size) {
  if (size >= sizeof c->ids[0] || c->n_ids == MAX_IDS) return fail(c, "id too long or too many");
  memcpy(c->ids[c->n_ids], value, size);
  c->ids[c->n_ids][size] = 0;
  for (int i = 0; i < c->n_ids; i++)
    if (!strcmp(c->ids[i], c->ids[c->n_ids])) return fail(c, "id used twice");
  c->n_ids++;
  return 1;
}

/* One ` name="value"`. */
static int check_attribute(checker *c) {
  char name[32];
  size_t n = read_name(name, sizeof name, c->at);
  if (n == 0 || c->at[n] != '=' || c->at[n + 1] != '"') return fail(c, "an unquoted attribute");
  const bool embedded = !strcmp(name, "src") && !strncmp(c->at + n + 2, "data:", 5);
  if ((!strcmp(name, "src") && !embedded) || !strcmp(name, "href") || !strncmp(name, "on", 2))
    return fail(c, "something from outside");
  const char *value = c->at + n + 2, *end = strpbrk(value, "\"<>");
  if (!end || *end != '"') return fail(c, "an attribute without end");
  if (!strcmp(name, "id") && !add_id(c, value, (size_t)(end - value))) return 0;
  for (c->at = value; c->at < end; c->at++)
    if (*c->at == '&' && !check_entity(c)) return 0;
  c->at = end + 1;
  return 1;
}

static int check_open(checker *c) {
  char name[24];
  c->at += 1 + read_name(name, sizeof name, c->at + 1);
  if (!*name) return fail(c, "a bare <");
  if (!strcmp(name, "script") || !strcmp(name, "link"))
    return fail(c, "an element that is not allowed");
  while (*c->at == ' ') {
    c->at++;
    if (!check_attribute(c)) return 0;
  }
  int closed = *c->at == '/';
  c->at += closed;
  if (*c->at != '>') return fail(c, "a tag without end");
  c->at++;
  if (closed || is_void(name)) return 1;
  if (c->depth == MAX_DEPTH) return fail(c, "too deep");
  strcpy(c->stack[c->depth++], name);
  if (strcmp(name, "style") != 0) return 1;
  const char *end = strstr(c->at, "</style>");
  if (!end || memchr(c->at, '<', (size_t)(end - c->at))) return fail(c, "a style without end");
  if (strstr(c->at, "url(") || strstr(c->at, "@import")) return fail(c, "something from outside");
  c->at = end;
  return 1;
}

static int check_close(checker *c) {
  char name[24];
  size_t n = read_name(name, sizeof name, c->at + 2);
  if (c->at[2 + n] != '>') return fail(c, "a closing tag without end");
  if (c->depth == 0 || strcmp(c->stack[c->depth - 1], name) != 0)
    return fail(c, "a closing tag out of order");
  c->depth--;
  c->at += 3 + n;
  return 1;
}

const char *markup_check(const char *html, char *fault, size_t size) {
  static const char doctype[] = "<!DOCTYPE html>\n";
  static checker c;
  c = (checker){.at = html, .fault = fault, .size = size};
  if (strncmp(html, doctype, strlen(doctype)) != 0) return "no doctype";
  for (c.at += strlen(doctype); *c.at;) {
    int ok = 1;
    unsigned char x = (unsigned char)*c.at;
    if (x == '<') ok = c.at[1] == '/' ? check_close(&c) : check_open(&c);
    else {
      if (x == '&') ok = check_entity(&c);
      else if (x == '>' || (x < 0x20 && x != '\n' && x != '\t')) ok = fail(&c, "a bare character");
      c.at++;
    }
    if (!ok) return fault;
  }
  return c.depth == 0 ? NULL : (fail(&c, "a tag that is not closed"), fault);
}
