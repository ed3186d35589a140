/* import.c: published corpora as manifests: the table of corpora, and the way of an import. */
#include "data/import.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sized_options.h"
#include "data/dataset.h"

enum { MAX_TOLD = 5 }; /* faults that are told one by one */

static const mer__corpus_label ravdess_labels[] = {
    {"01", "neutral", "neutral", 0}, {"02", "calm", "neutral", 0},
    {"03", "happy", "joy", 0},       {"04", "sad", "sadness", 0},
    {"05", "angry", "anger", 0},     {"06", "fearful", "fear", 0},
    {"07", "disgust", "disgust", 0}, {"08", "surprised", "surprise", 0}};
static const mer__corpus_label tess_labels[] = {
    {"angry", "angry", "anger", 0},       {"disgust", "disgust", "disgust", 0},
    {"fear", "fear", "fear", 0},          {"happy", "happy", "joy", 0},
    {"neutral", "neutral", "neutral", 0}, {"ps", "pleasant surprise", "surprise", 0},
    {"sad", "sad", "sadness", 0}};
static const mer__corpus_label emodb_labels[] = {
    {"W", "anger", "anger", 0},    {"L", "boredom", NULL, 0},    {"E", "disgust", "disgust", 0},
    {"A", "fear", "fear", 0},      {"F", "happiness", "joy", 0}, {"T", "sadness", "sadness", 0},
    {"N", "neutral", "neutral", 0}};
static const mer__corpus_label savee_labels[] = {
    {"a", "anger", "anger", 0},       {"d", "disgust", "disgust", 0},
    {"f", "fear", "fear", 0},         {"h", "happiness", "joy", 0},
    {"n", "neutral", "neutral", 0},   {"sa", "sadness", "sadness", 0},
    {"su", "surprise", "surprise", 0}};
static const mer__corpus_label nemo_labels[] = {
    {"anger", "anger", "anger", 0},       {"fear", "fear", "fear", 0},
    {"happiness", "happiness", "joy", 0}, {"neutral", "neutral", "neutral", 0},
    {"sadness", "sadness", "sadness", 0}, {"surprised", "surprised", "surprise", 0}};
static const mer__corpus_label urdu_labels[] = {{"A", "angry", "anger", 0},
                                                {"H", "happy", "joy", 0},
                                                {"N", "neutral", "neutral", 0},
                                                {"S", "sad", "sadness", 0}};
static const mer__corpus_label cremad_labels[] = {
    {"ANG", "anger", "anger", 0}, {"DIS", "disgust", "disgust", 0}, {"FEA", "fear", "fear", 0},
    {"HAP", "happy", "joy", 0},   {"NEU", "neutral", "neutral", 0}, {"SAD", "sad", "sadness", 0}};
/* In the order of their numbers in the table of pixels; the names of folders. */
static const mer__corpus_label fer2013_labels[] = {
    {"angry", "angry", "anger", 0},      {"disgust", "disgust", "disgust", 0},
    {"fear", "fear", "fear", 0},         {"happy", "happy", "joy", 0},
    {"sad", "sad", "sadness", 0},        {"surprise", "surprise", "surprise", 0},
    {"neutral", "neutral", "neutral", 0}};
/* The first ten are columns of votes. */
static const mer__corpus_label ferplus_labels[] = {{"neutral", "neutral", "neutral", 0},
                                                   {"happiness", "happiness", "joy", 0},
                                                   {"surprise", "surprise", "surprise", 0},
                                                   {"sadness", "sadness", "sadness", 0},
                                                   {"anger", "anger", "anger", 0},
                                                   {"disgust", "disgust", "disgust", 0},
                                                   {"fear", "fear", "fear", 0},
                                                   {"contempt", "contempt", NULL, 0},
                                                   {"unknown", "unknown", NULL, 1},
                                                   {"NF", "NF", NULL, 1},
                                                   {"", "as many votes for two", NULL, 1}};
static const mer__corpus_label ck48_labels[] = {
    {"anger", "anger", "anger", 0},         {"contempt", "contempt", NULL, 0},
    {"disgust", "disgust", "disgust", 0},   {"fear", "fear", "fear", 0},
    {"happy", "happy", "joy", 0},           {"sadness", "sadness", "sadness", 0},
    {"surprise", "surprise", "surprise", 0}};
/* In the order of their numbers; the emotions are those of the publishers' Ekman mapping. */
static const mer__corpus_label goemotions_labels[] = {{"", "admiration", "joy", 0},
                                                      {"", "amusement", "joy", 0},
                                                      {"", "anger", "anger", 0},
                                                      {"", "annoyance", "anger", 0},
                                                      {"", "approval", "joy", 0},
                                                      {"", "caring", "joy", 0},
                                                      {"", "confusion", "surprise", 0},
                                                      {"", "curiosity", "surprise", 0},
                                                      {"", "desire", "joy", 0},
                                                      {"", "disappointment", "sadness", 0},
                                                      {"", "disapproval", "anger", 0},
                                                      {"", "disgust", "disgust", 0},
                                                      {"", "embarrassment", "sadness", 0},
                                                      {"", "excitement", "joy", 0},
                                                      {"", "fear", "fear", 0},
                                                      {"", "gratitude", "joy", 0},
                                                      {"", "grief", "sadness", 0},
                                                      {"", "joy", "joy", 0},
                                                      {"", "love", "joy", 0},
                                                      {"", "nervousness", "fear", 0},
                                                      {"", "optimism", "joy", 0},
                                                      {"", "pride", "joy", 0},
                                                      {"", "realization", "surprise", 0},
                                                      {"", "relief", "joy", 0},
                                                      {"", "remorse", "sadness", 0},
                                                      {"", "sadness", "sadness", 0},
                                                      {"", "surprise", "surprise", 0},
                                                      {"", "neutral", "neutral", 0}};
static const mer__corpus_label emorynlp_labels[] = {
    {"joyful", "joyful", "joy", 0},       {"mad", "mad", "anger", 0},
    {"neutral", "neutral", "neutral", 0}, {"peaceful", "peaceful", NULL, 0},
    {"powerful", "powerful", NULL, 0},    {"sad", "sad", "sadness", 0},
    {"scared", "scared", "fear", 0}};
/* By the sign of the value; the usual two classes count zero as positive. */
static const mer__corpus_label mosi_labels[] = {{"-", "negative", "negative", 0},
                                                {"0", "neutral", "positive", 0},
                                                {"+", "positive", "positive", 0}};
static const mer__corpus_label emovo_labels[] = {
    {"dis", "disgust", "disgust", 0}, {"gio", "joy", "joy", 0},
    {"neu", "neutral", "neutral", 0}, {"pau", "fear", "fear", 0},
    {"rab", "anger", "anger", 0},     {"sor", "surprise", "surprise", 0},
    {"tri", "sadness", "sadness", 0}};

#define LABELS(name) name##_labels, sizeof name##_labels / sizeof *name##_labels

static const mer__corpus corpora[] = {
    {"ravdess", "03-01-05-01-02-01-12.wav", LABELS(ravdess), mer__name_ravdess, NULL,
     "actor17 actor18 actor19 actor20", "actor21 actor22 actor23 actor24", false, false},
    {"tess", "OAF_back_angry.wav", LABELS(tess), mer__name_tess, NULL, "", "YAF", false, false},
    {"emodb", "03a01Fa.wav", LABELS(emodb), mer__name_emodb, NULL, "12 14", "15 16", false, false},
    {"savee", "DC/a01.wav or DC_a01.wav", LABELS(savee), mer__name_savee, NULL, "JK", "KL", false,
     false},
    {"nemo", "EB0_anger_12.wav", LABELS(nemo), mer__name_nemo, mer__import_nemo, "TP0", "MK0 WR0",
     false, false},
    {"urdu", "SM1_F10_A010.wav", LABELS(urdu), mer__name_urdu, NULL, "SM3 SM6 SM23",
     "SF1 SF7 SM1 SM20 SM21 SM24", false, false},
    {"cremad", "1001_DFA_ANG_XX.wav", LABELS(cremad), mer__name_cremad, NULL, NULL, NULL, false,
     false},
    {"fer2013", "train/angry/Training_3908.jpg, or fer2013.csv", LABELS(fer2013), mer__name_fer2013,
     mer__import_fer2013, NULL, NULL, true, false},
    {"ferplus", "fer2013new.csv", LABELS(ferplus), NULL, mer__import_ferplus, NULL, NULL, true,
     true},
    {"ck48", "anger/S010_004_00000017.png", LABELS(ck48), mer__name_ck48, NULL, NULL, NULL, true,
     false},
    {"goemotions", "train.tsv", LABELS(goemotions), NULL, mer__import_goemotions, NULL, NULL, false,
     false},
    {"emorynlp", "emotion-detection-trn.json or emorynlp_train_final.csv", LABELS(emorynlp), NULL,
     mer__import_emorynlp, NULL, NULL, false, false},
    {"mosi", "label.csv", LABELS(mosi), NULL, mer__import_mosi, NULL, NULL, false, false},
    {"emovo", "dis-f1-b1.wav", LABELS(emovo), mer__name_emovo, NULL, "f2", "f3 m3", false, false},
};
enum { N_CORPORA = sizeof corpora / sizeof *corpora };

static const mer_import_options default_options = {.size = sizeof default_options};

void mer_import_options_init(mer_import_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

const char *mer_corpus_name(int32_t index) {
  return index >= 0 && index < N_CORPORA ? corpora[index].name : NULL;
}

const mer__corpus *mer__corpus_find(const char *name) {
  for (int i = 0; i < N_CORPORA; i++)
    if (strcmp(corpora[i].name, name) == 0) return &corpora[i];
  return NULL;
}

int mer__corpus_label_find(const mer__corpus *corpus, const char *code, size_t size) {
  for (int i = 0; i < corpus->n_labels; i++)
    if (size && strlen(corpus->labels[i].code) == size &&
        strncasecmp(corpus->labels[i].code, code, size) == 0)
      return i;
  return -1;
}

const char *mer__import_format(mer__import *import, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = mer__arena_format(&import->strings, format, args);
  va_end(args);
  return text;
}

mer_status mer__import_find(char **path, const mer__import *import, const char *name,
                            mer_error *err) {
  mer_status status = mer__dataset_find(path, import->folder, name, false, err);
  if (status != MER_OK || *path) return status;
  return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: no file %s in this folder or in one in it",
                   import->folder, name);
}

mer_status mer__import_add(mer__import *import, const mer__import_row *row, mer_error *err) {
  if (mer__grow(&import->rows, &import->capacity, import->n_rows + 1, sizeof *row) != 0)
    return mer__fail_memory(err);
  import->rows[import->n_rows++] = *row;
  return MER_OK;
}

void mer__import_fault(mer__import *import, const char *format, ...) {
  char message[512];
  if (++import->summary->n_bad > MAX_TOLD) return;
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  mer__log(import->options.monitor, MER_LOG_WARNING, "%s", message);
}

mer_status mer__import_go_on(const mer__import *import, const char *path, mer_error *err) {
  if (!mer__should_stop(import->options.monitor)) return MER_OK;
  return mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted", path);
}

/* Counts what the rows have, and tells what was not told. */
static mer_status count(const mer__import *import, mer_error *err) {
  mer_import_summary *s = import->summary;
  const mer__corpus *corpus = import->corpus;
  int64_t n_rows = 0;
  if (s->n_bad > MAX_TOLD)
    mer__log(import->options.monitor, MER_LOG_WARNING,
             "files or rows that cannot be used, beside these: %lld",
             (long long)(s->n_bad - MAX_TOLD));
  for (size_t i = 0; i < import->n_rows; i++) {
    const mer__import_row *row = &import->rows[i];
    bool kept = false;
    for (int k = 0; k < corpus->n_labels; k++) {
      const bool has = row->labels >> k & 1;
      s->labels[k].n_rows[row->split] += has;
      kept |= has && s->labels[k].label;
    }
    s->n_rows[row->split] += kept;
    s->n_left_turns += row->dialogue && !kept;
    n_rows += kept;
  }
  if (n_rows) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: nothing of %s that can be used in this folder: expected %s", import->folder,
                   corpus->name, corpus->expected);
}

static mer_status begin(mer__import *import, mer_error *err) {
  mer_import_summary *s = import->summary;
  const mer__corpus *corpus = import->corpus;
  _Static_assert(sizeof goemotions_labels / sizeof *goemotions_labels <= MER_IMPORT_MAX_LABELS, "");
  for (int i = 0; i < corpus->n_labels; i++) {
    const mer__corpus_label *label = &corpus->labels[i];
    s->labels[i].name = label->name;
    s->labels[i].label = label->never                    ? NULL
                         : import->options.native_labels ? label->name
                                                         : label->emotion;
  }
  s->n_labels = corpus->n_labels;
  if (!mer__path_is_folder(import->folder))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: no such folder", import->folder);
  return MER_OK;
}

mer_status mer_corpus_import(mer_import_summary *summary, const char *manifest, const char *corpus,
                             const char *folder, const mer_import_options *options,
                             mer_error *err) {
  *summary = (mer_import_summary){0};
  mer__import import = {.corpus = mer__corpus_find(corpus),
                        .folder = folder,
                        .options = default_options,
                        .summary = summary};
  mer_status status;
  MER__CHECK(mer__options_read(&import.options, sizeof import.options, options,
                               "mer_import_options", err));
  if (!import.corpus)
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "'%.60s' is not a corpus that is known", corpus));
  MER__CHECK(begin(&import, err));
  MER__CHECK(import.corpus->read ? import.corpus->read(&import, err)
                                 : mer__import_files(&import, err));
  MER__CHECK(count(&import, err));
  MER__CHECK(mer__import_write(&import, manifest, err));
cleanup:
  mer__free(import.rows);
  mer__arena_clear(&import.strings);
  return status;
}
