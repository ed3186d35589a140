/* answer_options.c: the options that say how a model answers new utterances. */
#include "cli/answer_options.h"

#include <stdlib.h>

#include "cli/map_labels.h"

mer_status cli_answering_set(mer_predictor *predictor, const cli_answering *answering,
                             const mer_monitor *monitor, mer_error *err) {
  char *map = NULL;
  mer_status status = answering->map ? cli_map_labels(&map, answering->map, err) : MER_OK;
  if (status == MER_OK && map) status = mer_predictor_map_labels(predictor, map, err);
  if (status == MER_OK) cli_map_labels_tell(mer_predictor_model(predictor), monitor);
  if (status == MER_OK)
    status = mer_predictor_set_min_confidence(predictor, answering->min_confidence, err);
  free(map);
  return status;
}
