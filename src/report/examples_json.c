/* examples_json.c: rows that are shown, with their files as addresses of data. */
#include "report/examples_json.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text_buffer.h"
#include "report/data_address.h"
#include "report/metrics_json.h"
#include "report/results_write.h"

/* Kinds of files that browsers know. */
static const struct media_type {
  const char *ending, *type;
} media_types[] = {{".wav", "audio/wav"},   {".mp3", "audio/mpeg"},  {".flac", "audio/flac"},
                   {".ogg", "audio/ogg"},   {".opus", "audio/ogg"},  {".m4a", "audio/mp4"},
                   {".aac", "audio/aac"},   {".mp4", "video/mp4"},   {".webm", "video/webm"},
                   {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"}, {".png", "image/png"},
                   {".webp", "image/webp"}, {".gif", "image/gif"},   {".bmp", "image/bmp"}};

/* NULL: another one. */
static const char *find_type(const char *path) {
  const char *ending = strrchr(mer__path_name(path), '.');
  for (size_t i = 0; ending && i < sizeof media_types / sizeof *media_types; i++)
    if (strcasecmp(ending, media_types[i].ending) == 0) return media_types[i].type;
  return NULL;
}

/* The file's address; JSON's null: there is none, or it cannot be shown. NULL if memory is out. */
static json_t *embed(const char *path) {
  mer__text_buffer out = {0};
  char *data = NULL;
  size_t size = 0;
  const char *type = path ? find_type(path) : NULL;
  if (!type) return json_null();
  const mer_status status = mer__file_read(&data, &size, path, MER_REPORT_MAX_EMBEDDED, NULL);
  if (status == MER_STATUS_NO_MEMORY) errno = ENOMEM;
  if (status != MER_OK) return status == MER_STATUS_NO_MEMORY ? NULL : json_null();
  mer__put_data_address(&out, type, data, size);
  json_t *text = out.failed ? NULL : json_stringn(out.data, out.size);
  mer__text_clear(&out);
  mer__free(data);
  if (!text) errno = ENOMEM;
  return text;
}

static json_t *example_to_json(const mer_report_example *e) {
  json_t *sound = embed(e->sound);
  if (!sound) return NULL;
  json_t *image = e->face ? json_string(e->face) : embed(e->image);
  if (!image) {
    json_decref(sound);
    return NULL;
  }
  return json_pack(
      "{s:o, s:o, s:o, s:s?, s:s?, s:o, s:o, s:o}", "id", mer__results_text_or_null(e->id),
      "speaker", mer__results_text_or_null(e->speaker), "text", mer__results_text_or_null(e->text),
      "label", e->label, "predicted", e->predicted, "probability",
      mer__real_to_json(e->probability), "sound", sound, "image", image);
}

json_t *mer__examples_to_json(const mer_report_example *examples, int32_t n) {
  json_t *list = json_array();
  int failed = 0;
  for (int32_t i = 0; i < n && !failed; i++)
    failed = json_array_append_new(list, example_to_json(&examples[i]));
  if (!failed) return list;
  json_decref(list);
  return NULL;
}

static mer_status check_one(mer__json_reader *r, const json_t *list, size_t index) {
  static const char *const texts[] = {"id",        "speaker", "text", "label",
                                      "predicted", "sound",   "image"};
  const json_t *object;
  const char *text;
  double number;
  mer_status status = mer__json_item(&object, r, list, index);
  for (size_t i = 0; i < sizeof texts / sizeof *texts && status == MER_OK; i++)
    status = mer__json_string(&text, r, object, texts[i], MER__JSON_OPTIONAL);
  return status == MER_OK ? mer__json_number(&number, r, object, "probability") : status;
}

mer_status mer__results_read_examples(const json_t **examples, mer__json_reader *r,
                                      const json_t *object) {
  const json_t *list;
  mer_status status = mer__json_array(&list, r, object, "examples", MER__JSON_OPTIONAL);
  const size_t n = json_array_size(list);
  if (status != MER_OK || n == 0) return status;
  size_t mark = mer__json_enter(r, "examples", 0);
  status = mer__json_limit(r, "examples", n, MER_REPORT_MAX_EXAMPLES);
  for (size_t i = 0; i < n && status == MER_OK; i++) {
    size_t inner = mer__json_enter(r, NULL, i);
    status = check_one(r, list, i);
    mer__json_leave(r, inner);
  }
  mer__json_leave(r, mark);
  if (status == MER_OK) *examples = list;
  return status;
}
