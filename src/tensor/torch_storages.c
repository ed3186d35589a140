/* torch_storages.c: the two forms of a torch file.
 * Source: torch/serialization.py: _save and _load (zip), _legacy_save and _legacy_load.
 *
 * Zip: NAME/data.pkl, the state dict; NAME/data/KEY, the bytes of a storage; NAME/byteorder,
 * "little" (absent before 2.1). Older: five pickles one after the other (a magic number, the
 * version 1001, facts of the machine, the state dict, the keys of the storages), then the storages
 * in the order of the keys, each with the number of its elements (8 bytes) before it. */
#include "tensor/torch_storages.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tensor/dtype.h"
#include "tensor/zip.h"

enum { MAX_PICKLE_BYTES = 16 << 20, MAX_KEY_BYTES = 64, MAX_ROOT_BYTES = 256, COUNT_BYTES = 8 };
enum { LEGACY_VERSION = 1001 };

static const char pickle_end[] = "/data.pkl";

typedef struct source {
  const uint8_t *data;
  size_t size;
  const char *path;
  mer_error *err;
} source;

#define FAIL_STORAGE(s, storage, format, ...)                                                 \
  mer__fail((s)->err, MER_STATUS_FORMAT, "%s: storage '%.*s': " format, (s)->path,            \
            (int)((storage)->key.size < MAX_KEY_BYTES ? (storage)->key.size : MAX_KEY_BYTES), \
            (storage)->key.bytes, __VA_ARGS__)

static size_t pickle_size(size_t size) { return size < MAX_PICKLE_BYTES ? size : MAX_PICKLE_BYTES; }

static mer_status allocate_bytes(mer__torch_content *content, mer_error *err) {
  content->bytes = mer__calloc(content->pickle.n_storages, sizeof *content->bytes);
  return content->bytes ? MER_OK : mer__fail_memory(err);
}

static mer_status storage_size(size_t *size, const source *s, const mer__pickle_storage *storage) {
  if (mer__shape_bytes(size, storage->n_elements, storage->dtype)) return MER_OK;
  return FAIL_STORAGE(s, storage, "%lld elements are too many", (long long)storage->n_elements);
}

/* Zip */

/* The entry `root``name`, or NULL. */
static const mer__zip_entry *find_in(const mer__zip *zip, mer__pickle_text root, const char *folder,
                                     mer__pickle_text name) {
  char path[MAX_ROOT_BYTES + MAX_KEY_BYTES + 16];
  const size_t folder_size = strlen(folder);
  if (name.size > MAX_KEY_BYTES) return NULL;
  memcpy(path, root.bytes, root.size);
  memcpy(path + root.size, folder, folder_size);
  memcpy(path + root.size + folder_size, name.bytes, name.size);
  return mer__zip_find(zip, path, root.size + folder_size + name.size);
}

/* The state dict, and the name of the folder that it lies in: all else lies there, too. */
static mer_status find_root(const mer__zip_entry **state, mer__pickle_text *root, const source *s,
                            const mer__zip *zip) {
  const size_t end = sizeof pickle_end - 1;
  *state = NULL;
  for (size_t i = 0; i < zip->n; i++) {
    const mer__zip_entry *e = &zip->entries[i];
    if (e->name_size <= end || memcmp(e->name + e->name_size - end, pickle_end, end) != 0 ||
        memchr(e->name, '/', e->name_size - end))
      continue;
    if (*state)
      return mer__fail(s->err, MER_STATUS_FORMAT, "%s: zip: two state dicts, %.*s and %.*s",
                       s->path, (int)(*state)->name_size, (*state)->name, (int)e->name_size,
                       e->name);
    *state = e;
  }
  if (!*state || (*state)->name_size > MAX_ROOT_BYTES)
    return mer__fail(s->err, MER_STATUS_FORMAT, "%s: zip: no entry NAME/data.pkl", s->path);
  *root = (mer__pickle_text){(*state)->name, (*state)->name_size - end};
  return MER_OK;
}

static mer_status check_byte_order(const source *s, const mer__zip *zip, mer__pickle_text root) {
  static const mer__pickle_text name = {"byteorder", 9};
  const mer__zip_entry *e = find_in(zip, root, "/", name);
  if (!e || (e->size == 6 && memcmp(e->data, "little", 6) == 0)) return MER_OK;
  return mer__fail(s->err, MER_STATUS_UNSUPPORTED, "%s: byteorder is '%.*s', expected 'little'",
                   s->path, e->size < 20 ? (int)e->size : 20, (const char *)e->data);
}

static mer_status find_zipped(mer__torch_content *content, const source *s, const mer__zip *zip,
                              mer__pickle_text root) {
  mer_status status = allocate_bytes(content, s->err);
  for (size_t i = 0; i < content->pickle.n_storages && status == MER_OK; i++) {
    const mer__pickle_storage *storage = &content->pickle.storages[i];
    const mer__zip_entry *e = find_in(zip, root, "/data/", storage->key);
    size_t size;
    if (!e) return FAIL_STORAGE(s, storage, "%s", "no such entry");
    status = storage_size(&size, s, storage);
    if (status == MER_OK && size != e->size)
      status = FAIL_STORAGE(s, storage, "%zu bytes, expected %lld elements of %s", e->size,
                            (long long)storage->n_elements, mer__dtype_name(storage->dtype));
    content->bytes[i] = e->data;
  }
  return status;
}

static mer_status read_zip(mer__torch_content *content, const source *s) {
  mer__zip zip = {0};
  const mer__zip_entry *state = NULL;
  mer__pickle_text root = {0};
  size_t used;
  mer_status status;
  MER__CHECK(mer__zip_open(&zip, s->data, s->size, s->path, s->err));
  MER__CHECK(find_root(&state, &root, s, &zip));
  MER__CHECK(check_byte_order(s, &zip, root));
  MER__CHECK(mer__pickle_read(&content->pickle, &used, state->data, pickle_size(state->size),
                              s->path, s->err));
  MER__CHECK(find_zipped(content, s, &zip, root));
cleanup:
  mer__zip_clear(&zip);
  return status;
}

/* The older form */

/* The end of a pickle of the number 0x1950a86a20f9469cfc6c. Before it stand the protocol (2 bytes)
 * and from protocol 4 on a frame (9). */
static const uint8_t magic[] = {0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
enum { PROTO = 0x80, PROTO_BYTES = 2, FRAME = 0x95, FRAME_BYTES = 9 };

/* The bytes of the magic number's pickle; 0: there is none. */
static size_t magic_size(const source *s) {
  size_t at = PROTO_BYTES;
  if (s->size < PROTO_BYTES + FRAME_BYTES + sizeof magic || s->data[0] != PROTO) return 0;
  if (s->data[at] == FRAME) at += FRAME_BYTES;
  return memcmp(s->data + at, magic, sizeof magic) == 0 ? at + sizeof magic : 0;
}

static mer_status next_pickle(mer__pickle *pickle, const source *s, size_t *at) {
  size_t used = 0;
  mer_status status =
      mer__pickle_read(pickle, &used, s->data + *at, pickle_size(s->size - *at), s->path, s->err);
  *at += used;
  return status;
}

static const mer__pickle_value *find_member(const mer__pickle *pickle, const char *key) {
  for (size_t i = 0; i < pickle->n_all_members; i++)
    if (pickle->result.kind == MER__PICKLE_DICT &&
        pickle->members[i].owner == pickle->result.index &&
        mer__pickle_is_text(&pickle->members[i].key, key))
      return &pickle->members[i].value;
  return NULL;
}

/* The version, and whether the machine was a little-endian one. */
static mer_status read_facts(const source *s, size_t *at) {
  mer__pickle version = {0}, facts = {0};
  mer_status status;
  MER__CHECK(next_pickle(&version, s, at));
  if (version.result.kind != MER__PICKLE_INTEGER || version.result.integer != LEGACY_VERSION)
    MER__CHECK(mer__fail(s->err, MER_STATUS_UNSUPPORTED,
                         "%s: torch's form of another version than %d", s->path, LEGACY_VERSION));
  MER__CHECK(next_pickle(&facts, s, at));
  const mer__pickle_value *little = find_member(&facts, "little_endian");
  if (!little || little->kind != MER__PICKLE_BOOL || !little->integer)
    status =
        mer__fail(s->err, MER_STATUS_UNSUPPORTED,
                  "%s: little_endian is not True: written by another kind of machine", s->path);
cleanup:
  mer__pickle_clear(&version);
  mer__pickle_clear(&facts);
  return status;
}

/* A storage that the state dict names, by its key, and its place in the pickle. */
typedef struct wanted {
  const mer__pickle_storage *storage;
  size_t index;
} wanted;

static int compare_keys(const void *a, const void *b) {
  const mer__pickle_text x = ((const wanted *)a)->storage->key,
                         y = ((const wanted *)b)->storage->key;
  const int order = memcmp(x.bytes, y.bytes, x.size < y.size ? x.size : y.size);
  return order ? order : x.size < y.size ? -1 : x.size > y.size;
}

/* The first of those with that key, or NULL. */
static const wanted *find_wanted(const wanted *all, size_t n, mer__pickle_text key) {
  const mer__pickle_storage storage = {.key = key};
  const wanted sought = {&storage, 0};
  const wanted *found = n ? bsearch(&sought, all, n, sizeof *all, compare_keys) : NULL;
  while (found && found > all && compare_keys(found - 1, &sought) == 0) found--;
  return found;
}

/* Gives the bytes at `*at` to all that want this key, and goes on after them. A key is listed once.
 */
static mer_status place_storage(mer__torch_content *content, const source *s, const wanted *all,
                                size_t n, const mer__pickle_value *key, size_t *at) {
  const wanted *first = key->kind == MER__PICKLE_TEXT ? find_wanted(all, n, key->text) : NULL;
  int64_t count;
  size_t size;
  if (!first)
    return mer__fail(s->err, MER_STATUS_FORMAT,
                     "%s: the list of storages has one that no tensor has", s->path);
  if (content->bytes[first->index]) return FAIL_STORAGE(s, first->storage, "%s", "is listed twice");
  mer_status status = storage_size(&size, s, first->storage);
  if (status != MER_OK) return status;
  if (s->size - *at < COUNT_BYTES || s->size - *at - COUNT_BYTES < size)
    return FAIL_STORAGE(s, first->storage, "%zu bytes at byte %zu, but the file has %zu: cut off",
                        size, *at, s->size);
  memcpy(&count, s->data + *at, COUNT_BYTES);
  for (const wanted *w = first; w < all + n && compare_keys(w, first) == 0; w++) {
    if (w->storage->n_elements != count || w->storage->dtype != first->storage->dtype)
      return FAIL_STORAGE(s, w->storage, "%lld elements of %s, expected %lld of %s",
                          (long long)w->storage->n_elements, mer__dtype_name(w->storage->dtype),
                          (long long)count, mer__dtype_name(first->storage->dtype));
    content->bytes[w->index] = s->data + *at + COUNT_BYTES;
  }
  *at += COUNT_BYTES + size;
  return MER_OK;
}

/* Keys are compared, so they are short. */
static mer_status check_keys(const mer__pickle *pickle, const source *s) {
  for (size_t i = 0; i < pickle->n_storages; i++) {
    const mer__pickle_storage *storage = &pickle->storages[i];
    if (storage->key.size > MAX_KEY_BYTES)
      return FAIL_STORAGE(s, storage, "a key of %zu bytes, expected at most %d", storage->key.size,
                          MAX_KEY_BYTES);
  }
  return MER_OK;
}

static mer_status place_storages(mer__torch_content *content, const source *s,
                                 const mer__pickle *keys, size_t at) {
  const size_t n = content->pickle.n_storages;
  wanted *all = mer__calloc(n, sizeof *all);
  if (!all) return mer__fail_memory(s->err);
  mer_status status = allocate_bytes(content, s->err);
  for (size_t i = 0; i < n; i++) all[i] = (wanted){&content->pickle.storages[i], i};
  qsort(all, n, sizeof *all, compare_keys);
  for (size_t i = 0; i < keys->n_all_members && status == MER_OK; i++)
    if (keys->members[i].owner == keys->result.index)
      status = place_storage(content, s, all, n, &keys->members[i].key, &at);
  for (size_t i = 0; i < n && status == MER_OK; i++)
    if (!content->bytes[i])
      status = FAIL_STORAGE(s, &content->pickle.storages[i], "%s", "not in the list of storages");
  mer__free(all);
  if (status == MER_OK && at != s->size)
    status = mer__fail(s->err, MER_STATUS_FORMAT, "%s: the storages end at byte %zu, expected %zu",
                       s->path, at, s->size);
  return status;
}

static mer_status read_legacy(mer__torch_content *content, const source *s) {
  mer__pickle keys = {0};
  size_t at = magic_size(s);
  mer_status status;
  MER__CHECK(read_facts(s, &at));
  MER__CHECK(next_pickle(&content->pickle, s, &at));
  MER__CHECK(next_pickle(&keys, s, &at));
  if (keys.result.kind != MER__PICKLE_LIST)
    MER__CHECK(mer__fail(s->err, MER_STATUS_FORMAT, "%s: no list of storages", s->path));
  MER__CHECK(check_keys(&content->pickle, s));
  MER__CHECK(place_storages(content, s, &keys, at));
cleanup:
  mer__pickle_clear(&keys);
  return status;
}

mer_status mer__torch_content_read(mer__torch_content *content, const uint8_t *data, size_t size,
                                   const char *path, mer_error *err) {
  const source s = {data, size, path, err};
  if (mer__zip_is(data, size)) return read_zip(content, &s);
  if (magic_size(&s)) return read_legacy(content, &s);
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: not a file of torch.save: neither zip nor its older form", path);
}

void mer__torch_content_clear(mer__torch_content *content) {
  mer__pickle_clear(&content->pickle);
  mer__free(content->bytes);
  *content = (mer__torch_content){0};
}
