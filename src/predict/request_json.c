/* request_json.c: an utterance from a JSON object. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/predict.h"
#include "text/json_scan.h"
#include "text/json_write.h"

void mer_json_request_clear(mer_json_request *read) {
  mer__free(read->id);
  mer__free(read->text);
  mer__free(read->path);
  *read = (mer_json_request){0};
}

/* The id as it is written; where a reader of JSON would not take it, as a text. */
static mer_status take_id(mer_json_request *read, const mer__json_value *value, mer_error *err) {
  mer__text_buffer text = {0};
  if (value->finite) mer__text_append(&text, value->text, value->size);
  else mer__json_put_string(&text, value->text, value->size);
  if (text.failed) mer__text_clear(&text);
  read->id = text.data;
  return read->id ? MER_OK : mer__fail_memory(err);
}

/* A text, with a terminating 0, or NULL for null. */
static mer_status take_text(char **out, size_t *size, const char *key, const mer__json_value *value,
                            mer_error *err) {
  mer__text_buffer text = {0};
  if (value->kind == MER__JSON_NULL) return MER_OK;
  if (value->kind != MER__JSON_STRING)
    return mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is not a text", key);
  mer__text_append(&text, "", 0);
  mer__json_decode(&text, value);
  if (text.failed) {
    mer__text_clear(&text);
    return mer__fail_memory(err);
  }
  *out = text.data;
  *size = text.size;
  return MER_OK;
}

/* A path below `folder`, or NULL for null and "". */
static mer_status take_path(char **path, const char *key, const mer__json_value *value,
                            const char *folder, mer_error *err) {
  char *name = NULL;
  size_t size = 0;
  mer_status status = take_text(&name, &size, key, value, err);
  if (status == MER_OK && size && strlen(name) != size)
    status = mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is not a path: it holds a zero byte", key);
  if (status == MER_OK && size && !(*path = mer__path_join(folder, name)))
    status = mer__fail_memory(err);
  mer__free(name);
  return status;
}

enum { ID, TEXT, AUDIO, IMAGE, VIDEO, N_KEYS };

/* An object while it is read. */
typedef struct reading {
  mer_json_request *read;
  const char *folder;
  char *paths[N_KEYS]; /* of those that are files */
  unsigned seen;       /* keys, by bits */
  const char *id_end;  /* of an id that is a number */
} reading;

static mer_status take_member(reading *r, const mer__json_value *key, const mer__json_value *value,
                              mer_error *err) {
  static const char *const names[N_KEYS] = {"id", "text", "audio", "image", "video"};
  for (unsigned i = 0; i < N_KEYS; i++) {
    if (!mer__json_is(key, names[i])) continue;
    if (r->seen & 1U << i)
      return mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is there twice", names[i]);
    r->seen |= 1U << i;
    if (i == ID && value->kind == MER__JSON_NUMBER) r->id_end = value->text + value->size;
    if (i == ID) return take_id(r->read, value, err);
    if (i == TEXT)
      return take_text(&r->read->text, &r->read->request.text_size, names[i], value, err);
    return take_path(&r->paths[i], names[i], value, r->folder, err);
  }
  return MER_OK;
}

/* The paths of sound and image in one piece of memory; a video is what else is not there. */
static mer_status keep_paths(reading *r, mer_error *err) {
  const char *audio = r->paths[AUDIO] ? r->paths[AUDIO] : r->paths[VIDEO];
  const char *image = r->paths[IMAGE] ? r->paths[IMAGE] : r->paths[VIDEO];
  const size_t n_audio = audio ? strlen(audio) : 0, n_image = image ? strlen(image) : 0;
  if (!audio && !image) return MER_OK;
  char *path = r->read->path = mer__calloc(n_audio + n_image + 2, 1);
  if (!path) return mer__fail_memory(err);
  if (audio) r->read->request.sound.path = memcpy(path, audio, n_audio);
  if (image) r->read->request.image.path = memcpy(path + n_audio + 1, image, n_image);
  r->read->request.image.faces = image && !r->paths[IMAGE];
  return MER_OK;
}

/* The first fault counts, but what follows is read all the same: it may be the id. */
static mer_status read_members(reading *r, mer__json_scan *scan, mer_error *err) {
  mer_status status = MER_OK;
  mer_error later = {0};
  mer__json_value key, value;
  while (mer__json_next(&key, &value, scan)) {
    mer_status found = take_member(r, &key, &value, status == MER_OK ? err : &later);
    if (status == MER_OK) status = found;
  }
  if (scan->fault && r->id_end == scan->text + scan->at) { /* 0x10 is not the id 0 */
    mer__free(r->read->id);
    r->read->id = NULL;
  }
  return status;
}

mer_status mer_json_request_read(mer_json_request *read, const char *json, size_t size,
                                 const char *folder, mer_error *err) {
  mer__json_scan scan;
  mer_json_request_clear(read);
  mer__json_begin(&scan, json, size);
  reading r = {.read = read, .folder = folder ? folder : ""};
  mer_status status = read_members(&r, &scan, err);
  if (status == MER_OK) status = keep_paths(&r, err);
  for (int i = 0; i < N_KEYS; i++) mer__free(r.paths[i]);
  read->request.text = read->text;
  if (status == MER_OK && scan.fault)
    status =
        mer__fail_at(err, MER_STATUS_FORMAT, (int64_t)scan.at,
                     "expected a JSON object: %s expected at byte %zu", scan.fault, scan.at + 1);
  return status;
}
