/* label_map.c: reads "happy=joy,calm=" and joins scores by it. */
#include "model/label_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/utf8.h"

static const char blanks[] = " \t\r";
static const float no_score = -1e30f;

/* A name in a text; data NULL: none is given. */
typedef struct name {
  const char *data;
  size_t size;
} name;

/* A map while it is made. */
typedef struct making {
  mer__label_map *map;
  const char *const *from;
  name to[MER__MAX_LABELS]; /* what the text says of each label of the model; of size 0: dropped */
  bool fixed;               /* the labels of the answer are given */
} making;

/* Names for a message, of which a long one is cut; those that do not fit are counted. */
typedef struct list {
  char text[400];
  int n_more;
} list;

static void list_add(list *l, const char *label) {
  enum { MOST = 60 }; /* bytes of a name */
  const size_t used = strlen(l->text), left = sizeof l->text - used;
  const bool is_cut = strlen(label) > MOST;
  const int n = is_cut ? (int)mer__utf8_valid((const uint8_t *)label, MOST) : MOST;
  const int size =
      snprintf(l->text + used, left, "%s%.*s%s", used ? ", " : "", n, label, is_cut ? ".." : "");
  if (size >= 0 && (size_t)size < left) return;
  l->text[used] = 0;
  l->n_more++;
}

/* Without the blanks round it. */
static name trim(const char *data, size_t size) {
  while (size && strchr(blanks, *data)) data++, size--;
  while (size && strchr(blanks, data[size - 1])) size--;
  return (name){data, size};
}

int32_t mer__label_find(const char *const *labels, int32_t n_labels, const char *text,
                        size_t size) {
  for (int32_t i = 0; i < n_labels; i++)
    if (strncasecmp(text, labels[i], size) == 0 && !labels[i][size]) return i;
  return -1;
}

static mer_status read_entry(making *m, name entry, mer_error *err) {
  const char *equals = memchr(entry.data, '=', entry.size);
  if (!equals)
    return mer__fail(err, MER_STATUS_INVALID, "label map: '%.*s': expected MODEL'S=DATA'S",
                     (int)(entry.size < 60 ? entry.size : 60), entry.data);
  const name from = trim(entry.data, (size_t)(equals - entry.data)),
             to = trim(equals + 1, entry.size - (size_t)(equals - entry.data) - 1);
  const int32_t i = mer__label_find(m->from, m->map->n_from, from.data, from.size);
  if (i < 0)
    return mer__fail(err, MER_STATUS_INVALID, "label map: the model has no label '%.*s'",
                     (int)(from.size < 60 ? from.size : 60), from.data);
  if (m->to[i].data)
    return mer__fail(err, MER_STATUS_INVALID, "label map: '%.60s' is mapped twice", m->from[i]);
  m->to[i] = to;
  return MER_OK;
}

/* Entries end at commas and ends of lines; those that begin with # are comments. */
static mer_status read_text(making *m, const char *text, mer_error *err) {
  mer_status status = MER_OK;
  while (*text && status == MER_OK) {
    const bool comment = text[strspn(text, blanks)] == '#';
    const size_t size = strcspn(text, comment ? "\n" : ",\n");
    const name entry = trim(text, size);
    if (entry.size && !comment) status = read_entry(m, entry, err);
    text += size + (text[size] != 0);
  }
  return status;
}

static mer_status add_label(mer__label_map *map, name n, mer_error *err) {
  if (map->n == MER__MAX_LABELS)
    return mer__fail(err, MER_STATUS_LIMIT, "label map: more than %d labels", MER__MAX_LABELS);
  map->labels[map->n] = mer__strndup(n.data, n.size);
  if (!map->labels[map->n]) return mer__fail_memory(err);
  map->n++;
  return MER_OK;
}

/* A label that the text does not name has its own name. `unknown` lists those that the answer's
 * labels lack. */
static mer_status place_label(making *m, int32_t i, list *unknown, mer_error *err) {
  mer__label_map *map = m->map;
  const name given = m->to[i], own = {m->from[i], strlen(m->from[i])},
             wanted = given.data ? given : own;
  map->to[i] = -1;
  if (given.data && !given.size) return MER_OK;
  map->to[i] = mer__label_find((const char *const *)map->labels, map->n, wanted.data, wanted.size);
  if (map->to[i] >= 0) return MER_OK;
  if (!m->fixed) {
    map->to[i] = map->n;
    return add_label(map, wanted, err);
  }
  if (given.data)
    return mer__fail(err, MER_STATUS_INVALID, "label map: '%.*s' is none of the data's labels",
                     (int)(given.size < 60 ? given.size : 60), given.data);
  list_add(unknown, m->from[i]);
  return MER_OK;
}

static mer_status place_labels(making *m, mer_error *err) {
  char more[24] = "";
  list unknown = {.n_more = 0};
  mer_status status = MER_OK;
  for (int32_t i = 0; i < m->map->n_from && status == MER_OK; i++)
    status = place_label(m, i, &unknown, err);
  if (status != MER_OK || !unknown.text[0]) return status;
  if (unknown.n_more) snprintf(more, sizeof more, " and %d more", unknown.n_more);
  return mer__fail(err, MER_STATUS_INVALID,
                   "labels of the model that are not mapped to the data's: %s%s; LABEL=OTHER maps "
                   "one, LABEL= drops it",
                   unknown.text, more);
}

/* Something must be left, and a value cannot be made of several or of none. */
static mer_status check(const mer__label_map *map, mer_error *err) {
  int32_t counts[MER__MAX_LABELS] = {0};
  int32_t n_mapped = 0;
  for (int32_t i = 0; i < map->n_from; i++)
    if (map->to[i] >= 0) counts[map->to[i]]++, n_mapped++;
  if (!n_mapped) return mer__fail(err, MER_STATUS_INVALID, "label map: it drops every label");
  for (int32_t k = 0; map->target == MER_TARGET_VALUES && k < map->n; k++)
    if (counts[k] != 1)
      return mer__fail(err, MER_STATUS_INVALID,
                       "label map: %d values of the model are '%.60s', expected one", counts[k],
                       map->labels[k]);
  return MER_OK;
}

mer_status mer__label_map_create(mer__label_map **out, mer_target target, const char *text,
                                 const char *const *from, int32_t n_from, const char *const *labels,
                                 int32_t n_labels, mer_error *err) {
  mer_status status = MER_OK;
  making m = {.map = mer__calloc(1, sizeof *m.map), .from = from, .fixed = labels != NULL};
  *out = NULL;
  if (!m.map) return mer__fail_memory(err);
  m.map->target = target;
  m.map->n_from = n_from;
  for (int32_t i = 0; labels && i < n_labels && status == MER_OK; i++)
    status = add_label(m.map, (name){labels[i], strlen(labels[i])}, err);
  if (status == MER_OK) status = read_text(&m, text, err);
  if (status == MER_OK) status = place_labels(&m, err);
  if (status == MER_OK) status = check(m.map, err);
  if (status == MER_OK) *out = m.map;
  else mer__label_map_free(m.map);
  return status;
}

void mer__label_map_free(mer__label_map *map) {
  if (!map) return;
  for (int32_t i = 0; i < map->n; i++) mer__free(map->labels[i]);
  mer__free(map);
}

/* t log(exp(a / t) + exp(b / t)); `no_score` adds nothing. */
static float add_scores(float a, float b, float t) {
  const float high = a > b ? a : b, low = a > b ? b : a;
  return low <= no_score ? high : high + t * log1pf(expf((low - high) / t));
}

void mer__label_map_apply(float *scores, const mer__label_map *map, const float *logits,
                          int64_t n_rows, double temperature) {
  const float t = (float)temperature;
  for (int64_t row = 0; row < n_rows; row++, scores += map->n, logits += map->n_from) {
    for (int32_t k = 0; k < map->n; k++) scores[k] = no_score;
    for (int32_t i = 0; i < map->n_from; i++) {
      if (map->to[i] < 0) continue;
      float *score = &scores[map->to[i]];
      if (map->target == MER_TARGET_LABEL) *score = add_scores(*score, logits[i], t);
      else if (map->target == MER_TARGET_VALUES || logits[i] > *score) *score = logits[i];
    }
  }
}
