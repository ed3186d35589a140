/* data_support.h: small data sets that the tests write. */
#ifndef MER_DATA_SUPPORT_H
#define MER_DATA_SUPPORT_H

#include "base/alloc.h"
#include "base/file.h"
#include "mer/data.h"
#include "test_support.h"

/* Each test works in a folder of its own. */
static char folder[64];

static inline int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  return 0;
}

/* Removes a folder and all below it. */
static inline void remove_tree(const char *path) {
  char **names;
  size_t n_names;
  if (mer__folder_list(&names, &n_names, path, NULL) == MER_OK) {
    for (size_t i = 0; i < n_names; i++) {
      char *child = mer__path_join(path, names[i]);
      remove_tree(child);
      mer__free(child);
    }
    mer__folder_free(names, n_names);
  }
  remove(path);
}

static inline int tear_down(void **state) {
  (void)state;
  remove_tree(folder);
  return 0;
}

/* Path of `name` in the test's folder, valid until the eighth call after it. */
static inline const char *in_folder(const char *name) {
  static char paths[8][256];
  static int next;
  next = (next + 1) % 8;
  snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
  return paths[next];
}

/* Writes a file in the test's folder, and the folders it needs. */
static inline void put_bytes(const char *name, const void *data, size_t size) {
  mer_error err = {0};
  char *parent = mer__path_folder(in_folder(name));
  assert_ok(mer__folder_make(parent, &err));
  mer__free(parent);
  assert_ok(mer__file_write(in_folder(name), data, size, &err));
}

static inline void put(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

enum { MAX_WAV_SAMPLES = 40 * 16000, WAV_HEADER_BYTES = 44 };

/* Writes a mono 16-bit WAV at 16 kHz: a tone of this amplitude. */
static inline void put_wav(const char *name, int n_samples, double amplitude) {
  static uint8_t wav[WAV_HEADER_BYTES + 2 * MAX_WAV_SAMPLES];
  assert_in_range(n_samples, 0, MAX_WAV_SAMPLES);
  const uint32_t n_bytes = 2 * (uint32_t)n_samples, riff = 36 + n_bytes;
  const uint32_t format[5] = {16, 1 | 1 << 16, 16000, 32000, 2 | 16 << 16};
  memcpy(wav, "RIFF....WAVEfmt ", 16);
  memcpy(wav + 4, &riff, sizeof riff);
  memcpy(wav + 16, format, sizeof format);
  memcpy(wav + 36, "data", 4);
  memcpy(wav + 40, &n_bytes, sizeof n_bytes);
  for (int i = 0; i < n_samples; i++) {
    int16_t sample = (int16_t)lrint(amplitude * 25000 * sin(0.2 * i) * (1 + 0.3 * sin(0.01 * i)));
    memcpy(wav + WAV_HEADER_BYTES + 2 * i, &sample, sizeof sample);
  }
  put_bytes(name, wav, WAV_HEADER_BYTES + n_bytes);
}

static inline mer_dataset *open_path(const char *name, const mer_dataset_options *options) {
  mer_error err = {0};
  mer_dataset *dataset;
  assert_ok(mer_dataset_open(&dataset, name, options, &err));
  return dataset;
}

static inline void check_labels(const mer_dataset *dataset, mer_split split,
                                const int64_t expected[MER_N_EMOTIONS]) {
  int64_t n, counts[MER_N_EMOTIONS] = {0};
  const mer_utterance *rows = mer_dataset_rows(dataset, split, &n);
  for (int64_t i = 0; i < n; i++) counts[rows[i].label]++;
  assert_memory_equal(counts, expected, sizeof counts);
}

static inline void check_rows(const mer_dataset *dataset, const int64_t expected[MER_N_SPLITS]) {
  int64_t n;
  for (int s = 0; s < MER_N_SPLITS; s++) {
    mer_dataset_rows(dataset, (mer_split)s, &n);
    assert_int_equal(n, expected[s]);
  }
}

/* What a monitor was told. */
typedef struct messages {
  char text[8192];
  int n_warnings;
  int64_t n_progress, total;
  int64_t stop_after; /* progress calls; 0: never */
} messages;

static inline void take_log(void *user, mer_log_level level, const char *message) {
  messages *m = user;
  size_t used = strlen(m->text);
  m->n_warnings += level == MER_LOG_WARNING;
  snprintf(m->text + used, sizeof m->text - used, "%s\n", message);
}

static inline void take_progress(void *user, const char *task, int64_t done, int64_t total,
                                 const char *note) {
  messages *m = user;
  (void)note;
  m->n_progress++;
  m->total = total;
  if (strcmp(task, "decode") != 0 || done != m->n_progress) m->n_progress = -1000;
}

static inline bool ask_to_stop(void *user) {
  messages *m = user;
  return m->stop_after && m->n_progress >= m->stop_after;
}

static inline mer_monitor monitor_of(messages *m) {
  return (mer_monitor){m, take_log, take_progress, ask_to_stop};
}

#endif
