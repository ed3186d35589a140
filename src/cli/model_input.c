/* model_input.c: what a model takes of an utterance. */
#include "cli/model_input.h"

int cli_model_input(const mer_model *model, cli_input input) {
  for (int m = 0; m < mer_model_n_modalities(model); m++) {
    const mer_modality_info info = mer_model_modality(model, m);
    const bool takes = input == CLI_INPUT_TEXT    ? info.is_text
                       : input == CLI_INPUT_SOUND ? info.from_sound
                                                  : info.from_image;
    if (takes) return m;
  }
  return -1;
}
