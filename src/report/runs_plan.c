/* runs_plan.c: what each training of a comparison of runs is asked for, and where its model lies.
 */
#include "report/runs_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

void mer__runs_key(char out[MER__RUNS_KEY], const mer_runs_model *model) {
  snprintf(out, MER__RUNS_KEY, "%s/%s", model->data, model->run);
}

char *mer__runs_folder(const mer_runs_options *o, int32_t model, int32_t seed) {
  char key[MER__RUNS_KEY], name[192];
  mer__runs_key(key, &o->models[model]);
  snprintf(name, sizeof name, "models/%s-seed%llu", key, (unsigned long long)o->seeds[seed]);
  return mer__path_join(o->out, name);
}

void mer__runs_clear_folders(mer__runs_folders *f) {
  mer__free(f->out);
  for (int e = 0; e < MER_RUNS_ENCODERS; e++) mer__free(f->encoders[e]);
  for (int t = 0; t < MER_MAX_TEACHERS; t++) mer__free(f->own_teachers[t]);
}

int32_t mer__runs_teacher(const mer_runs_options *o, int32_t model, int teacher) {
  static const char mark[] = "run:";
  const char *name = o->models[model].options->teachers[teacher];
  if (strncmp(name, mark, sizeof mark - 1) != 0) return -1;
  name += sizeof mark - 1;
  for (int32_t m = 0; m < model; m++)
    if (strcmp(o->models[m].data, o->models[model].data) == 0 &&
        strcmp(o->models[m].run, name) == 0)
      return m;
  return model;
}

mer_status mer__runs_name_folders(mer__runs_folders *f, const mer_runs_options *o, int32_t model,
                                  int32_t seed, mer_error *err) {
  *f = (mer__runs_folders){.out = mer__runs_folder(o, model, seed)};
  bool good = f->out;
  for (int e = 0; e < MER_RUNS_ENCODERS; e++) {
    const int32_t other = o->models[model].follows[e];
    if (other < 0) continue;
    f->encoders[e] = mer__runs_folder(o, other, seed);
    good &= f->encoders[e] != NULL;
  }
  for (int t = 0; t < o->models[model].options->n_teachers; t++) {
    const int32_t other = mer__runs_teacher(o, model, t);
    if (other < 0) continue;
    f->own_teachers[t] = mer__runs_folder(o, other, seed);
    good &= f->own_teachers[t] != NULL;
  }
  if (good) return MER_OK;
  mer__runs_clear_folders(f);
  return mer__fail_memory(err);
}

bool mer__runs_takes_clips(const mer_runs_model *model) {
  return strcmp(model->options->modalities, "text") != 0;
}

/* Whether an earlier training has told of the clips of this data set. */
static bool told_of_clips(const mer_runs_options *o, int32_t model, int32_t seed) {
  const mer_runs_model *models = o->models;
  for (int32_t m = 0; m < model; m++)
    if (mer__runs_takes_clips(&models[m]) && strcmp(models[m].data, models[model].data) == 0)
      return true;
  return seed > 0;
}

int mer__runs_pick_precomputed(const char **out, const char *const *items, int n,
                               const char *modalities) {
  int n_picked = 0;
  for (int i = 0; i < n && n_picked < MER__RUNS_PRECOMPUTED; i++) {
    const size_t size = strcspn(items[i], "=");
    for (const char *name = modalities; name;) {
      const size_t length = strcspn(name, ",");
      if (length == size && strncmp(name, items[i], size) == 0) out[n_picked++] = items[i];
      name = name[length] ? name + length + 1 : NULL;
    }
  }
  return n_picked;
}

/* Those teachers that are there; their number. */
static int pick_teachers(mer__runs_folders *f, const mer_runs_options *o, int32_t model) {
  const mer_train_options *train = o->models[model].options;
  int n = 0;
  for (int t = 0; t < train->n_teachers; t++) {
    const bool own = mer__runs_teacher(o, model, t) >= 0;
    if (!own || f->own_teachers[t])
      f->teachers[n++] = own ? f->own_teachers[t] : train->teachers[t];
  }
  return n;
}

mer_train_options mer__runs_plan(const mer_runs_options *o, int32_t model, int32_t seed,
                                 mer__runs_folders *f) {
  mer_train_options train = *o->models[model].options;
  train.n_precomputed = mer__runs_pick_precomputed(f->precomputed, train.precomputed,
                                                   train.n_precomputed, train.modalities);
  train.precomputed = f->precomputed;
  train.n_teachers = pick_teachers(f, o, model);
  train.teachers = f->teachers;
  if (f->encoders[MER_RUNS_TEXT]) train.encoder = f->encoders[MER_RUNS_TEXT];
  if (f->encoders[MER_RUNS_SPEECH]) train.speech_encoder = f->encoders[MER_RUNS_SPEECH];
  if (f->encoders[MER_RUNS_IMAGE]) train.image_encoder = f->encoders[MER_RUNS_IMAGE];
  train.out = f->out;
  train.seed = o->seeds[seed];
  train.monitor = o->monitor;
  f->quiet = mer__monitor_quiet(o->monitor);
  train.features.monitor = told_of_clips(o, model, seed) ? &f->quiet : o->monitor;
  return train;
}
