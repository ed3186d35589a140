/* fuzz_dataset.c: a data set's CSV. The first byte says whether the rest is a manifest or a table
 * in MELD's layout, whether labels are needed, and whether rows have one, several, or values (the
 * columns "arousal" and "valence"). */
#include <math.h>

#include "fuzz.h"
#include "mer/data.h"

enum { IS_MELD = 1, LABELS_NEEDED = 2, SEVERAL = 4, VALUES = 8 };

static void look_at(const mer_utterance *row, int32_t n_labels, bool need_labels) {
  FUZZ_REQUIRE(row->id && row->label < n_labels && row->label >= -1);
  FUZZ_REQUIRE(!need_labels || row->label >= 0 || row->targets);
  for (int32_t i = 0; row->targets && i < n_labels; i++) FUZZ_REQUIRE(isfinite(row->targets[i]));
  FUZZ_REQUIRE(row->line > 0 && row->row >= 0);
  const char *const texts[] = {row->id,    row->text,  row->audio,
                               row->video, row->image, row->speaker};
  size_t bytes = 0; /* each text is read to its end */
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (texts[i]) bytes += strlen(texts[i]);
  FUZZ_REQUIRE(bytes > 0);
  FUZZ_REQUIRE(isnan(row->start_s) || row->start_s >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  mer_dataset *dataset = NULL;
  mer_error err = {0};
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.need_labels = (data[0] & LABELS_NEEDED) != 0;
  static const char *const values[] = {"arousal", "valence"};
  if (data[0] & SEVERAL) options.target = MER_TARGET_LABELS;
  if (data[0] & VALUES) {
    options.target = MER_TARGET_VALUES;
    options.labels = values;
    options.n_labels = 2;
  }
  const char *name = data[0] & IS_MELD ? "train_sent_emo.csv" : "manifest.csv";
  fuzz_write(name, data + 1, size - 1);
  mer_status status = mer_dataset_open(&dataset, fuzz_folder(), &options, &err);
  fuzz_check_status(status, &err);
  for (int split = 0; status == MER_OK && split < MER_N_SPLITS; split++) {
    int64_t n;
    const mer_utterance *rows = mer_dataset_rows(dataset, (mer_split)split, &n);
    for (int64_t i = 0; i < n; i++)
      look_at(&rows[i], mer_dataset_n_labels(dataset), options.need_labels);
  }
  mer_dataset_close(dataset);
  fuzz_remove(name);
  return 0;
}
