/* cmd_info.c: `mer info`: what a model or an encoder directory holds. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/path_join.h"
#include "mer/model.h"

static json_t *encoder_to_json(const char *folder, mer_error *err) {
  mer_encoder *encoder = NULL;
  if (mer_encoder_open(&encoder, folder, err) != MER_OK) return NULL;
  mer_encoder_info i = mer_encoder_describe(encoder);
  mer_encoder_close(encoder);
  return json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "path",
                   cli_json_text(folder), "type", "encoder", "dtype", i.dtype, "parameters",
                   (json_int_t)i.n_parameters, "hidden_size", (json_int_t)i.hidden_size, "layers",
                   (json_int_t)i.n_layers, "heads", (json_int_t)i.n_heads, "intermediate_size",
                   (json_int_t)i.intermediate_size, "vocab_size", (json_int_t)i.vocab_size,
                   "max_positions", (json_int_t)i.max_positions);
}

static json_t *model_to_json(const char *folder, mer_error *err) {
  mer_model *model = NULL;
  if (mer_model_open(&model, folder, err) != MER_OK) return NULL;
  json_t *object =
      json_pack("{s:o, s:s, s:s, s:I}", "path", cli_json_text(folder), "type", "model", "dtype",
                mer_model_dtype(model), "parameters", (json_int_t)mer_model_n_parameters(model));
  json_t *config = json_loads(mer_model_config(model), 0, NULL);
  json_object_update(object, config);
  json_object_del(object, "format");
  json_decref(config);
  mer_model_close(model);
  return object;
}

static void print_value(const json_t *value) {
  char *text =
      json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
  fputs(json_is_string(value) ? json_string_value(value) : text ? text : "?", stdout);
  free(text);
}

/* "key  value" lines; objects are indented below their key. */
static void print_object(json_t *object, int indent) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    printf("%*s%-*s ", indent, "", 20 - indent, key);
    if (!json_is_object(value)) print_value(value);
    putchar('\n');
    if (json_is_object(value)) print_object(value, indent + 2);
  }
}

/* Whether the directory's config.json has the object that mer writes. */
static bool is_model(const char *folder) {
  char *path = cli_path_join(folder, "config.json");
  json_t *root = path ? json_load_file(path, 0, NULL) : NULL;
  bool found = json_object_get(root, "mer") != NULL;
  json_decref(root);
  free(path);
  return found;
}

static int run(cli_common *common, int argc, char **argv) {
  int n, code = cli_parse(&cli_info, NULL, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n != 1) return cli_usage(&cli_info, "expected one directory");
  mer_error err = {0};
  const char *folder = cli_encoder_folder(argv[1]);
  json_t *object = is_model(folder) ? model_to_json(folder, &err) : encoder_to_json(folder, &err);
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
