/* speaker_profile.c: what is known of a speaker as a file: safetensors with a count, a mean and a
 * sum of squares for each modality that adapts. It says of which model it is by the hash of the
 * model's constants, which every training makes anew and which int8 keeps. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "mer/tensor.h"
#include "predict/speaker_state.h"
#include "tensor/private_tensors.h"

enum { NAME_BYTES = 96 };
enum { COUNT, MEAN, SQUARES, PARTS };
static const char *const parts[PARTS] = {"count", "mean", "squares"};
static const char format[] = "mer-speaker";
static const int64_t most_heard = (int64_t)1 << 40;
static const double most_value = 1e30; /* more cannot have been heard */

/* The tensor of a part of modality m, without its elements. */
static mer_tensor tensor_of(char name[NAME_BYTES], const mer_predictor *p, int m, int part) {
  const int64_t size = part == COUNT ? 1 : mer__speaker_width(p, m);
  snprintf(name, NAME_BYTES, "%s.%s", p->model->network.modalities[m].name, parts[part]);
  return (mer_tensor){.name = name,
                      .dtype = part == COUNT ? MER_DTYPE_I64 : MER_DTYPE_F64,
                      .rank = 1,
                      .shape = {size},
                      .n_elements = size};
}

static void hash_model(char hex[MER__HASH_BYTES], const mer_predictor *p) {
  mer__hash hash;
  mer__hash_begin(&hash);
  for (int m = 0; m < p->model->network.n_modalities; m++) {
    if (!mer__predictor_adapts(p, m)) continue;
    float *mean, *deviation;
    const size_t size = (size_t)mer__speaker_width(p, m) * sizeof *mean;
    mer__speaker_constants(&mean, &deviation, p, m);
    mer__hash_add(&hash, mean, size);
    mer__hash_add(&hash, deviation, size);
  }
  mer__hash_end(hex, &hash);
}

/* The elements of a part of modality m; NULL: the file has not what they must be. */
static const void *find(const mer_safetensors *file, const mer_predictor *p, int m, int part) {
  char name[NAME_BYTES];
  const mer_tensor expected = tensor_of(name, p, m, part);
  const mer_tensor *t = mer_safetensors_find(file, name);
  const bool fits = t && t->dtype == expected.dtype && t->n_elements == expected.n_elements;
  return fits ? t->data : NULL;
}

static bool is_sound(const mer__speaker *s, int64_t width) {
  bool sound = s->n >= 0 && s->n <= most_heard;
  for (int64_t j = 0; j < width; j++)
    sound = sound && fabs(s->mean[j]) <= most_value && s->squares[j] >= 0 &&
            s->squares[j] <= most_value * most_value;
  return sound;
}

static mer_status take(mer_speaker *speaker, const mer_safetensors *file, const char *path,
                       mer_error *err) {
  const mer_predictor *p = speaker->predictor;
  for (int m = 0; m < p->model->network.n_modalities; m++) {
    if (!mer__predictor_adapts(p, m)) continue;
    mer__speaker *heard = &speaker->heard[m];
    const int64_t width = mer__speaker_width(p, m);
    const void *n = find(file, p, m, COUNT), *mean = find(file, p, m, MEAN),
               *squares = find(file, p, m, SQUARES);
    if (n && mean && squares) {
      memcpy(&heard->n, n, sizeof heard->n);
      memcpy(heard->mean, mean, (size_t)width * sizeof *heard->mean);
      memcpy(heard->squares, squares, (size_t)width * sizeof *heard->squares);
    }
    if (!n || !mean || !squares || !is_sound(heard, width))
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: '%s' is damaged: expected a count, a mean and a sum of squares of %lld "
                       "finite numbers",
                       path, p->model->network.modalities[m].name, (long long)width);
  }
  return MER_OK;
}

static bool is_profile(const mer_safetensors *file) {
  const char *found = mer_safetensors_metadata(file, "format");
  return found && strcmp(found, format) == 0;
}

static mer_status check_model(const mer_safetensors *file, const mer_predictor *p, const char *path,
                              mer_error *err) {
  char expected[MER__HASH_BYTES];
  const char *model = mer_safetensors_metadata(file, "model");
  if (!is_profile(file))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: not the profile of a speaker", path);
  hash_model(expected, p);
  if (!model || strcmp(model, expected) != 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: another model has heard this speaker; profiles do not fit each other",
                     path);
  return MER_OK;
}

mer_status mer_speaker_read(mer_speaker **out, const char *path, const mer_predictor *predictor,
                            mer_error *err) {
  mer_safetensors *file = NULL;
  mer_speaker *speaker;
  *out = NULL;
  mer_status status = mer_speaker_create(&speaker, predictor, err);
  if (status != MER_OK) return status;
  status = mer_safetensors_open(&file, path, err);
  if (status == MER_OK) status = check_model(file, predictor, path, err);
  if (status == MER_OK) status = take(speaker, file, path, err);
  mer_safetensors_close(file);
  if (status == MER_OK) *out = speaker;
  else mer_speaker_free(speaker);
  return status;
}

/* A file that is no profile is the user's. */
static mer_status check_replaced(const char *path, mer_error *err) {
  mer_safetensors *file;
  mer_error fault = {0};
  if (access(path, F_OK) != 0) return MER_OK;
  const bool replaceable = mer_safetensors_open(&file, path, &fault) == MER_OK && is_profile(file);
  mer_safetensors_close(file);
  if (replaceable) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: not replaced: not the profile of a speaker", path);
}

mer_status mer_speaker_write(const mer_speaker *speaker, const char *path, mer_error *err) {
  const mer_predictor *p = speaker->predictor;
  char names[PARTS * MER_MAX_MODALITIES][NAME_BYTES], model[MER__HASH_BYTES];
  mer_tensor tensors[PARTS * MER_MAX_MODALITIES];
  int n = 0;
  for (int m = 0; m < p->model->network.n_modalities; m++) {
    if (!mer__predictor_adapts(p, m)) continue;
    const mer__speaker *heard = &speaker->heard[m];
    const void *data[PARTS] = {&heard->n, heard->mean, heard->squares};
    for (int part = 0; part < PARTS; part++, n++) {
      tensors[n] = tensor_of(names[n], p, m, part);
      tensors[n].data = data[part];
    }
  }
  hash_model(model, p);
  const mer_metadata metadata[] = {{"format", format}, {"model", model}};
  mer_status status = check_replaced(path, err);
  if (status != MER_OK) return status;
  return mer__private_tensors_write(path, tensors, n, metadata, 2,
                                    err); /* a voice is its owner's */
}
