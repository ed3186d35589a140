/* embed_sounds.c: an encoder that hears by itself: sounds in, vectors out. */
#include <omp.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "predict/predictor.h"

/* Sounds from which several threads decode them. */
enum { MANY_SOUNDS = 4 };

/* What one call computes in, for each sound. */
typedef struct heard {
  mer__floats features;
  mer_error fault;
  bool failed;
} heard;

/* Of a call: the calling thread asks the monitor for all that decode. */
typedef struct stopping {
  const mer_monitor *monitor;
  atomic_bool stopped;
  atomic_llong n_left; /* sounds */
} stopping;

static bool should_stop(void *user) {
  stopping *s = user;
  if (omp_get_thread_num() == 0 && mer__should_stop(s->monitor)) atomic_store(&s->stopped, true);
  return atomic_load(&s->stopped);
}

static void hear(heard *h, const mer_encoder *encoder, const mer_sound *sound,
                 const mer_monitor *monitor) {
  const char *why =
      mer__hear(&h->features, mer__encoder_extractor(encoder), sound, 0, monitor, &h->fault);
  h->failed = why != NULL;
  if (why && h->fault.status == MER_OK) mer__fail(&h->fault, MER_STATUS_FORMAT, "%s", why);
}

static mer_status hear_all(heard *all, const mer_encoder *encoder, const mer_sound *sounds,
                           int64_t n, const mer_monitor *monitor, mer_error *err) {
  stopping stop = {.monitor = monitor, .n_left = n};
  const mer_monitor shared = {.user = &stop, .should_stop = should_stop};
#pragma omp parallel if (n >= MANY_SOUNDS)
  {
#pragma omp for schedule(dynamic) nowait
    for (int64_t i = 0; i < n; i++) {
      hear(&all[i], encoder, &sounds[i], &shared);
      atomic_fetch_sub(&stop.n_left, 1);
    }
    for (; omp_get_thread_num() == 0 && atomic_load(&stop.n_left) > 0; should_stop(&stop))
      mer__clock_rest();
  }
  if (atomic_load(&stop.stopped)) return mer__fail(err, MER_STATUS_INTERRUPTED, "interrupted");
  for (int64_t i = 0; i < n; i++)
    if (all[i].failed) return mer__fail_at(err, all[i].fault.status, i, "%s", all[i].fault.message);
  return MER_OK;
}

mer_status mer_encoder_embed_sounds(float *vectors, const mer_encoder *encoder,
                                    const mer_sound *sounds, int64_t n, const mer_monitor *monitor,
                                    mer_error *err) {
  if (n < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld sounds", (long long)n);
  if (!mer_encoder_describe(encoder).hears)
    return mer__fail(err, MER_STATUS_INVALID, "the encoder reads texts, not sound");
  heard *all = mer__calloc((size_t)n, sizeof *all);
  mer__input *inputs = mer__calloc((size_t)n, sizeof *inputs);
  mer_status status = all && inputs ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) status = hear_all(all, encoder, sounds, n, monitor, err);
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    inputs[i] = (mer__input){
        .present = true, .length = (int64_t)all[i].features.n, .values = all[i].features.data};
  if (status == MER_OK)
    status = mer__model_embed(vectors, mer__encoder_model(encoder), 0, inputs, n, NULL, monitor,
                              "embed", err);
  for (int64_t i = 0; all && i < n; i++) mer__floats_clear(&all[i].features);
  mer__free(all);
  mer__free(inputs);
  return status;
}
