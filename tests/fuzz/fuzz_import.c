/* fuzz_import.c: what an import reads of others: the first byte names the corpus. Of one that is
 * known by the names of its files the rest is the path of a file; of others it is a table, and for
 * FER+ a second one. A manifest that is written must be read with as many rows. */
#include "data/import.h"
#include "fuzz.h"

/* The table of a corpus that has one. */
static const char *table_of(const char *corpus, bool is_json) {
  static const char *const names[][2] = {{"goemotions", "train.tsv"},
                                         {"emorynlp", "emorynlp_dev_final.csv"},
                                         {"mosi", "label.csv"},
                                         {"fer2013", "fer2013.csv"},
                                         {"ferplus", "fer2013new.csv"}};
  if (is_json && strcmp(corpus, "emorynlp") == 0) return "emotion-detection-trn.json";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(corpus, names[i][0]) == 0) return names[i][1];
  return NULL;
}

static void read_name(const mer__corpus *corpus, const char *path) {
  mer__file_name name = {0};
  if (!strrchr(path, '.') || corpus->parse(&name, corpus, path) != MER__NAME_GOOD) return;
  FUZZ_REQUIRE(name.label >= 0 && name.label < corpus->n_labels);
  FUZZ_REQUIRE(name.split >= MER_SPLIT_TRAIN && name.split < MER_N_SPLITS);
  FUZZ_REQUIRE(memchr(name.speaker, 0, sizeof name.speaker));
}

static void read_manifest(const char *path, const mer_import_summary *summary) {
  mer_error err = {0};
  mer_dataset *dataset;
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.need_labels = false;
  FUZZ_REQUIRE(mer_dataset_open(&dataset, path, &options, &err) == MER_OK);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    int64_t n;
    mer_dataset_rows(dataset, (mer_split)s, &n);
    FUZZ_REQUIRE(n == summary->n_rows[s]);
  }
  mer_dataset_close(dataset);
}

static void read_tables(const char *corpus, fuzz_parts parts) {
  char images[300], out[300];
  mer_error err = {0};
  mer_import_summary summary;
  mer_import_options options;
  size_t size, faces_size;
  char *table = fuzz_next(&parts, &size), *faces = fuzz_next(&parts, &faces_size);
  const char *name = table_of(corpus, size && table[0] == '{');
  mer_import_options_init(&options, sizeof options);
  snprintf(images, sizeof images, "%s", fuzz_folder());
  snprintf(out, sizeof out, "%s/out.csv", fuzz_folder());
  if (faces_size || strcmp(corpus, "fer2013") == 0) options.images_folder = images;
  if (faces_size) fuzz_write("fer2013.csv", faces, faces_size);
  fuzz_write(name, table, size);
  mer_status status = mer_corpus_import(&summary, out, corpus, fuzz_folder(), &options, &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) read_manifest(out, &summary);
  fuzz_remove(name);
  fuzz_remove("fer2013.csv");
  fuzz_remove("fer0000000.bmp");
  fuzz_remove("fer0000001.bmp");
  fuzz_remove("out.csv");
  free(table);
  free(faces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || !mer_corpus_name(data[0])) return 0;
  const mer__corpus *corpus = mer__corpus_find(mer_corpus_name(data[0]));
  if (table_of(corpus->name, false)) {
    read_tables(corpus->name, (fuzz_parts){data + 1, size - 1});
    return 0;
  }
  char *path = calloc(size, 1);
  if (!path) return 0;
  memcpy(path, data + 1, size - 1);
  read_name(corpus, path);
  free(path);
  return 0;
}
