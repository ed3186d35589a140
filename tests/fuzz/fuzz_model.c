/* fuzz_model.c: a model directory. The parts of the input: config.json; the tensors, one a line as
 * "NAME DTYPE DIMENSION...", of which a model.safetensors is made (a name that begins with '~'
 * means "encoder.layer.0."); vocab.txt, empty for a fixed one; a text. What opens must answer. */
#include <ctype.h>

#include "fuzz.h"
#include "mer/model.h"
#include "mer/predict.h"
#include "mer/tensor.h"

enum { MOST_TENSORS = 64, MOST_BYTES = 1 << 18, MOST_WIDTH = 1 << 16, NAME_BYTES = 128 };

static const char default_vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n";

/* Each byte of each tensor: 0.0115 as f32 and bf16, 60 as int8. */
static uint8_t elements[MOST_BYTES];
enum { FILL = 0x3C };

typedef struct tensor_list {
  mer_tensor items[MOST_TENSORS];
  char names[MOST_TENSORS][NAME_BYTES];
  int n;
} tensor_list;

static const struct {
  const char *name;
  mer_dtype dtype;
} dtypes[] = {
#define DTYPE_ROW(name, text, bytes) {text, MER_DTYPE_##name},
    MER_DTYPE_MAP(DTYPE_ROW)
#undef DTYPE_ROW
};

static bool find_dtype(mer_dtype *dtype, const char *name) {
  for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
    if (strcmp(dtypes[i].name, name) == 0) {
      *dtype = dtypes[i].dtype;
      return true;
    }
  return false;
}

/* One line; false if it is not a small tensor. */
static bool add_tensor(tensor_list *list, const char *line) {
  if (list->n == MOST_TENSORS) return false;
  mer_tensor *tensor = &list->items[list->n];
  char name[NAME_BYTES - 16], dtype[8], *rest;
  int used;
  if (sscanf(line, "%100s %5s%n", name, dtype, &used) != 2) return false;
  *tensor = (mer_tensor){.name = list->names[list->n], .n_elements = 1, .data = elements};
  bool short_name = name[0] == '~';
  snprintf(list->names[list->n], NAME_BYTES, "%s%s", short_name ? "encoder.layer.0." : "",
           name + short_name);
  if (!find_dtype(&tensor->dtype, dtype)) return false;
  for (line += used; tensor->rank < MER_MAX_RANK; line = rest) {
    int64_t dimension = strtol(line, &rest, 10);
    if (rest == line) break;
    if (dimension < 0 || dimension > MOST_BYTES) return false;
    tensor->shape[tensor->rank++] = dimension;
    tensor->n_elements *= dimension;
    if (tensor->n_elements > MOST_BYTES / 8) return false;
  }
  list->n++;
  return true;
}

/* Writes model.safetensors, if the list is one. */
static bool write_tensors(char *lines) {
  static tensor_list list;
  char path[512], *rest = NULL;
  mer_error err = {0};
  list.n = 0;
  memset(elements, FILL, sizeof elements);
  for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
    if (!add_tensor(&list, line)) return false;
  snprintf(path, sizeof path, "%s/model.safetensors", fuzz_folder());
  return mer_safetensors_write(path, list.items, list.n, NULL, 0, &err) == MER_OK;
}

/* Whether what a model of sound sees are the features themselves, not what an encoder makes of
 * them.
 */
static bool takes_vector(mer_modality_info info) {
  const mer_feature_options *f = info.features;
  const int64_t rows = f->kind == MER_FEATURE_MFCC ? f->n_coefficients : f->n_mels;
  return f->kind <= MER_FEATURE_LOGMEL && rows * f->n_frames == info.width;
}

/* An answer to a short sound. */
static void hear(void) {
  static const float samples[1200] = {1, -1, 0.5f};
  const mer_request request = {
      .sound = {.samples = samples, .n_samples = 1200, .n_channels = 1, .rate_hz = 16000}};
  mer_predictor *predictor;
  mer_answer answer;
  mer_error err = {0};
  mer_status status = mer_predictor_open(&predictor, fuzz_folder(), &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK)
    fuzz_check_status(mer_predictor_answer(&answer, predictor, &request, 1, &err), &err);
  mer_predictor_close(predictor);
}

static bool hears(const mer_model *model) {
  bool any = false;
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    const mer_modality_info info = mer_model_modality(model, m);
    any |= info.from_sound && !takes_vector(info);
  }
  return any;
}

/* A vector for modality `m`, computed from sound where the model says so; for free(). */
static float *make_vector(const mer_model *model, int m) {
  mer_modality_info info = mer_model_modality(model, m);
  mer_feature_extractor *extractor = NULL;
  mer_error err = {0};
  if (info.is_text || info.width > MOST_WIDTH) return NULL;
  if (info.from_sound && !takes_vector(info)) return NULL;
  float *vector = calloc((size_t)info.width, sizeof *vector), sound[64] = {1, -1};
  if (!vector) abort();
  if (info.from_sound && mer_feature_extractor_create(&extractor, info.features, &err) == MER_OK) {
    FUZZ_REQUIRE((int64_t)mer_feature_rows(extractor) * mer_feature_frames(extractor) ==
                 info.width);
    FUZZ_REQUIRE(mer_feature_compute(vector, extractor, sound, 64, &err) == MER_OK);
  }
  mer_feature_extractor_free(extractor);
  return vector;
}

static void predict(const mer_model *model, const char *text) {
  enum { N_INPUTS = 2 };
  mer_error err = {0};
  mer_input_data inputs[N_INPUTS] = {{.text = text}, {.text = NULL}};
  float *vectors[MER_MAX_MODALITIES] = {0};
  float *probs = malloc(sizeof *probs * N_INPUTS * (size_t)mer_model_n_labels(model));
  if (!probs) abort();
  for (int m = 0; m < mer_model_n_modalities(model); m++)
    inputs[1].vectors[m] = vectors[m] = make_vector(model, m);
  fuzz_check_status(mer_model_predict(probs, model, inputs, N_INPUTS, NULL, &err), &err);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) free(vectors[m]);
  free(probs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_parts parts = {data, size};
  size_t config_size, list_size, vocabulary_size, text_size;
  char *config = fuzz_next(&parts, &config_size), *list = fuzz_next(&parts, &list_size);
  char *vocabulary = fuzz_next(&parts, &vocabulary_size), *text = fuzz_next(&parts, &text_size);
  mer_model *model = NULL;
  mer_error err = {0};
  fuzz_write("config.json", config, config_size);
  if (vocabulary_size) fuzz_write("vocab.txt", vocabulary, vocabulary_size);
  else fuzz_write("vocab.txt", default_vocabulary, sizeof default_vocabulary - 1);
  if (write_tensors(list)) {
    mer_status status = mer_model_open(&model, fuzz_folder(), &err);
    fuzz_check_status(status, &err);
    const bool sound = status == MER_OK && hears(model);
    if (status == MER_OK) predict(model, text);
    mer_model_close(model);
    if (sound) hear();
  }
  free(config);
  free(list);
  free(vocabulary);
  free(text);
  return 0;
}
