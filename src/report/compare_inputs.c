/* compare_inputs.c: hashes of the files that a comparison reads. */
#include "report/compare_inputs.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "data/precomputed.h"
#include "encoder/folder_digest.h"
#include "tensor/json_memory.h"
#include "train/outline.h"
#include "train/settings_compare.h"

static void name_setting(char key[MER__INPUT_KEY], const char *path) {
  snprintf(key, MER__INPUT_KEY, MER__INPUT_PREFIX "%s", path);
}

/* Whether the hash of what lies at `path` has been added for another run. */
static bool is_added(const json_t *settings, const char *path) {
  char key[MER__INPUT_KEY];
  name_setting(key, path);
  return json_object_get(settings, key) != NULL;
}

/* Adds the hash `hex` of what lies at `path`. MER_STATUS_INVALID: the path is not UTF-8. */
static mer_status add(json_t *settings, const char *path, const char *hex, mer_error *err) {
  char key[MER__INPUT_KEY];
  name_setting(key, path);
  if (json_object_set_new(settings, key, json_string(hex)) == 0) return MER_OK;
  return mer__json_no_memory() ? mer__fail_memory(err)
                               : mer__fail(err, MER_STATUS_INVALID, "%s: not UTF-8", path);
}

/* Whether vectors stand in for what a modality reads: a text has none, nor has an image that an
 * encoder sees, unless they are given. */
static bool takes_vectors(const mer_train_options *options, const char *name) {
  if (mer__precomputed_given(options->precomputed, options->n_precomputed, name)) return true;
  return strcmp(name, "text") != 0 && !(strcmp(name, "image") == 0 && options->image_encoder);
}

/* Those of one modality, under the name of their file. */
static mer_status add_vectors(json_t *settings, const mer_dataset *dataset, const char *modality,
                              const char *given, const mer_monitor *monitor, mer_error *err) {
  char hex[MER__HASH_BYTES], *source;
  mer_status status;
  MER__CHECK(mer__precomputed_source(&source, dataset, modality, given, err));
  if (!source || is_added(settings, source)) goto cleanup;
  MER__CHECK(mer__precomputed_hash(hex, source, monitor, err));
  MER__CHECK(add(settings, source, hex, err));
cleanup:
  mer__free(source);
  return status;
}

static mer_status add_all_vectors(json_t *settings, const mer_dataset *dataset,
                                  const mer_train_options *options, const mer_monitor *monitor,
                                  mer_error *err) {
  mer_status status = MER_OK;
  for (const char *at = options->modalities; *at && status == MER_OK;) {
    char modality[64];
    const size_t size = strcspn(at, ",");
    snprintf(modality, sizeof modality, "%.*s", (int)size, at);
    at += size + (at[size] == ',');
    if (!takes_vectors(options, modality)) continue;
    status =
        add_vectors(settings, dataset, modality,
                    mer__precomputed_given(options->precomputed, options->n_precomputed, modality),
                    monitor, err);
  }
  return status;
}

/* `folder`: of an encoder, a model or a detector of faces; NULL, or no folder: nothing is added. */
static mer_status add_folder(json_t *settings, const char *folder, const mer_monitor *monitor,
                             mer_error *err) {
  char hex[MER__HASH_BYTES];
  if (!folder || !mer__path_is_folder(folder) || is_added(settings, folder)) return MER_OK;
  const mer_status status = mer__folder_digest(hex, folder, monitor, err);
  return status == MER_OK ? add(settings, folder, hex, err) : status;
}

mer_status mer__compare_add_inputs(json_t *settings, const mer_dataset *dataset,
                                   const mer_train_options *options, const mer_monitor *monitor,
                                   mer_error *err) {
  static const char *const encoded[] = {"text", "audio", "image"};
  mer_status status;
  MER__CHECK(add_all_vectors(settings, dataset, options, monitor, err));
  for (size_t i = 0; i < sizeof encoded / sizeof encoded[0]; i++)
    MER__CHECK(add_folder(settings, mer__outline_folder(options, encoded[i]), monitor, err));
  MER__CHECK(add_folder(settings, options->features.face_detector, monitor, err));
  for (int t = 0; t < options->n_teachers; t++)
    MER__CHECK(add_folder(settings, options->teachers[t], monitor, err));
cleanup:
  return status;
}
