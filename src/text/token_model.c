/* token_model.c: the table of models. */
#include "text/token_model.h"

#include <string.h>

#include "base/error.h"

static const mer__token_model_kind *const kinds[] = {&mer__wordpiece_kind, &mer__bpe_kind,
                                                     &mer__unigram_kind};

/* Files of before 2020 do not name the model, which is then known by what it has. */
static const char *guess(const json_t *object) {
  if (json_object_get(object, "merges")) return "BPE";
  return json_object_get(object, "max_input_chars_per_word") ? "WordPiece" : "a model without type";
}

mer_status mer__token_model_read(mer__token_model *model, mer__vocabulary *vocabulary,
                                 const json_t *object, const char *path, mer_error *err) {
  const mer__json_place place = {path, "model"};
  const char *type = NULL;
  if (!json_is_object(object)) return mer__json_expected(&place, "model", "an object", err);
  mer_status status = mer__json_text(&type, object, "type", &place, err);
  if (status != MER_OK) return status;
  if (!type) type = guess(object);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(kinds[i]->name, type) == 0) model->kind = kinds[i];
  if (!model->kind) return mer__json_unsupported(&place, type, err);
  return model->kind->read(&model->state, vocabulary, object, &place, err);
}

void mer__token_model_clear(mer__token_model *model) {
  if (model->kind) model->kind->free(model->state);
  *model = (mer__token_model){0};
}
