/* row_speakers.c: rows are sorted by their speakers, and each speaker's are adapted together. */
#include "data/row_speakers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/rng.h"
#include "encoder/speaker.h"

enum { SHUFFLE_STREAM = 0x73706b72 };

typedef struct named_row {
  const mer_utterance *row;
  int64_t index;
} named_row;

static int compare_names(const void *a, const void *b) {
  const named_row *x = a, *y = b;
  const int order = strcmp(x->row->speaker, y->row->speaker);
  if (order) return order;
  return (x->row->set > y->row->set) - (x->row->set < y->row->set);
}

int32_t *mer__row_speakers(const mer_utterance *rows, int64_t n) {
  int32_t *speakers = mer__malloc((size_t)n, sizeof *speakers), number = -1;
  named_row *named = mer__malloc((size_t)n, sizeof *named);
  int64_t n_named = 0;
  for (int64_t i = 0; speakers && named && i < n; i++) {
    speakers[i] = -1;
    if (rows[i].speaker && rows[i].speaker[0]) named[n_named++] = (named_row){&rows[i], i};
  }
  if (speakers && named) qsort(named, (size_t)n_named, sizeof *named, compare_names);
  for (int64_t i = 0; i < n_named; i++) {
    number += i == 0 || compare_names(&named[i - 1], &named[i]) != 0;
    speakers[named[i].index] = number;
  }
  if (!named) {
    mer__free(speakers);
    speakers = NULL;
  }
  mer__free(named);
  return speakers;
}

/* A row in the order of speakers, and of each speaker in the order of `place`. */
typedef struct sorted_row {
  int32_t speaker, place;
  int64_t row;
} sorted_row;

static int compare_rows(const void *a, const void *b) {
  const sorted_row *x = a, *y = b;
  if (x->speaker != y->speaker) return x->speaker < y->speaker ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

/* The rows that have a vector, sorted, those of a speaker in random order; their number. NULL:
 * memory is out. */
static sorted_row *sort_rows(int64_t *n_sorted, const mer__spoken_vectors *spoken) {
  const size_t n = (size_t)spoken->n;
  sorted_row *sorted = mer__malloc(n, sizeof *sorted);
  int32_t *places = mer__malloc(n, sizeof *places);
  mer__rng rng = {.stream = SHUFFLE_STREAM};
  *n_sorted = 0;
  for (int64_t i = 0; places && i < spoken->n; i++) places[i] = (int32_t)i;
  if (places) mer__rng_permutation(&rng, places, n);
  for (int64_t i = 0; sorted && places && i < spoken->n; i++)
    if (spoken->present[i]) sorted[(*n_sorted)++] = (sorted_row){spoken->speakers[i], places[i], i};
  if (sorted && places) qsort(sorted, (size_t)*n_sorted, sizeof *sorted, compare_rows);
  if (!places) {
    mer__free(sorted);
    sorted = NULL;
  }
  mer__free(places);
  return sorted;
}

/* Where the rows of the speaker that begin at `begin` end. */
static int64_t end_of(const sorted_row *sorted, int64_t begin, int64_t n) {
  int64_t end = begin + 1;
  while (end < n && sorted[end].speaker == sorted[begin].speaker) end++;
  return end;
}

static void begin_speaker(mer__speaker *speaker, int64_t width) {
  speaker->n = 0;
  memset(speaker->mean, 0, 2 * (size_t)width * sizeof *speaker->mean);
}

mer_status mer__speakers_fit(float *mean, float *deviation, const mer__spoken_vectors *spoken,
                             mer_error *err) {
  const int64_t width = spoken->width;
  mer__speaker speaker = {0};
  int64_t n;
  double *sums = mer__calloc((size_t)width, sizeof *sums);
  double *squares = mer__calloc((size_t)width, sizeof *squares);
  sorted_row *sorted = sort_rows(&n, spoken);
  mer_status status =
      sums && squares && sorted ? mer__speaker_init(&speaker, width, err) : mer__fail_memory(err);
  for (int64_t begin = 0, end; status == MER_OK && begin < n; begin = end) {
    end = end_of(sorted, begin, n);
    begin_speaker(&speaker, width);
    for (int64_t i = begin; i < end; i++)
      mer__speaker_add(&speaker, spoken->vectors + sorted[i].row * width, width);
    for (int64_t j = 0; j < width; j++) {
      sums[j] += speaker.mean[j] * (double)speaker.n;
      squares[j] += speaker.squares[j];
    }
  }
  for (int64_t j = 0; status == MER_OK && n > 0 && j < width; j++) {
    const double variance = squares[j] / (double)n;
    mean[j] = (float)(sums[j] / (double)n);
    deviation[j] = variance > 1e-10 ? (float)sqrt(variance) : 1;
  }
  mer__speaker_clear(&speaker);
  mer__free(sorted);
  mer__free(squares);
  mer__free(sums);
  return status;
}

mer_status mer__speakers_adapt(const mer__spoken_vectors *spoken, const float *mean,
                               const float *deviation, mer_error *err) {
  const int64_t width = spoken->width;
  mer__speaker speaker = {0};
  int64_t n;
  sorted_row *sorted = sort_rows(&n, spoken);
  mer_status status = sorted ? mer__speaker_init(&speaker, width, err) : mer__fail_memory(err);
  for (int64_t begin = 0, end; status == MER_OK && begin < n; begin = end) {
    end = end_of(sorted, begin, n);
    if (sorted[begin].speaker < 0) continue;
    begin_speaker(&speaker, width);
    for (int64_t i = begin; i < end; i++) {
      float *vector = spoken->vectors + sorted[i].row * width;
      mer__speaker_add(&speaker, vector, width);
      mer__speaker_adapt(vector, vector, &speaker, mean, deviation, width);
    }
  }
  mer__speaker_clear(&speaker);
  mer__free(sorted);
  return status;
}
