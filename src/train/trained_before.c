/* trained_before.c: the settings in the config.json of a trained model, beside those of a training.
 */
#include "train/trained_before.h"

#include "base/alloc.h"
#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "encoder/speech_encoder.h"
#include "encoder/text_turns.h"

static const char *text_pool_option(mer__text_pool pool) {
  return pool == MER__TEXT_CNN    ? "--head cnn"
         : pool == MER__TEXT_MEAN ? "--text-pool utterance"
                                  : "--text-pool cls";
}

mer_status mer__trained_turns_tell(const char *folder, const mer__turns *turns,
                                   const mer_monitor *monitor, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer_status status = mer__encoder_config_read(&root, &path, folder, err);
  const mer__turns before = mer__text_turns_of_model(root);
  json_decref(root);
  mer__free(path);
  if ((before.past == turns->past || before.past == 0) &&
      (before.future == turns->future || before.future == 0) &&
      (before.pool == turns->pool || before.pool == MER__TEXT_CLS) &&
      (before.lstm == turns->lstm || before.past == 0) &&
      (before.names == turns->names || !mer__turns_any(&before)))
    return status;
  mer__log(monitor, MER_LOG_WARNING,
           "%s: was trained with --context %lld --future %lld %s%s, %s --speaker-names, "
           "and is used with others here",
           folder, (long long)before.past, (long long)before.future, text_pool_option(before.pool),
           before.lstm ? " --turns lstm" : "", before.names ? "with" : "without");
  return status;
}

static const char *standardize_option(const mer__layer_pool *pool) {
  return pool->kind == MER__POOL_ATTENTION ? ""
         : pool->standardized              ? ", standardized"
                                           : " --no-standardize";
}

static mer_status compare_pooling(const mer__layer_pool *before, const mer__layer_pool *now,
                                  const char *folder, bool keeps_head, const mer_monitor *monitor,
                                  mer_error *err) {
  const bool same = before->kind == now->kind && before->sum == now->sum &&
                    before->standardized == now->standardized;
  if (keeps_head && !same)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: was trained with --pool %s --layers %s%s; its head can be kept only so",
                     folder, mer__pool_name(before->kind), before->sum ? "sum" : "last",
                     standardize_option(before));
  if (before->kind == MER__POOL_ATTENTION && now->kind != before->kind)
    mer__log(monitor, MER_LOG_WARNING,
             "%s: was trained with --pool attention, which is not used with --pool %s", folder,
             mer__pool_name(now->kind));
  return MER_OK;
}

mer_status mer__trained_pooling_check(const char *folder, const mer__modality *modality,
                                      bool keeps_head, const mer_monitor *monitor, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer__layer_pool before;
  bool found;
  mer_status status;
  MER__CHECK(mer__encoder_config_read(&root, &path, folder, err));
  MER__CHECK(mer__speech_trained_pooling(&before, &found, root, path, err));
  if (found)
    status =
        compare_pooling(&before, mer__speech_pooling(modality), folder, keeps_head, monitor, err);
cleanup:
  json_decref(root);
  mer__free(path);
  return status;
}

mer_status mer__trained_frames_check(const char *folder, const mer__modality *modality,
                                     bool keeps_head, const mer_monitor *monitor, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer_status status = mer__encoder_config_read(&root, &path, folder, err);
  const bool before = json_object_get(mer__config_modality(root, "image"), "frames") != NULL;
  json_decref(root);
  mer__free(path);
  if (status != MER_OK || !before || mer__modality_attends(modality)) return status;
  if (keeps_head)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: was trained with --frames attention; its head can be kept only so",
                     folder);
  mer__log(monitor, MER_LOG_WARNING,
           "%s: was trained with --frames attention, which is not used with --frames mean", folder);
  return MER_OK;
}
