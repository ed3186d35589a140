/* embed_sounds.c: an encoder that hears by itself: sounds in, vectors out. */
#include "base/alloc.h"
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

static void hear(heard *h, const mer_encoder *encoder, const mer_sound *sound) {
  const char *why = mer__hear(&h->features, mer__encoder_extractor(encoder), sound, &h->fault);
  h->failed = why != NULL;
  if (why && h->fault.status == MER_OK) mer__fail(&h->fault, MER_STATUS_FORMAT, "%s", why);
}

static mer_status hear_all(heard *all, const mer_encoder *encoder, const mer_sound *sounds,
                           int64_t n, mer_error *err) {
#pragma omp parallel for schedule(dynamic) if (n >= MANY_SOUNDS)
  for (int64_t i = 0; i < n; i++) hear(&all[i], encoder, &sounds[i]);
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
  if (status == MER_OK) status = hear_all(all, encoder, sounds, n, err);
  for (int64_t i = 0; i < n && status == MER_OK; i++)
    inputs[i] = (mer__input){
        .present = true, .length = (int64_t)all[i].features.n, .values = all[i].features.data};
  if (status == MER_OK)
    status =
        mer__model_embed(vectors, mer__encoder_model(encoder), 0, inputs, n, monitor, "embed", err);
  for (int64_t i = 0; all && i < n; i++) mer__floats_clear(&all[i].features);
  mer__free(all);
  mer__free(inputs);
  return status;
}
