/* family_files.h: the checkpoints of tests/golden/families as directories: their weights are a hash
 * of their names (make_families.py). */
#ifndef MER_TEST_FAMILY_FILES_H
#define MER_TEST_FAMILY_FILES_H

#include "base/alloc.h"
#include "base/file.h"
#include "encoder/modality.h"
#include "mer/tensor.h"
#include "test_support.h"

#define FAMILIES GOLDEN "families/"

static const char *const family_names[] = {"bert", "distilbert", "roberta", "xlm-roberta", "mpnet"};
enum { N_FAMILIES = 5, FAMILY_VOCABULARY = 150 };

static inline uint32_t mix(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
  h = (h ^ (h >> 13)) * 0xC2B2AE35u;
  return h ^ (h >> 16);
}

/** The weights of the parameter `name`. */
static inline void fill_weights(float *values, const char *name, int rank, int64_t n) {
  uint32_t seed = 2166136261u;
  for (const char *c = name; *c; c++) seed = (seed ^ (uint8_t)*c) * 16777619u;
  const size_t size = strlen(name);
  const bool scale = size > 6 && strcmp(name + size - 6, "weight") == 0 &&
                     (strstr(name, "Norm") || strstr(name, "norm"));
  for (int64_t i = 0; i < n; i++) {
    const float unit = (float)(mix(seed + (uint32_t)i * 0x9E3779B9u) >> 8) / (1 << 23) - 1;
    values[i] = rank > 1 ? unit * 0.25f : scale ? unit * 0.25f + 1 : unit * 0.125f;
  }
}

static inline mer_safetensors *open_expected(const char *family) {
  char path[512];
  mer_safetensors *file;
  mer_error err = {0};
  snprintf(path, sizeof path, FAMILIES "%s.safetensors", family);
  assert_ok(mer_safetensors_open(&file, path, &err));
  return file;
}

/** Copies an expected tensor, which may lie at any address. */
static inline void read_expected(void *out, const mer_safetensors *file, const char *name,
                                 int64_t n) {
  const mer_tensor *tensor = mer_safetensors_find(file, name);
  if (!tensor || tensor->n_elements != n)
    fail_msg("no tensor %s of %lld values", name, (long long)n);
  memcpy(out, tensor->data, (size_t)n * 4);
}

/** Rows [n_rows, n_tokens] of ids and types, of which `inputs` [n_rows] take as many as `lengths`
 * say; of the file they are made from, both but the types, which are zeros. */
static inline void read_family_inputs(mer__input *inputs, int32_t *ids, const int32_t *types,
                                      int32_t *lengths, const mer_safetensors *file, int n_rows,
                                      int n_tokens) {
  read_expected(ids, file, "ids", (int64_t)n_rows * n_tokens);
  read_expected(lengths, file, "lengths", n_rows);
  for (int b = 0; b < n_rows; b++)
    inputs[b] = (mer__input){.present = true,
                             .length = lengths[b],
                             .tokens = {ids + b * n_tokens, types + b * n_tokens}};
}

/* The parameters are those that have a gradient. */
static inline void write_weights(const mer_safetensors *expected, const char *place) {
  enum { MOST = 64 };
  mer_tensor tensors[MOST];
  mer_error err = {0};
  char path[512];
  int64_t n = 0;
  for (int64_t i = 0; i < mer_safetensors_count(expected); i++) {
    const mer_tensor *of = mer_safetensors_at(expected, i);
    if (strncmp(of->name, "grad.", 5) != 0) continue;
    assert_true(n < MOST);
    float *values = malloc((size_t)of->n_elements * sizeof *values);
    tensors[n] = *of;
    tensors[n].name = of->name + 5;
    tensors[n++].data = values;
    fill_weights(values, of->name + 5, of->rank, of->n_elements);
  }
  snprintf(path, sizeof path, "%s/model.safetensors", place);
  assert_ok(mer_safetensors_write(path, tensors, n, NULL, 0, &err));
  for (int64_t i = 0; i < n; i++) free((void *)tensors[i].data);
}

/** Writes the checkpoint of a family into an existing folder; in config.json the first `from`
 * (NULL: nothing) becomes `to`. The tokenizer is one of WordPiece, whatever the family has. */
static inline void write_family(const char *family, const char *place, const char *from,
                                const char *to) {
  char path[512], *text;
  size_t size;
  mer_error err = {0};
  mer_safetensors *expected = open_expected(family);
  write_weights(expected, place);
  mer_safetensors_close(expected);
  snprintf(path, sizeof path, FAMILIES "%s.json", family);
  assert_ok(mer__file_read(&text, &size, path, 1 << 20, &err));
  const char *at = from ? strstr(text, from) : text;
  assert_non_null(at);
  snprintf(path, sizeof path, "%s/config.json", place);
  FILE *f = fopen(path, "w");
  fprintf(f, "%.*s%s%s", (int)(at - text), text, from ? to : "", at + (from ? strlen(from) : 0));
  fclose(f);
  mer__free(text);
  snprintf(path, sizeof path, "%s/vocab.txt", place);
  f = fopen(path, "w");
  fputs("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", f);
  for (int i = 5; i < FAMILY_VOCABULARY; i++) fprintf(f, "w%d\n", i);
  fclose(f);
}

#endif
