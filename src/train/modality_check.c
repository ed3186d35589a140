/* modality_check.c: what the data have for a modality, by their tables and by the shapes of files.
 */
#include "train/modality_check.h"

#include "base/alloc.h"
#include "base/error.h"
#include "data/dataset.h"
#include "data/precomputed.h"
#include "face/face_detector.h"

/* Whether the table says where row `row` has what a modality reads. */
static bool is_named(const mer__modality *modality, const mer_utterance *row, bool finds_faces) {
  if (modality->input == MER__INPUT_TEXT) return row->text != NULL;
  if (modality->input == MER__INPUT_IMAGE) return row->image || (row->video && finds_faces);
  return row->audio != NULL;
}

static mer_status fail_none(const mer__modality *modality, const mer_dataset *dataset,
                            const char *table, bool finds_faces, mer_error *err) {
  const char *missing = "a clip", *why = dataset->clips_wanted;
  if (modality->input == MER__INPUT_TEXT) {
    missing = "a text";
    why = NULL;
  } else if (modality->input == MER__INPUT_IMAGE) {
    missing = finds_faces ? "an image or a video" : "an image";
    why = finds_faces ? NULL
                      : "videos are not used without a face detector; 'tools/get-encoder "
                        "centerface' fetches one";
  }
  return mer__fail(err, MER_STATUS_INVALID, "%s: no row to train on has %s%s%s", table, missing,
                   why ? ": " : "", why ? why : "");
}

static mer_status expect_named(const mer__modality *modality, const mer_dataset *dataset,
                               const mer_train_options *options, mer_error *err) {
  const bool finds_faces = options->features.face_detector != NULL;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  n = mer__limit_rows(n, options->limit);
  for (int64_t i = 0; i < n; i++)
    if (is_named(modality, &rows[i], finds_faces)) return MER_OK;
  if (n == 0) return mer__fail(err, MER_STATUS_INVALID, "there are no rows to train on");
  return fail_none(modality, dataset, mer__dataset_table_of(dataset, rows)->path, finds_faces, err);
}

static mer_status check_detector(const char *folder, mer_error *err) {
  mer__face_detector *detector = NULL;
  mer_status status = folder ? mer__face_detector_open(&detector, folder, err) : MER_OK;
  mer__face_detector_close(detector);
  return status;
}

/* Sound, unless there are vectors in its place; else vectors. */
static mer_status check_vectors(mer__modality *modality, const char *given,
                                const mer_dataset *dataset, const mer_train_options *options,
                                mer_error *err) {
  const mer_split last = options->evaluate_test ? MER_SPLIT_TEST : MER_SPLIT_DEV;
  char *source;
  int64_t width;
  mer_status status = mer__precomputed_expect(&source, dataset, modality->name, given, err);
  if (status != MER_OK) return status;
  if (!source) return expect_named(modality, dataset, options, err);
  status = mer__precomputed_check(&width, source, dataset, last, err);
  if (status == MER_OK) status = modality->type->accept_values(modality, width, true, err);
  mer__free(source);
  return status;
}

mer_status mer__modality_check(mer__modality *modality, const mer_dataset *dataset,
                               const mer_train_options *options, mer_error *err) {
  const char *given =
      mer__precomputed_given(options->precomputed, options->n_precomputed, modality->name);
  if (modality->input == MER__INPUT_TEXT) return expect_named(modality, dataset, options, err);
  if (modality->input != MER__INPUT_IMAGE || given)
    return check_vectors(modality, given, dataset, options, err);
  mer_status status = check_detector(options->features.face_detector, err);
  return status == MER_OK ? expect_named(modality, dataset, options, err) : status;
}
