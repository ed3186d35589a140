/* cmd_info.c: `mer info`: what a model or an encoder directory holds. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "mer/model.h"

enum { MAX_NAMES = 4 };

/* The directory and what it holds; NULL: it cannot be opened. */
static json_t *describe(const char *folder, mer_error *err) {
  char *text;
  if (mer_describe_folder(&text, folder, err) != MER_OK) return NULL;
  json_t *object = json_pack("{s:o}", "path", cli_json_text(folder));
  json_t *description = json_loads(text, 0, NULL);
  json_object_update(object, description);
  json_decref(description);
  mer_text_free(text);
  return object;
}

static void print_value(const json_t *value) {
  char *text =
      json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
  fputs(json_is_string(value) ? json_string_value(value) : text ? text : "?", stdout);
  free(text);
}

/* The tensors that are not used: how many, and the first of them. */
static void print_unused(const json_t *names) {
  const size_t n = json_array_size(names);
  printf("%zu", n);
  for (size_t i = 0; i < n && i < MAX_NAMES; i++)
    printf("%s%s", i ? ", " : ": ", json_string_value(json_array_get(names, i)));
  if (n > MAX_NAMES) fputs(", ..", stdout);
}

static void print_size(const json_t *size) {
  printf("%lld x %lld (height x width)",
         (long long)json_integer_value(json_object_get(size, "height")),
         (long long)json_integer_value(json_object_get(size, "width")));
}

/* The values at the top that have a form of their own; false: it is none of them. */
static bool print_special(const char *key, const json_t *value) {
  if (strcmp(key, "unused") == 0) print_unused(value);
  else if (strcmp(key, "image_size") == 0) print_size(value);
  else return false;
  return true;
}

/* "key  value" lines; objects are indented below their key. */
static void print_object(json_t *object, int indent) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    printf("%*s%-*s ", indent, "", 20 - indent, key);
    const bool is_special = indent == 0 && print_special(key, value);
    const bool is_nested = !is_special && json_is_object(value);
    if (!is_special && !is_nested) print_value(value);
    putchar('\n');
    if (is_nested) print_object(value, indent + 2);
  }
}

static int run(cli_common *common, int argc, char **argv) {
  int n, code = cli_parse(&cli_info, NULL, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n != 1) return cli_usage(&cli_info, "expected one directory");
  mer_error err = {0};
  json_t *object = describe(cli_encoder_folder(argv[1]), &err);
  if (!object) return cli_fail(&err);
  if (common->json) {
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
  } else {
    print_object(object, 0);
  }
  json_decref(object);
  return CLI_DONE;
}

const cli_command cli_info = {"info", "MODEL|ENCODER", "Describes a model or an encoder directory.",
                              run};
