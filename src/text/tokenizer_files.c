/* tokenizer_files.c: reads the files of a tokenizer, and writes them again. */
#include "text/tokenizer_files.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "tensor/json_memory.h"
#include "text/tokenizer_parts.h"

static const struct {
  const char *name;
  size_t max_bytes;
  bool json;
} kinds[MER__N_TOKENIZER_FILES] = {
    [MER__TOKENIZER_CONFIG] = {"tokenizer_config.json", 1 << 26, true},
    [MER__TOKENIZER_ADDED] = {"added_tokens.json", 1 << 26, true},
    [MER__TOKENIZER_SPECIALS] = {"special_tokens_map.json", 1 << 26, true},
    [MER__TOKENIZER_JSON] = {"tokenizer.json", 1 << 26, true},
    [MER__TOKENIZER_VOCAB] = {"vocab.json", 1 << 26, true},
    [MER__TOKENIZER_MERGES] = {"merges.txt", 1 << 26, false},
    [MER__TOKENIZER_WORDS] = {"vocab.txt", 1 << 28, false},
};

/* Python writes "unlimited" as an integer of 31 digits, so whole numbers beyond 64 bits are not
 * errors in tokenizer_config.json, which has no numbers that have to be exact. A token of a
 * tokenizer.json may be a zero byte. */
static size_t flags_of(mer__tokenizer_file file) {
  if (file == MER__TOKENIZER_CONFIG) return JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL;
  return file == MER__TOKENIZER_JSON ? JSON_DECODE_ANY | JSON_ALLOW_NUL : JSON_DECODE_ANY;
}

static mer_status parse(json_t **out, const char *data, size_t size, mer__tokenizer_file file,
                        const char *path, mer_error *err) {
  json_error_t fault;
  size_t mark = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* byte-order mark */
  *out = mer__json_parse(data + mark, size - mark, flags_of(file), &fault);
  if (!*out && mer__json_no_memory()) return mer__fail_memory(err);
  if (!*out)
    return mer__fail_at(err, MER_STATUS_FORMAT, fault.line, "%s: line %d: expected JSON, found: %s",
                        path, fault.line, fault.text);
  if (json_is_object(*out)) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: expected a JSON object, found another value", path);
}

/* Reads the file of a path that becomes the files'. */
static mer_status read_path(mer__tokenizer_files *files, mer__tokenizer_file file, char *path,
                            mer_error *err) {
  mer_status status;
  char **data = &files->data[file];
  size_t *size = &files->sizes[file];
  files->paths[file] = path;
  MER__CHECK(mer__file_read(data, size, path, kinds[file].max_bytes, err));
  if (kinds[file].json) status = parse(&files->parsed[file], *data, *size, file, path, err);
cleanup:
  return status;
}

mer_status mer__tokenizer_files_read(mer__tokenizer_files *files, mer__tokenizer_file file,
                                     const char *folder, mer_error *err) {
  char *path = mer__path_join(folder, kinds[file].name);
  if (!path) return mer__fail_memory(err);
  if (mer__path_is_there(path)) return read_path(files, file, path, err);
  mer__free(path);
  return MER_OK;
}

mer_status mer__tokenizer_files_read_words(mer__tokenizer_files *files, const char *path,
                                           mer_error *err) {
  char *copy = mer__strdup(path);
  return copy ? read_path(files, MER__TOKENIZER_WORDS, copy, err) : mer__fail_memory(err);
}

void mer__tokenizer_files_forget(mer__tokenizer_files *files) {
  for (int i = 0; i < MER__N_TOKENIZER_FILES; i++) {
    json_decref(files->parsed[i]);
    files->parsed[i] = NULL;
  }
}

void mer__tokenizer_files_drop(mer__tokenizer_files *files, mer__tokenizer_file file) {
  json_decref(files->parsed[file]);
  mer__free(files->data[file]);
  mer__free(files->paths[file]);
  files->parsed[file] = NULL;
  files->data[file] = files->paths[file] = NULL;
  files->sizes[file] = 0;
}

void mer__tokenizer_files_clear(mer__tokenizer_files *files) {
  for (int i = 0; i < MER__N_TOKENIZER_FILES; i++)
    mer__tokenizer_files_drop(files, (mer__tokenizer_file)i);
  *files = (mer__tokenizer_files){0};
}

mer_status mer__tokenizer_write(const mer_tokenizer *tokenizer, const char *folder,
                                mer_error *err) {
  const mer__tokenizer_files *files = &tokenizer->files;
  mer_status status = MER_OK;
  for (int i = 0; i < MER__N_TOKENIZER_FILES && status == MER_OK; i++)
    if (files->data[i])
      status = mer__folder_write(folder, kinds[i].name, files->data[i], files->sizes[i], err);
  return status;
}
