/* runs_plan.h: what each training of a comparison of runs is asked for, and where its model lies.
 */
#ifndef MER_REPORT_RUNS_PLAN_H
#define MER_REPORT_RUNS_PLAN_H

#include "mer/report.h"

enum { MER__RUNS_PRECOMPUTED = 64, MER__RUNS_KEY = 128 };

/** What the options of one training borrow. */
typedef struct mer__runs_folders {
  char *out, *encoders[MER_RUNS_ENCODERS]; /* NULL: the options' own encoder */
  char
      *own_teachers[MER_MAX_TEACHERS]; /* models of this comparison; NULL: none, or not there yet */
  const char *teachers[MER_MAX_TEACHERS], *precomputed[MER__RUNS_PRECOMPUTED];
  mer_monitor quiet; /* of clips that have been told of */
} mer__runs_folders;

/** "<data>/<run>", the name of a model in the state of a comparison. */
void mer__runs_key(char out[MER__RUNS_KEY], const mer_runs_model *model);
/** The model directory of a seed, for mer__free; NULL if memory is out. */
char *mer__runs_folder(const mer_runs_options *options, int32_t model, int32_t seed);

/** Whether a model takes sound or images. */
bool mer__runs_takes_clips(const mer_runs_model *model);
/** Index of the run that a model's teacher names, "run:NAME": one on the same data that stands
 * before it; `model` if there is none, -1 if the teacher is a directory. */
int32_t mer__runs_teacher(const mer_runs_options *options, int32_t model, int teacher);

/** The folders of a training and of the models that it stands on. MER_STATUS_NO_MEMORY. */
mer_status mer__runs_name_folders(mer__runs_folders *folders, const mer_runs_options *options,
                                  int32_t model, int32_t seed, mer_error *err);
void mer__runs_clear_folders(mer__runs_folders *folders);

/** Of "NAME=PATH" [n] those of a model's modalities, "a,b"; their number. The others are for other
 * models of the same data. */
int mer__runs_pick_precomputed(const char **out, const char *const *items, int n,
                               const char *modalities);

/** The options of one training; they borrow from `folders`. Teachers of this comparison that are
 * not there yet are left out. */
mer_train_options mer__runs_plan(const mer_runs_options *options, int32_t model, int32_t seed,
                                 mer__runs_folders *folders);

/** Checks each model and each test, without training: *bad is the first that is at fault, tests
 * counted after the models. Statuses as mer_runs_check. */
mer_status mer__runs_check_all(int32_t *bad, const mer_runs_options *options, mer_error *err);

#endif
