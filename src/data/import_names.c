/* import_names.c: what the names of files say, one function for each corpus, as its publishers
 * describe them. */
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/format.h"
#include "data/import.h"

/* The name without its ending. */
static size_t stem_size(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot ? (size_t)(dot - name) : strlen(name);
}

/* Whether a name begins as `pattern`: # is a digit, A and a are letters, others are themselves. */
static bool fits(const char *name, const char *pattern) {
  for (; *pattern; name++, pattern++) {
    const char c = *name;
    const bool good = *pattern == '#'   ? c >= '0' && c <= '9'
                      : *pattern == 'A' ? c >= 'A' && c <= 'Z'
                      : *pattern == 'a' ? c >= 'a' && c <= 'z'
                                        : c == *pattern;
    if (!good) return false;
  }
  return true;
}

/* Whether it fits up to its ending. */
static bool fits_whole(const char *name, const char *pattern) {
  return stem_size(name) == strlen(pattern) && fits(name, pattern);
}

static int two_digits(const char *text) { return (text[0] - '0') * 10 + text[1] - '0'; }

/* The name of the folder `above` folders above a file's own; its length is 0 if there is none. */
static const char *folder_name(size_t *size, const char *path, int above) {
  const char *end = strrchr(path, '/');
  for (*size = 0; end; above--) {
    const char *begin = end;
    while (begin > path && begin[-1] != '/') begin--;
    *size = (size_t)(end - begin);
    if (above == 0) return begin;
    end = begin > path ? begin - 1 : NULL;
    *size = 0;
  }
  return path;
}

static mer__name_kind with_label(mer__file_name *out, const mer__corpus *corpus, const char *code,
                                 size_t size) {
  out->label = mer__corpus_label_find(corpus, code, size);
  return out->label < 0 ? MER__NAME_BAD : MER__NAME_GOOD;
}

static void set_speaker(mer__file_name *out, const char *name, size_t size) {
  mer__format(out->speaker, sizeof out->speaker, "%.*s", (int)size, name);
}

/* 03-01-05-01-02-01-12: modality, speech or song, emotion, intensity, sentence, repetition, actor.
 * Songs, and videos without sound, are other files. */
mer__name_kind mer__name_ravdess(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  if (!fits_whole(name, "##-##-##-##-##-##-##")) return MER__NAME_BAD;
  const int modality = two_digits(name), channel = two_digits(name + 3),
            actor = two_digits(name + 18);
  if (modality < 1 || modality > 3 || channel < 1 || channel > 2 || actor < 1 || actor > 24)
    return MER__NAME_BAD;
  if (modality == 2 || channel == 2) return MER__NAME_OTHER;
  mer__format(out->speaker, sizeof out->speaker, "actor%02d", actor);
  return with_label(out, corpus, name + 6, 2);
}

/* OAF_back_angry: speaker, word, emotion. One file of the publishers begins with OA_. */
mer__name_kind mer__name_tess(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  const size_t size = stem_size(name);
  const bool young = fits(name, "YAF_"), old = fits(name, "OAF_") || fits(name, "OA_");
  size_t begin = size;
  while (begin && name[begin - 1] != '_') begin--;
  if ((!young && !old) || begin < 6) return MER__NAME_BAD;
  set_speaker(out, young ? "YAF" : "OAF", 3);
  return with_label(out, corpus, name + begin, size - begin);
}

/* 03a01Fa: speaker, sentence, emotion, version. */
mer__name_kind mer__name_emodb(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  if (!fits_whole(name, "##a##Aa") && !fits_whole(name, "##a##A")) return MER__NAME_BAD;
  set_speaker(out, name, 2);
  return with_label(out, corpus, name + 5, 1);
}

/* DC/a01 or DC_a01: speaker, emotion of one or two letters, number. */
mer__name_kind mer__name_savee(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path), *speaker = name;
  size_t size = 2;
  if (fits(name, "AA_")) name += 3;
  else speaker = folder_name(&size, path, 0);
  if (size != 2 || !fits(speaker, "AA")) return MER__NAME_BAD;
  const size_t letters = fits(name, "aa") ? 2 : 1;
  if (!fits_whole(name, letters == 2 ? "aa##" : "a##")) return MER__NAME_BAD;
  set_speaker(out, speaker, 2);
  return with_label(out, corpus, name, letters);
}

/* EB0_anger_12: speaker, emotion, sentence. */
mer__name_kind mer__name_nemo(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  if (!fits(name, "AA#_")) return MER__NAME_BAD;
  const size_t letters = strcspn(name + 4, "_");
  if (!fits(name + 4 + letters, "_#")) return MER__NAME_BAD;
  set_speaker(out, name, 3);
  return with_label(out, corpus, name + 4, letters);
}

/* SM1_F10_A010: speaker (M or F and a number), file, emotion with a number. */
mer__name_kind mer__name_urdu(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  const size_t speaker = strcspn(name, "_");
  if (!fits(name, "SA#") || speaker > 5 || !fits(name + speaker, "_F#")) return MER__NAME_BAD;
  const char *second = strchr(name + speaker + 1, '_');
  if (!second || !fits(second, "_A#")) return MER__NAME_BAD;
  set_speaker(out, name, speaker);
  return with_label(out, corpus, second + 1, 1);
}

/* The levels of CREMA-D. One file of the publishers ends in X. */
static bool is_level(const char *name, size_t size) {
  static const char *const levels[] = {"LO", "MD", "HI", "XX", "X"};
  bool found = false;
  for (size_t i = 0; i < sizeof levels / sizeof *levels && !found; i++)
    found = strlen(levels[i]) == size && strncmp(name, levels[i], size) == 0;
  return found;
}

/* 1001_DFA_ANG_XX: actor, sentence, emotion, level. */
mer__name_kind mer__name_cremad(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  if (!fits(name, "####_AAA_AAA_") || !is_level(name + 13, stem_size(name) - 13))
    return MER__NAME_BAD;
  set_speaker(out, name, 4);
  if (strcmp(out->speaker, "1001") < 0 || strcmp(out->speaker, "1091") > 0) return MER__NAME_BAD;
  out->split = strcmp(out->speaker, "1078") >= 0   ? MER_SPLIT_TEST
               : strcmp(out->speaker, "1065") >= 0 ? MER_SPLIT_DEV
                                                   : MER_SPLIT_TRAIN;
  return with_label(out, corpus, name + 9, 3);
}

/* train/angry/Training_3908: the folder is the emotion; the beginning of the name is the split of
 * the challenge, else the folder above is. */
mer__name_kind mer__name_fer2013(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  static const struct {
    const char *name;
    mer_split split;
  } splits[] = {{"Training_", MER_SPLIT_TRAIN},   {"PublicTest_", MER_SPLIT_DEV},
                {"PrivateTest_", MER_SPLIT_TEST}, {"train", MER_SPLIT_TRAIN},
                {"val", MER_SPLIT_DEV},           {"validation", MER_SPLIT_DEV},
                {"test", MER_SPLIT_TEST}};
  const char *name = mer__path_name(path);
  size_t label_size, split_size;
  const char *label = folder_name(&label_size, path, 0);
  const char *split = folder_name(&split_size, path, 1);
  for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
    const size_t size = strlen(splits[i].name);
    const bool found = i < 3 ? strncmp(name, splits[i].name, size) == 0
                             : size == split_size && strncasecmp(split, splits[i].name, size) == 0;
    out->split = splits[i].split;
    if (found) return with_label(out, corpus, label, label_size);
  }
  return MER__NAME_BAD;
}

/* anger/S010_004_00000017: the folder is the emotion; subject, session, frame. */
mer__name_kind mer__name_ck48(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  const char *name = mer__path_name(path);
  size_t size;
  const char *label = folder_name(&size, path, 0);
  if (!fits(name, "S###_###_#")) return MER__NAME_BAD;
  set_speaker(out, name, 4);
  out->split = name[3] >= '8' ? MER_SPLIT_TEST : name[3] >= '6' ? MER_SPLIT_DEV : MER_SPLIT_TRAIN;
  return with_label(out, corpus, label, size);
}

/* dis-f1-b1: emotion, speaker (woman or man), sentence: b, l, n and d are short, long, nonsense and
 * questions (Costantini et al., "EMOVO Corpus", LREC 2014). */
mer__name_kind mer__name_emovo(mer__file_name *out, const mer__corpus *corpus, const char *path) {
  static const char speakers[] = "f1 f2 f3 m1 m2 m3",
                    sentences[] = "b1 b2 b3 l1 l2 l3 l4 n1 n2 n3 n4 n5 d1 d2";
  const char *name = mer__path_name(path);
  if (!fits_whole(name, "aaa-a#-a#")) return MER__NAME_BAD;
  const char speaker[] = {name[4], name[5], 0}, sentence[] = {name[7], name[8], 0};
  if (!strstr(speakers, speaker) || !strstr(sentences, sentence)) return MER__NAME_BAD;
  set_speaker(out, speaker, 2);
  return with_label(out, corpus, name, 3);
}
