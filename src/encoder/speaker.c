/* speaker.c: mean and deviation of a speaker's statistics, and statistics without them. */
#include "encoder/speaker.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

mer_status mer__speaker_init(mer__speaker *speaker, int64_t size, mer_error *err) {
  *speaker = (mer__speaker){.mean = mer__calloc(2 * (size_t)size, sizeof(double))};
  if (!speaker->mean) return mer__fail_memory(err);
  speaker->squares = speaker->mean + size;
  return MER_OK;
}

void mer__speaker_clear(mer__speaker *speaker) {
  mer__free(speaker->mean);
  *speaker = (mer__speaker){0};
}

void mer__speaker_copy(mer__speaker *to, const mer__speaker *from, int64_t size) {
  to->n = from->n;
  memcpy(to->mean, from->mean, 2 * (size_t)size * sizeof *to->mean);
}

void mer__speaker_add(mer__speaker *speaker, const float *statistics, int64_t size) {
  speaker->n++;
  for (int64_t j = 0; j < size; j++) {
    const double before = statistics[j] - speaker->mean[j];
    speaker->mean[j] += before / (double)speaker->n;
    speaker->squares[j] += before * (statistics[j] - speaker->mean[j]);
  }
}

void mer__speaker_adapt(float *out, const float *statistics, const mer__speaker *speaker,
                        const float *mean, const float *deviation, int64_t size) {
  const double n = (double)speaker->n, prior = MER__SPEAKER_PRIOR;
  for (int64_t j = 0; j < size; j++) {
    const double usual = (prior * mean[j] + n * speaker->mean[j]) / (prior + n);
    const double usual_variance = (double)deviation[j] * deviation[j];
    const double variance = (prior * usual_variance + speaker->squares[j]) / (prior + n);
    const double scale = variance > 0 ? sqrt(usual_variance / variance) : 1;
    out[j] = (float)(mean[j] + (statistics[j] - usual) * scale);
  }
}
