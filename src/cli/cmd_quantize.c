/* cmd_quantize.c: `mer quantize`: a copy of a model or an encoder with smaller weights. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "mer/model.h"

static void print_result(const char *out, const char *dtype, bool json) {
  if (!json) {
    printf("%s: the encoder's weights are %s\n", out, dtype);
    return;
  }
  json_t *root = json_pack("{s:o, s:s}", "model", cli_json_text(out), "dtype", dtype);
  json_dumpf(root, stdout, JSON_COMPACT);
  putchar('\n');
  json_decref(root);
}

static int run(cli_common *common, int argc, char **argv) {
  const char *out = NULL, *dtype = "int8";
  bool reduce_range = false;
  const cli_option options[] = {
      {CLI_NAME, 'o', "out", "DIR", &out, 0, 0, "directory to write"},
      {CLI_CHOICE, 0, "dtype", "int8|bf16", &dtype, 0, 0,
       "of the encoder's weights: int8 (default) is fast, bf16 only small"},
      {CLI_FLAG, 0, "reduce-range", NULL, &reduce_range, 0, 0,
       "coarser int8: faster on processors with AVX2 and without AVX512_VNNI"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_quantize, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (!out || n != 1) return cli_usage(&cli_quantize, "expected one directory and --out");
  mer_error err = {0};
  mer_dtype type = strcmp(dtype, "int8") == 0 ? MER_DTYPE_I8 : MER_DTYPE_BF16;
  cli_catch_interrupt();
  if (mer_model_quantize(argv[1], out, type, reduce_range, &common->monitor, &err) != MER_OK)
    return cli_fail(&err);
  print_result(out, dtype, common->json);
  return CLI_DONE;
}

const cli_command cli_quantize = {"quantize", "MODEL|ENCODER --out DIR",
                                  "Writes a copy whose encoder's weights are int8 or bf16.", run};
