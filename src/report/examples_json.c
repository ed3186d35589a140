/* examples_json.c: rows that are shown, with their files as data: addresses (RFC 2397). */
#include "report/examples_json.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text_buffer.h"
#include "report/metrics_json.h"

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

/* Appends base64 of RFC 4648. */
static void put_base64(mer__text_buffer *out, const uint8_t *data, size_t size) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const size_t n = size - i < 3 ? size - i : 3;
    uint32_t bits = 0;
    char four[4] = "====";
    for (size_t k = 0; k < n; k++) bits |= (uint32_t)data[i + k] << (16 - 8 * k);
    for (size_t k = 0; k <= n; k++) four[k] = letters[bits >> (18 - 6 * k) & 63];
    mer__text_append(out, four, 4);
  }
}

/* The file's address; JSON's null: there is none, or it cannot be shown. NULL if memory is out. */
static json_t *embed(const char *path) {
  mer__text_buffer out = {0};
  char *data = NULL;
  size_t size = 0;
  const char *type = path ? find_type(path) : NULL;
  if (!type || mer__file_read(&data, &size, path, MER_REPORT_MAX_EMBEDDED, NULL) != MER_OK)
    return json_null();
  mer__text_printf(&out, "data:%s;base64,", type);
  put_base64(&out, (const uint8_t *)data, size);
  json_t *text = out.failed ? NULL : json_stringn(out.data, out.size);
  mer__text_clear(&out);
  mer__free(data);
  return text;
}

json_t *mer__examples_to_json(const mer_report_example *examples, int32_t n) {
  json_t *list = json_array();
  int failed = 0;
  for (int32_t i = 0; i < n; i++) {
    const mer_report_example *e = &examples[i];
    failed |= json_array_append_new(
        list, json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:o, s:o}", "id", e->id, "speaker",
                        e->speaker, "text", e->text, "label", e->label, "predicted", e->predicted,
                        "probability", mer__real_to_json(e->probability), "sound", embed(e->sound),
                        "image", embed(e->image)));
  }
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
