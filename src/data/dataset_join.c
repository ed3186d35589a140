/* dataset_join.c: several data sets as one: their splits one after the other, in the order in which
 * they are given. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"

const mer__table *mer__dataset_table_of(const mer_dataset *dataset, const mer_utterance *row) {
  const mer_dataset *part = dataset->n_parts ? dataset->parts[row->set] : dataset;
  return part->splits[row->split].table;
}

/* The number after all that a data set gives to its dialogues; -1: it is too large. */
static int64_t after_dialogues(const mer_dataset *dataset) {
  int64_t most = -1;
  for (int s = 0; s < MER_N_SPLITS; s++)
    for (size_t i = 0; i < dataset->splits[s].n_rows; i++)
      if (dataset->splits[s].rows[i].dialogue > most) most = dataset->splits[s].rows[i].dialogue;
  return most < INT64_MAX ? most + 1 : -1;
}

/* Adds a row of data set `set`: the name says which, and its dialogue is none of another set. */
static mer_status add_row(mer_dataset *joined, const mer_utterance *row, int32_t set,
                          int64_t first_dialogue, mer_error *err) {
  mer_utterance u = *row;
  u.set = set;
  u.id = mer__dataset_format(joined, "%d:%s", (int)set + 1, row->id);
  if (!u.id) return mer__fail_memory(err);
  if (u.dialogue >= 0 && __builtin_add_overflow(u.dialogue, first_dialogue, &u.dialogue))
    return mer__fail(err, MER_STATUS_LIMIT, "%s: too large a number of a dialogue", u.id);
  return mer__dataset_add(joined, &u, true, err);
}

static mer_status add_part(mer_dataset *joined, int32_t set, int64_t *first_dialogue,
                           mer_error *err) {
  const mer_dataset *part = joined->parts[set];
  const int64_t n_dialogues = after_dialogues(part);
  joined->has_audio |= part->has_audio;
  joined->n_several += part->n_several;
  if (!joined->clips_wanted) joined->clips_wanted = part->clips_wanted;
  mer__text_puts(&joined->bytes, part->digest);
  for (int s = 0; s < MER_N_SPLITS; s++)
    for (size_t i = 0; i < part->splits[s].n_rows; i++) {
      mer_status status = add_row(joined, &part->splits[s].rows[i], set, *first_dialogue, err);
      if (status != MER_OK) return status;
    }
  if (n_dialogues < 0 || __builtin_add_overflow(*first_dialogue, n_dialogues, first_dialogue))
    return mer__fail(err, MER_STATUS_LIMIT, "%s: too large a number of a dialogue", part->folder);
  return MER_OK;
}

/* Clips of MELD's layout are found by their numbers, so that two such sets would share them. */
static mer_status check_media(const mer_dataset *joined, const char *media_folder, mer_error *err) {
  const mer_dataset *first = NULL;
  for (int32_t i = 0; i < joined->n_parts; i++) {
    const mer_dataset *part = joined->parts[i];
    if (first && part->is_meld)
      return mer__fail(err, MER_STATUS_INVALID,
                       "%s: a folder of clips belongs to one data set of MELD's layout, not to %s "
                       "and %s",
                       media_folder, first->folder, part->folder);
    if (part->is_meld) first = part;
  }
  if (!first) return mer__dataset_fail_media(media_folder, err);
  return MER_OK;
}

/* Opens the parts and lets `joined` have their rows. */
static mer_status join(mer_dataset *joined, const char *const *paths, int32_t n_paths,
                       const mer_dataset_options *options, mer_error *err) {
  int64_t first_dialogue = 0;
  mer_status status;
  joined->folder = mer__strdup("");
  joined->parts = mer__calloc((size_t)n_paths, sizeof *joined->parts);
  if (!joined->folder || !joined->parts) return mer__fail_memory(err);
  for (int32_t i = 0; i < n_paths; i++) {
    MER__CHECK(mer__dataset_open_quietly(&joined->parts[i], paths[i], options, err));
    joined->n_parts = i + 1;
    MER__CHECK(add_part(joined, i, &first_dialogue, err));
  }
  if (joined->bytes.failed) status = mer__fail_memory(err);
cleanup:
  return status;
}

mer_status mer_dataset_open_several(mer_dataset **out, const char *const *paths, int32_t n_paths,
                                    const mer_dataset_options *options, mer_error *err) {
  mer_dataset_options used;
  mer_dataset *joined;
  mer_status status;
  *out = NULL;
  if (n_paths == 1) return mer_dataset_open(out, paths[0], options, err);
  if (n_paths < 1) return mer__fail(err, MER_STATUS_INVALID, "expected at least one data set");
  if (n_paths > MER_MAX_DATASETS)
    return mer__fail(err, MER_STATUS_LIMIT, "over %d data sets", MER_MAX_DATASETS);
  MER__CHECK(mer__dataset_begin(&joined, &used, options, err));
  MER__CHECK(join(joined, paths, n_paths, options, err));
  if (used.media_folder) MER__CHECK(check_media(joined, used.media_folder, err));
  MER__CHECK(mer__dataset_check(joined, used.monitor, err));
  mer__sha256(joined->digest, joined->bytes.data, joined->bytes.size);
  mer__text_clear(&joined->bytes);
  *out = joined;
  return MER_OK;
cleanup:
  mer_dataset_close(joined);
  return status;
}
