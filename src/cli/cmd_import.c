/* cmd_import.c: `mer import`: a manifest of a published corpus, and a table of what became of its
 * labels. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/output_file.h"
#include "mer/data.h"

static void print_label(const char *name, const char *label, const int64_t *n_rows) {
  printf("%-22s %-22s", name, label ? label : "left out");
  for (int s = 0; s < MER_N_SPLITS; s++) printf(" %7" PRId64, n_rows[s]);
  printf("\n");
}

static void print_text(const mer_import_summary *summary) {
  printf("%-22s %-22s %7s %7s %7s\n", "label", "in the manifest", "train", "dev", "test");
  for (int32_t i = 0; i < summary->n_labels; i++)
    print_label(summary->labels[i].name, summary->labels[i].label, summary->labels[i].n_rows);
  print_label("rows", "", summary->n_rows);
  if (summary->n_bad) printf("files or rows that cannot be used: %" PRId64 "\n", summary->n_bad);
  if (summary->n_repeated)
    printf("further files of a recording: %" PRId64 "\n", summary->n_repeated);
  if (summary->n_left_turns)
    printf("turns of dialogues left out, so that --context does not read them: %" PRId64 "\n",
           summary->n_left_turns);
  if (summary->n_other) printf("other files: %" PRId64 "\n", summary->n_other);
}

static void print_counts(const int64_t *n_rows) {
  printf("{\"train\": %" PRId64 ", \"dev\": %" PRId64 ", \"test\": %" PRId64 "}", n_rows[0],
         n_rows[1], n_rows[2]);
}

/* Names of labels need no escapes. */
static void print_json(const mer_import_summary *summary) {
  printf("{\"rows\": ");
  print_counts(summary->n_rows);
  printf(", \"bad\": %" PRId64 ", \"repeated\": %" PRId64 ", \"other\": %" PRId64
         ", \"left_turns\": %" PRId64 ", \"labels\": [",
         summary->n_bad, summary->n_repeated, summary->n_other, summary->n_left_turns);
  for (int32_t i = 0; i < summary->n_labels; i++) {
    const mer_import_label *l = &summary->labels[i];
    const char *quote = l->label ? "\"" : "";
    printf("%s{\"name\": \"%s\", \"label\": %s%s%s, \"rows\": ", i ? ", " : "", l->name, quote,
           l->label ? l->label : "null", quote);
    print_counts(l->n_rows);
    printf("}");
  }
  printf("]}\n");
}

static bool is_corpus(const char *name) {
  bool found = false;
  for (int32_t i = 0; mer_corpus_name(i) && !found; i++)
    found = strcmp(mer_corpus_name(i), name) == 0;
  return found;
}

static bool has_faces(const char *corpus) {
  return strcmp(corpus, "fer2013") == 0 || strcmp(corpus, "ferplus") == 0;
}

static int import(const cli_common *common, const char *corpus, const char *folder, const char *out,
                  const mer_import_options *options) {
  const cli_own_file manifest = {.what = "a manifest of mer import",
                                 .start = "split,label,native_label"};
  mer_import_summary summary;
  mer_error err = {0};
  const bool to_output = strcmp(out, "-") == 0;
  cli_catch_interrupt();
  if (cli_check_output(out, &manifest, &err) != MER_OK ||
      mer_corpus_import(&summary, to_output ? "/dev/stdout" : out, corpus, folder, options, &err) !=
          MER_OK)
    return cli_fail(&err);
  cli_progress_end();
  if (to_output) return CLI_DONE;
  if (common->json) print_json(&summary);
  else print_text(&summary);
  return CLI_DONE;
}

static int run(cli_common *common, int argc, char **argv) {
  const char *out = NULL, *labels = "emotions", *images = NULL;
  const cli_option options[] = {
      {CLI_NAME, 'o', "out", "M.csv|-", &out, 0, 0, "manifest to write; - is standard output"},
      {CLI_CHOICE, 0, "labels", "emotions|native", &labels, 0, 0,
       "the seven emotions (default), or the publishers' labels"},
      {CLI_NAME, 0, "images", "DIR", &images, 0, 0,
       "write the faces of fer2013's table as images to this folder"},
      {.kind = CLI_END}};
  int n_operands, code = cli_parse(&cli_import, options, common, argc, argv, &n_operands);
  if (code >= 0) return code;
  if (n_operands != 2 || !out) return cli_usage(&cli_import, "a corpus, its folder, and --out");
  if (!is_corpus(argv[1])) return cli_usage(&cli_import, "'%s' is not a known corpus", argv[1]);
  if (images && !has_faces(argv[1]))
    return cli_usage(&cli_import, "--images is of fer2013 and ferplus, not of %s", argv[1]);
  if (common->json && strcmp(out, "-") == 0)
    return cli_usage(&cli_import, "--json is of the summary, which --out - does not print");
  mer_import_options o;
  mer_import_options_init(&o, sizeof o);
  o.native_labels = strcmp(labels, "native") == 0;
  o.images_folder = images;
  o.monitor = &common->monitor;
  return import(common, argv[1], argv[2], out, &o);
}

const cli_command cli_import = {
    "import",
    "ravdess|tess|emodb|savee|nemo|urdu|cremad|fer2013|ferplus|ck48|goemotions|emorynlp|mosi|emovo "
    "DIR --out M.csv",
    "Writes a manifest of a published corpus.", run};
