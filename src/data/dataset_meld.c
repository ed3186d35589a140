/* dataset_meld.c: MELD's layout: {train,dev,test}_sent_emo.csv and clips dia<n>_utt<n>. Tables and
 * folders of clips may lie one folder deeper, as they do where MELD's archives were unpacked.
 * Source: github.com/declare-lab/MELD, README and data/MELD. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "data/cells.h"
#include "data/clip_folder.h"
#include "data/dataset.h"

static const char *const table_names[MER_N_SPLITS] = {"train_sent_emo.csv", "dev_sent_emo.csv",
                                                      "test_sent_emo.csv"};
static const char *const clip_folders[MER_N_SPLITS] = {"train_splits", "dev_splits_complete",
                                                       "output_repeated_splits_test"};

const char *mer__meld_table(mer_split split) { return table_names[split]; }

/* Where the clips of each split are. */
typedef struct clip_set {
  mer__clip_folder split[MER_N_SPLITS]; /* the usual three, those that are there */
  mer__clip_folder media;               /* the folder that was given, for the splits without one */
  bool found;                           /* any folder is there */
} clip_set;

typedef struct columns {
  int text, speaker, dialogue, utterance, start, end;
  mer__target_columns targets;
} columns;

static void clear_clips(clip_set *c) {
  for (int s = 0; s < MER_N_SPLITS; s++) mer__clip_folder_clear(&c->split[s]);
  mer__clip_folder_clear(&c->media);
}

static mer_status list_split(clip_set *c, mer_split split, const char *base, mer_error *err) {
  char *path;
  mer_status status = mer__dataset_find(&path, base, clip_folders[split], true, err);
  if (status != MER_OK || !path) return status;
  c->found = true;
  status = mer__clip_folder_list(&c->split[split], path, err);
  mer__free(path);
  return status;
}

static mer_status list_clips(clip_set *c, mer_dataset *dataset, const char *media_folder,
                             mer_error *err) {
  mer_status status = MER_OK;
  const char *base = media_folder ? media_folder : dataset->folder;
  if (media_folder && !mer__path_is_folder(media_folder))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: no such folder of clips", media_folder);
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS && status == MER_OK; s++)
    status = list_split(c, s, base, err);
  if (status != MER_OK) return status;
  if (media_folder) {
    c->found = true;
    return mer__clip_folder_list(&c->media, media_folder, err);
  }
  if (c->found) return MER_OK;
  dataset->clips_wanted =
      mer__dataset_format(dataset, "there is no folder %s, %s or %s in %s or a folder in it",
                          clip_folders[0], clip_folders[1], clip_folders[2], dataset->folder);
  return dataset->clips_wanted ? MER_OK : mer__fail_memory(err);
}

static mer_status find_columns(columns *c, const mer_dataset *dataset, const mer__table *table,
                               mer_error *err) {
  mer_status status;
  MER__CHECK(mer__dataset_column(&c->text, table, "Utterance", err));
  MER__CHECK(mer__dataset_column(&c->dialogue, table, "Dialogue_ID", err));
  MER__CHECK(mer__dataset_column(&c->utterance, table, "Utterance_ID", err));
  MER__CHECK(mer__target_columns_find(&c->targets, dataset, table, "Emotion", err));
  c->speaker = mer__table_column(table, "Speaker");
  c->start = mer__table_column(table, "StartTime");
  c->end = mer__table_column(table, "EndTime");
cleanup:
  return status;
}

/* The path of a row's clip; if it is not there, where it was expected. */
static mer_status find_clip(mer_utterance *u, mer_dataset *dataset, const clip_set *c,
                            mer_error *err) {
  const mer__clip_folder *folder = c->split[u->split].path ? &c->split[u->split] : &c->media;
  if (!c->found) return MER_OK;
  if (!folder->path) {
    u->audio = mer__dataset_format(dataset, "%s/%s/%s.mp4", dataset->folder, clip_folders[u->split],
                                   u->id);
    return u->audio ? MER_OK : mer__fail_memory(err);
  }
  const char *sound = mer__clip_folder_find(folder, u->dialogue, u->utterance, false);
  const char *video = mer__clip_folder_find(folder, u->dialogue, u->utterance, true);
  mer_status status = mer__dataset_path(&u->video, dataset, folder->path, video, err);
  if (status != MER_OK) return status;
  if (sound) return mer__dataset_path(&u->audio, dataset, folder->path, sound, err);
  u->audio = mer__dataset_format(dataset, "%s/%s.%s", folder->path, u->id,
                                 mer__clip_folder_ending(folder));
  return u->audio ? MER_OK : mer__fail_memory(err);
}

static mer_status read_number(int64_t *value, const mer__table *table, int64_t row, int column,
                              const char *what, mer_error *err) {
  const char *text = mer__table_cell(table, row, column);
  if (mer__cell_integer(value, text)) return MER_OK;
  return mer__dataset_fail(table, row, what, text, "a whole number", err);
}

static mer_status read_row(mer_dataset *dataset, const clip_set *clips, const columns *c,
                           mer_split split, int64_t row, mer_error *err) {
  const mer__table *table = &dataset->tables[split];
  mer_status status;
  mer_utterance u = {.split = split,
                     .text = mer__table_cell(table, row, c->text),
                     .speaker = mer__table_cell(table, row, c->speaker),
                     .start = mer__table_cell(table, row, c->start),
                     .end = mer__table_cell(table, row, c->end),
                     .line = mer__table_line(table, row),
                     .row = row};
  u.start_s = mer__cell_time(u.start);
  u.end_s = mer__cell_time(u.end);
  bool kept;
  MER__CHECK(mer__target_read(&u, &kept, dataset, table, &c->targets, err));
  MER__CHECK(read_number(&u.dialogue, table, row, c->dialogue, "Dialogue_ID", err));
  MER__CHECK(read_number(&u.utterance, table, row, c->utterance, "Utterance_ID", err));
  u.id = mer__dataset_format(dataset, "dia%lld_utt%lld", (long long)u.dialogue,
                             (long long)u.utterance);
  if (!u.id) return mer__fail_memory(err);
  MER__CHECK(find_clip(&u, dataset, clips, err));
  MER__CHECK(mer__dataset_add(dataset, &u, kept, err));
cleanup:
  return status;
}

static mer_status read_split(mer_dataset *dataset, const clip_set *clips, mer_split split,
                             mer_error *err) {
  mer__table *table = &dataset->tables[split];
  columns c;
  char *path;
  mer_status status = mer__dataset_find(&path, dataset->folder, table_names[split], false, err);
  if (status != MER_OK || !path) return status; /* a split may be absent */
  MER__CHECK(mer__table_read(table, &dataset->bytes, path, NULL, 0, err));
  MER__CHECK(find_columns(&c, dataset, table, err));
  dataset->splits[split].table = table;
  for (int64_t row = 0; row < table->n_rows; row++)
    MER__CHECK(read_row(dataset, clips, &c, split, row, err));
cleanup:
  mer__free(path);
  return status;
}

mer_status mer__meld_load(mer_dataset *dataset, const mer_dataset_options *options,
                          mer_error *err) {
  clip_set clips = {0};
  mer_status status;
  dataset->is_meld = true;
  MER__CHECK(list_clips(&clips, dataset, options->media_folder, err));
  dataset->has_audio = clips.found;
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS; s++)
    MER__CHECK(read_split(dataset, &clips, s, err));
cleanup:
  clear_clips(&clips);
  return status;
}
