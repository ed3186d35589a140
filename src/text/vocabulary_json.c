/* vocabulary_json.c: a vocabulary as a JSON object. */
#include "text/vocabulary_json.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* One more than the largest id. */
static mer_status count_ids(size_t *n, const json_t *object, const mer__json_place *place,
                            mer_error *err) {
  const char *token;
  json_t *value;
  *n = 0;
  json_object_foreach((json_t *)object, token, value) {
    json_int_t id = json_integer_value(value);
    if (!json_is_integer(value)) return mer__json_expected(place, token, "a whole number", err);
    if (id < 0 || id >= MER__VOCABULARY_MAX_TOKENS)
      return mer__fail(err, MER_STATUS_LIMIT,
                       "%s: %s: expected an id from 0 to %d for '%s', found %lld", place->path,
                       place->name, MER__VOCABULARY_MAX_TOKENS - 1, token, (long long)id);
    if ((size_t)id >= *n) *n = (size_t)id + 1;
  }
  return MER_OK;
}

/* Puts the tokens into the order of their ids. */
static mer_status arrange(mer__token_text *tokens, const json_t *object,
                          const mer__json_place *place, mer_error *err) {
  const char *token;
  json_t *value;
  json_object_foreach((json_t *)object, token, value) {
    mer__token_text *t = &tokens[json_integer_value(value)];
    if (t->text)
      return mer__fail(err, MER_STATUS_FORMAT, "%s: %s: '%s' and '%s' have the same id %lld",
                       place->path, place->name, t->text, token,
                       (long long)json_integer_value(value));
    *t = (mer__token_text){token, strlen(token)};
  }
  return MER_OK;
}

mer_status mer__vocabulary_read(mer__vocabulary *vocabulary, const json_t *object,
                                const mer__json_place *place, mer_error *err) {
  mer__token_text *tokens = NULL;
  size_t n;
  mer_status status;
  if (!json_is_object(object) || !json_object_size(object))
    return mer__json_expected(place, "vocab", "an object of tokens and ids", err);
  MER__CHECK(count_ids(&n, object, place, err));
  tokens = mer__calloc(n, sizeof *tokens);
  if (!tokens) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(arrange(tokens, object, place, err));
  MER__CHECK(mer__vocabulary_build(vocabulary, tokens, n, place->path, err));
  for (size_t i = 0; i < n; i++)
    if (tokens[i].text) mer__vocabulary_enter(vocabulary, (int32_t)i);
cleanup:
  mer__free(tokens);
  return status;
}
