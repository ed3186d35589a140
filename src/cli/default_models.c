/* default_models.c: finds and opens the models that come with the program. */
#include "cli/default_models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/fingerprint.h"
#include "cli/model_folder.h"

/* The folder of a model, for free(): the one that is given, or the program's. */
static mer_status find(char **out, const char *given, const char *name, mer_error *err) {
  *out = given ? strdup(given) : cli_model_folder(name);
  if (!*out) return cli_no_memory(err);
  if (given || mer_model_is_in(*out)) return MER_OK;
  snprintf(err->message, sizeof err->message,
           "%.300s: not there: the %s model that comes with mer; $MER_MODELS names the folder that "
           "holds it, or name a MODEL",
           *out, name);
  return err->status = MER_STATUS_NOT_FOUND;
}

mer_status cli_default_models_open(mer_predictor **out, const cli_default_models *models,
                                   mer_error *err) {
  char *folders[2] = {NULL};
  int n = 0;
  mer_status status = MER_OK;
  if (models->text) status = find(&folders[n++], models->text_folder, "text", err);
  if (models->speech && status == MER_OK)
    status = find(&folders[n++], models->speech_folder, "speech", err);
  if (status == MER_OK)
    status = mer_predictor_open_joint(out, (const char *const *)folders, n, err);
  for (int i = 0; i < n; i++) free(folders[i]);
  return status;
}

uint64_t cli_default_models_fingerprint(uint64_t fingerprint, const cli_default_models *models) {
  const struct {
    bool wanted;
    const char *given, *name;
  } all[] = {{models->text, models->text_folder, "text"},
             {models->speech, models->speech_folder, "speech"}};
  for (int i = 0; i < 2; i++) {
    char *folder = NULL;
    mer_error err;
    if (all[i].wanted && find(&folder, all[i].given, all[i].name, &err) == MER_OK)
      fingerprint = cli_fingerprint_folder(fingerprint, folder);
    free(folder);
  }
  return fingerprint;
}
