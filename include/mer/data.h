/* mer/data.h: labelled utterances of MELD's layout or a manifest, and their features.
 * Experimental: any release may change this header (mer/experimental.h). */
#ifndef MER_DATA_H
#define MER_DATA_H

#include "mer/base.h"
#include "mer/media.h"
#include "mer/model.h"
#include "mer/speech.h"
#include "mer/text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MER_N_EMOTIONS 7
/** MELD's emotions in MELD's order, the default labels; NULL if out of range. */
MER_API const char *mer_emotion_name(int32_t index);

/** Most labels of a data set or a model. */
#define MER_MAX_LABELS 64

typedef enum mer_split { MER_SPLIT_TRAIN, MER_SPLIT_DEV, MER_SPLIT_TEST, MER_N_SPLITS } mer_split;

/** "train", "dev" or "test". */
MER_API const char *mer_split_name(mer_split split);

/** One row. Strings are borrowed from the data set; NULL means that the row has none. */
typedef struct mer_utterance {
  const char *id; /* "dia0_utt3" in MELD's layout; else the clip's name, or "row <row>" */
  mer_split split;
  const char *text, *audio, *video, *image; /* media: paths that can be opened as they are */
  const char *speaker;
  int32_t label;               /* index into the labels; -1: none, where none is needed */
  int64_t dialogue, utterance; /* -1: none. Where a manifest's dialogues have names, a dialogue is
                                  the index of the first row that names it */
  double start_s, end_s;       /* NaN: none */
  const char *start, *end;     /* the same as the table has them */
  int64_t line;                /* where the row begins in its CSV file, from 1 */
  int64_t row;       /* index of the row in its CSV file, from 0: its row in a .npy file for that */
  int64_t split_row; /* index among the rows of its split, also those that are left out: its row in
                        a .npy file for the split */
  const float *targets; /* of MER_TARGET_LABELS [n_labels]: 1 for each label of the row, else 0; of
                           MER_TARGET_VALUES its values; of MER_TARGET_LABEL with soft labels their
                           shares; NULL: of MER_TARGET_LABEL else, or unknown */
  int32_t set;          /* index of its data set among those that are joined, else 0 */
} mer_utterance;

typedef struct mer_dataset_options {
  size_t size;               /* of this struct; set by mer_dataset_options_init */
  const char *const *labels; /* names in the order of their indices, without the blanks round them;
                                none empty, none twice in any case of letters; default MELD's */
  int32_t n_labels;          /* 1 to MER_MAX_LABELS */
  const char *media_folder;  /* where the clips of MELD's layout lie, all together or in the three
                                usual folders; NULL: the three beside the tables. With a manifest
                                MER_STATUS_INVALID */
  bool need_labels; /* a row without a label, or with an unknown one, is an error, and so is a
                       manifest without a split column; default true. If false, rows without a
                       known label have -1, and a manifest without splits is all MER_SPLIT_TEST */
  const mer_monitor *monitor; /* NULL, or one that is told, once each, of clips that rows of several
                                 splits share, of rows of a split with the same dialogue and
                                 utterance, of rows of several labels that are left out, and of a
                                 delimiter other than a comma */
  mer_target target; /* what a row has: one label (default); several, joined by '|', or none, where
                        the cell is empty; or values, numbers in columns that have the names of the
                        labels */
  bool soft_labels;  /* of MER_TARGET_LABEL: a row of the training split has as targets, beside its
                        label, the shares of the labels in its votes, numbers in columns
                        `votes_<label>`; one without a vote for any label has its label. Default
                        false */
} mer_dataset_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_dataset_options_init(mer_dataset_options *options, size_t size);

/** What can be told of the options without data: MER_STATUS_INVALID or MER_STATUS_LIMIT (labels);
 * MER_STATUS_NO_MEMORY. mer_dataset_open asks it too. */
MER_API mer_status mer_dataset_options_check(const mer_dataset_options *options, mer_error *err);

typedef struct mer_dataset mer_dataset;

/** Opens `path`: a folder in MELD's layout (any of its three tables may be absent; tables and
 * folders of clips may lie one folder deeper), a folder with manifest.csv or manifest.jsonl, or a
 * manifest's file, CSV or JSON lines. Reads the tables and the names in the clips' folders only; a
 * clip that is not there shows when it is decoded. An empty cell is NULL. Labels and splits (also
 * val, valid, validation) are known in any case of letters. CSV: encodings
 * as mer_text_read, CRLF or LF, quoted newlines. Of MER_TARGET_LABEL, rows of several known labels
 * are left out where labels are needed.
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT (missing column, unknown label or split,
 * not a number, no rows; the message has file and line), MER_STATUS_LIMIT (too many labels, too
 * large tables), MER_STATUS_INVALID (options). `options` may be NULL. */
MER_API mer_status mer_dataset_open(mer_dataset **out, const char *path,
                                    const mer_dataset_options *options, mer_error *err);
/** Most data sets that are joined. */
#define MER_MAX_DATASETS 64

/** Opens several data sets with the same labels as one, whose splits are theirs one after the
 * other, in the order of `paths` [n_paths]. A row's id begins with the number of its set, from 1,
 * and a colon; dialogues of different sets have different numbers; the digest is that of all
 * digests. Such a data set has no precomputed features. Statuses as mer_dataset_open;
 * MER_STATUS_INVALID: no path, or a media_folder for several sets of MELD's layout;
 * MER_STATUS_LIMIT: over MER_MAX_DATASETS. One path is opened as mer_dataset_open does. */
MER_API mer_status mer_dataset_open_several(mer_dataset **out, const char *const *paths,
                                            int32_t n_paths, const mer_dataset_options *options,
                                            mer_error *err);
/** Accepts NULL. */
MER_API void mer_dataset_close(mer_dataset *dataset);

MER_API mer_target mer_dataset_target(const mer_dataset *dataset);
/** Labels, or the names of the values. */
MER_API int32_t mer_dataset_n_labels(const mer_dataset *dataset);
MER_API const char *mer_dataset_label(const mer_dataset *dataset, int32_t index);
/** Rows of one split, in the order of the file; borrowed. */
MER_API const mer_utterance *mer_dataset_rows(const mer_dataset *dataset, mer_split split,
                                              int64_t *n_rows);
/** Digest of the tables' bytes, one after the other (SHA-256, hexadecimal), borrowed. */
MER_API const char *mer_dataset_digest(const mer_dataset *dataset);

/** The name of a published corpus that can be imported ("ravdess", ..); NULL after the last. */
MER_API const char *mer_corpus_name(int32_t index);

/** Most labels of a corpus. */
#define MER_IMPORT_MAX_LABELS 32

/** A label of a corpus, and what became of it. */
typedef struct mer_import_label {
  const char *name;             /* the publishers' */
  const char *label;            /* in the manifest; NULL: left out */
  int64_t n_rows[MER_N_SPLITS]; /* that have it */
} mer_import_label;

/** What an import has found. Strings are static. */
typedef struct mer_import_summary {
  mer_import_label labels[MER_IMPORT_MAX_LABELS];
  int32_t n_labels;
  int64_t n_rows[MER_N_SPLITS]; /* of the manifest */
  int64_t n_bad;                /* files and rows that cannot be used */
  int64_t n_repeated;           /* further files of a recording */
  int64_t n_other;              /* files that are not read */
  int64_t n_left_turns;         /* rows of dialogues without a label in the manifest, left out */
} mer_import_summary;

typedef struct mer_import_options {
  size_t size;                /* of this struct; set by mer_import_options_init */
  bool native_labels;         /* the publishers' labels; default: the seven emotions */
  const char *images_folder;  /* where faces that a table has as numbers are written as images; it
                                 is made if need be. NULL: nowhere */
  const mer_monitor *monitor; /* is told of the first files and rows that cannot be used */
} mer_import_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_import_options_init(mer_import_options *options, size_t size);

/** Writes a manifest of a corpus that lies in `folder` as its publishers lay it out, with fixed
 * splits, by speakers where these are known (docs/data-sets.md). Nothing in the folder is changed;
 * media are not opened. The manifest appears whole or not at all; an image that is there already is
 * kept if it has the same bytes. MER_STATUS_INVALID (no such corpus, a table of faces without a
 * folder for them, an image or a manifest of other bytes that would be replaced), MER_STATUS_FORMAT
 * (no row is left; a table is not what it should be), MER_STATUS_NOT_FOUND, MER_STATUS_LIMIT,
 * MER_STATUS_IO, MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY. `options` may be NULL. */
MER_API mer_status mer_corpus_import(mer_import_summary *summary, const char *manifest,
                                     const char *corpus, const char *folder,
                                     const mer_import_options *options, mer_error *err);

/** State of one row's sound or image (or other precomputed modality). UNDECIDED, 0, is that of a
 * clip that nobody has looked at; EMPTY has no bytes, no sound track, no samples or no picture;
 * SILENT has no sample of 1e-4 or more; OPPOSITE has none because its channels cancel; NOT_FINITE
 * has values that are NaN or infinite and no other of 1e-4 or more; NONE is also a precomputed row
 * of NaN alone; CORRUPT also one in which some values are NaN, infinite or 1e30 and more. LARGE is
 * an image of too many pixels. UNREADABLE is a file that the system does not let be looked into
 * (too many open files, a failing disk, no FFmpeg), FORBIDDEN one that this user has no right to
 * read. A clip of which only some packets cannot be decoded is OK, with a warning. NO_FACE is a
 * video in whose pictures no face is found; NO_DETECTOR one whose faces nothing could find. */
#define MER_CLIP_MAP(X)                          \
  X(UNDECIDED, "not examined")                   \
  X(OK, "usable")                                \
  X(NONE, "no clip named")                       \
  X(MISSING, "missing file")                     \
  X(CORRUPT, "corrupt")                          \
  X(EMPTY, "empty")                              \
  X(SILENT, "silent")                            \
  X(LONG, "too long")                            \
  X(OPPOSITE, "silent mix of opposite channels") \
  X(NOT_FINITE, "not finite")                    \
  X(LARGE, "too large")                          \
  X(UNREADABLE, "cannot be read")                \
  X(NO_FACE, "no face")                          \
  X(NO_DETECTOR, "no face detector")             \
  X(FORBIDDEN, "no permission")

typedef enum mer_clip_state {
#define MER_CLIP_ENUM(name, text) MER_CLIP_##name,
  MER_CLIP_MAP(MER_CLIP_ENUM)
#undef MER_CLIP_ENUM
      MER_N_CLIP_STATES
} mer_clip_state;

/** "corrupt" for MER_CLIP_CORRUPT. */
MER_API const char *mer_clip_state_name(mer_clip_state state);

typedef struct mer_features_load_options {
  size_t size; /* of this struct; set by mer_features_load_options_init */
  mer_feature_options features;
  double max_duration_s;    /* a longer clip is MER_CLIP_LONG; 0: no limit; default 60 */
  const char *cache_folder; /* NULL: $XDG_CACHE_HOME/mer or ~/.cache/mer; "": no cache */
  const char *precomputed;  /* a .npy file whose row i belongs to row i of the CSV file, or a folder
                               with {train,dev,test}.npy, used instead of the clips. NULL: where no
                               clips are named, `<modality>.npy` or `<modality>/{train,dev,test}.npy`
                               beside the tables, if there */
  const mer_monitor *monitor; /* each unusable clip is logged once as a warning, with its path and
                                 fault, in the order of the rows; where any is unusable, one message
                                 counts them. No clips at all: one warning. Progress: "decode", in
                                 clips */
  const char *face_detector; /* the directory of what finds faces in the videos of rows that have no
                                image, for an encoder of images; NULL: such a video is
                                MER_CLIP_NO_DETECTOR */
} mer_features_load_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_features_load_options_init(mer_features_load_options *options, size_t size);

/** The features of one modality for the rows of a split. */
typedef struct mer_features {
  struct mer_feature_values *values; /* see mer_features_row */
  uint8_t *states;                   /* [n_rows] of mer_clip_state */
  int64_t n_rows;
  int64_t width; /* values of a row: coefficients x frames, or a precomputed file's columns; 0: as
                    many as the clip is long */
  bool precomputed;
  int64_t n_cached; /* files whose features came from the cache; a file may serve several rows */
  int64_t counts[MER_N_CLIP_STATES]; /* rows in each state */
} mer_features;

/** Reads or computes the features of the named modality ("audio", or the name of a precomputed one
 * such as "video") for the first `n_rows` of `rows`, decoding each file once, on all threads. A
 * clip at fault is a state, not an error. MER_STATUS_NOT_FOUND: a modality other than "audio" of
 * which there is no .npy file; MER_STATUS_FORMAT: a .npy file that does not fit the rows;
 * MER_STATUS_INVALID: rows of another data set; MER_STATUS_NO_MEMORY; MER_STATUS_IO or, without
 * FFmpeg, MER_STATUS_UNSUPPORTED: a clip is MER_CLIP_UNREADABLE; MER_STATUS_IO: the features cannot
 * be stored (that the cache cannot be written is a warning, not an error); MER_STATUS_INTERRUPTED.
 * `options` may be NULL. */
MER_API mer_status mer_features_load(mer_features *features, const mer_dataset *dataset,
                                     const char *modality, const mer_utterance *rows,
                                     int64_t n_rows, const mer_features_load_options *options,
                                     mer_error *err);
/** The values of a row, borrowed; NULL unless its state is MER_CLIP_OK. `*n_values` (may be NULL)
 * is their number. They lie in a mapped file, so that many rows need not fit into memory. */
MER_API const float *mer_features_row(const mer_features *features, int64_t row, int64_t *n_values);
/** Accepts a zeroed struct. */
MER_API void mer_features_clear(mer_features *features);

/** Features of one file into `out` [rows x frames] by the same path as above, with the cache.
 * `options->features` are those `extractor` was made from; `options` may be NULL for the defaults.
 * Unless the state is MER_CLIP_OK, `out` is zeros and `err` tells the fault; after a failure that
 * is not the clip's (MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED) the state is MER_CLIP_UNDECIDED.
 */
MER_API mer_clip_state mer_features_of_clip(float *out, const mer_feature_extractor *extractor,
                                            const char *path,
                                            const mer_features_load_options *options,
                                            mer_error *err);

/** Features of a sound or video file into `out` [rows x frames], as mer_feature_compute gives them
 * for what mer_audio_decode gives, but in memory that does not grow with the sound. `audio` gets
 * what mer_audio_decode tells of it, without samples. Statuses as of both; MER_STATUS_INVALID: the
 * extractor's n_frames is 0. On failure `out` says nothing. `monitor` (may be NULL) is asked at
 * intervals whether to stop (MER_STATUS_INTERRUPTED), and nothing else. What is damaged in a sound
 * that is used all the same is told in `err` (MER_STATUS_FORMAT), which stays as it is if nothing
 * is. */
MER_API mer_status mer_features_of_file(float *out, mer_audio *audio,
                                        const mer_feature_extractor *extractor, const char *path,
                                        const mer_monitor *monitor, mer_error *err);

/** Utterances of a file that is read as it comes, in constant memory: JSON lines as they are, or
 * the rows of a table (CSV) as JSON objects of the texts in its columns id, text, audio, video,
 * image, dialogue and speaker. What mer_dialogues_request_read takes. */
typedef struct mer_object_file mer_object_file;

typedef enum mer_object_kind {
  MER_OBJECTS_ANY, /* JSON lines if the first thing in it is '{' or '[', else a table */
  MER_OBJECTS_JSON,
  MER_OBJECTS_TABLE,
} mer_object_kind;

/** As mer_line_file_open; `max_bytes` is the most of a line. */
MER_API mer_status mer_object_file_open(mer_object_file **out, const char *path,
                                        mer_object_kind kind, size_t max_bytes, mer_error *err);
/** The next objects, as mer_line_file_next gives lines: `number` is the line where one begins. A
 * row of a table that cannot be used (other fields than the header has, a quote that is not closed
 * within 4 MiB or before the end) has a `fault`, and the others are read. Blank rows are left out,
 * blank lines of JSON are not. Statuses as mer_line_file_next; MER_STATUS_FORMAT: a table without a
 * header, or one without any of the columns, or with a column twice; MER_STATUS_LIMIT. */
MER_API mer_status mer_object_file_next(const mer_line **objects, int *n_objects,
                                        mer_object_file *file, mer_error *err);
/** The path, or "standard input", borrowed: for messages. */
MER_API const char *mer_object_file_name(const mer_object_file *file);
/** Accepts NULL. */
MER_API void mer_object_file_close(mer_object_file *file);

#ifdef __cplusplus
}
#endif
#endif
