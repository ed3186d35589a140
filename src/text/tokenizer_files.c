/* tokenizer_files.c: reads the JSON files beside a vocabulary. */
#include "text/tokenizer_files.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "tensor/json_memory.h"

enum { MAX_BYTES = 1 << 26 };

static const char *const names[MER__N_TOKENIZER_FILES] = {
    "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"};

/* Python writes "unlimited" as an integer of 31 digits, so whole numbers beyond 64 bits are not
 * errors; only the ids of added_tokens.json have to be exact. */
static mer_status parse(json_t **out, const char *data, size_t size, mer__tokenizer_file file,
                        const char *path, mer_error *err) {
  json_error_t fault;
  size_t mark = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* byte-order mark */
  size_t flags = JSON_DECODE_ANY | (file == MER__TOKENIZER_ADDED ? 0 : JSON_DECODE_INT_AS_REAL);
  *out = mer__json_parse(data + mark, size - mark, flags, &fault);
  if (!*out && mer__json_no_memory()) return mer__fail_memory(err);
  if (!*out)
    return mer__fail_at(err, MER_STATUS_FORMAT, fault.line, "%s: line %d: expected JSON, found: %s",
                        path, fault.line, fault.text);
  if (json_is_object(*out)) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: expected a JSON object, found another value", path);
}

static mer_status read_one(mer__tokenizer_files *files, mer__tokenizer_file file,
                           const char *folder, mer_error *err) {
  mer_status status = MER_OK;
  char *path = mer__path_join(folder, names[file]);
  if (!path) return mer__fail_memory(err);
  if (!mer__path_is_file(path)) goto cleanup;
  MER__CHECK(mer__file_read(&files->data[file], &files->sizes[file], path, MAX_BYTES, err));
  MER__CHECK(parse(&files->parsed[file], files->data[file], files->sizes[file], file, path, err));
cleanup:
  mer__free(path);
  return status;
}

mer_status mer__tokenizer_files_read(mer__tokenizer_files *files, const char *folder,
                                     mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < MER__N_TOKENIZER_FILES && status == MER_OK; i++)
    status = read_one(files, (mer__tokenizer_file)i, folder, err);
  return status;
}

void mer__tokenizer_files_forget(mer__tokenizer_files *files) {
  for (int i = 0; i < MER__N_TOKENIZER_FILES; i++) {
    json_decref(files->parsed[i]);
    files->parsed[i] = NULL;
  }
}

void mer__tokenizer_files_clear(mer__tokenizer_files *files) {
  mer__tokenizer_files_forget(files);
  for (int i = 0; i < MER__N_TOKENIZER_FILES; i++) mer__free(files->data[i]);
  *files = (mer__tokenizer_files){0};
}

mer_status mer__tokenizer_files_write(const mer__tokenizer_files *files, const char *folder,
                                      mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < MER__N_TOKENIZER_FILES && status == MER_OK; i++)
    if (files->data[i])
      status = mer__folder_write(folder, names[i], files->data[i], files->sizes[i], err);
  return status;
}
