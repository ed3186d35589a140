/* zip.c: the directory of a zip file.
 * Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to
 * 4.3.16 (its end, and that of zip64), 4.5.3 (the zip64 field). No offset or size of the file is
 * used before it is checked. */
#include "tensor/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/little_endian.h"

enum {
  LOCAL_BYTES = 30,
  HEADER_BYTES = 46, /* of an entry in the directory */
  END_BYTES = 22,
  END64_BYTES = 56,
  LOCATOR_BYTES = 20,
  MAX_COMMENT_BYTES = 65535,
  ZIP64_FIELD = 1,
  ENCRYPTED = 1,
};

static const char local_mark[4] = {'P', 'K', 3, 4}, header_mark[4] = {'P', 'K', 1, 2},
                  end_mark[4] = {'P', 'K', 5, 6}, end64_mark[4] = {'P', 'K', 6, 6},
                  locator_mark[4] = {'P', 'K', 6, 7};

/* The file, and what its end says of the directory. */
typedef struct reader {
  const uint8_t *data;
  size_t size;
  uint64_t begin, end, n; /* the directory's bytes and entries */
  const char *path;
  mer_error *err;
} reader;

/* What the directory says of an entry. */
typedef struct header {
  const char *name;
  size_t name_size;
  uint64_t size, packed_size, offset;
} header;

#define FAIL(r, status, ...) mer__fail((r)->err, status, "%s: zip: " __VA_ARGS__)
#define FAIL_ENTRY(r, status, h, format, ...)                              \
  mer__fail((r)->err, status, "%s: zip: entry '%.*s': " format, (r)->path, \
            (int)((h)->name_size < 100 ? (h)->name_size : 100), (h)->name, __VA_ARGS__)

static bool has_mark(const reader *r, uint64_t at, uint64_t n_bytes, const char *mark) {
  return at <= r->size && n_bytes <= r->size - at && memcmp(r->data + at, mark, 4) == 0;
}

bool mer__zip_is(const uint8_t *data, size_t size) {
  return size >= sizeof local_mark && memcmp(data, local_mark, sizeof local_mark) == 0;
}

/* The end of the directory stands at the end of the file, before a comment that it tells of. */
static mer_status find_end(uint64_t *at, const reader *r) {
  for (size_t comment = 0; comment <= MAX_COMMENT_BYTES && comment + END_BYTES <= r->size;
       comment++) {
    *at = r->size - END_BYTES - comment;
    if (has_mark(r, *at, END_BYTES, end_mark) &&
        mer__little_endian(r->data + *at + 20, 2) == comment)
      return MER_OK;
  }
  return FAIL(r, MER_STATUS_FORMAT, "no end of the directory: the file is cut off", r->path);
}

/* The longer form of the end, which a locator before the shorter one leads to, if there is one. */
static mer_status read_end64(reader *r, uint64_t end) {
  if (end < LOCATOR_BYTES || !has_mark(r, end - LOCATOR_BYTES, LOCATOR_BYTES, locator_mark))
    return MER_OK;
  const uint64_t at = mer__little_endian(r->data + end - LOCATOR_BYTES + 8, 8);
  if (!has_mark(r, at, END64_BYTES, end64_mark))
    return FAIL(r, MER_STATUS_FORMAT, "no zip64 end of the directory at byte %llu", r->path,
                (unsigned long long)at);
  const uint8_t *e = r->data + at;
  if (mer__little_endian(e + 16, 4) || mer__little_endian(e + 20, 4) ||
      mer__little_endian(e + 24, 8) != mer__little_endian(e + 32, 8))
    return FAIL(r, MER_STATUS_UNSUPPORTED, "one of several volumes", r->path);
  r->n = mer__little_endian(e + 32, 8);
  r->begin = mer__little_endian(e + 48, 8);
  r->end = mer__little_endian(e + 40, 8);
  return MER_OK;
}

static mer_status read_end(reader *r) {
  uint64_t at = 0;
  mer_status status = find_end(&at, r);
  if (status != MER_OK) return status;
  const uint8_t *e = r->data + at;
  if (mer__little_endian(e + 4, 2) || mer__little_endian(e + 6, 2) ||
      mer__little_endian(e + 8, 2) != mer__little_endian(e + 10, 2))
    return FAIL(r, MER_STATUS_UNSUPPORTED, "one of several volumes", r->path);
  r->n = mer__little_endian(e + 10, 2);
  r->end = mer__little_endian(e + 12, 4); /* its size, at first */
  r->begin = mer__little_endian(e + 16, 4);
  status = read_end64(r, at);
  if (status != MER_OK) return status;
  if (r->begin > at || r->end > at - r->begin || r->n > r->end / HEADER_BYTES)
    return FAIL(r, MER_STATUS_FORMAT,
                "a directory of %llu entries and %llu bytes at byte %llu, but its end is at %llu",
                r->path, (unsigned long long)r->n, (unsigned long long)r->end,
                (unsigned long long)r->begin, (unsigned long long)at);
  r->end += r->begin;
  return MER_OK;
}

/* The zip64 field of an entry has, in this order, those numbers that do not fit in 32 bits. */
static mer_status read_zip64_field(header *h, const reader *r, const uint8_t *extra, size_t size) {
  uint64_t *const wide[] = {&h->size, &h->packed_size, &h->offset};
  while (size >= 4) {
    const size_t field = mer__little_endian(extra + 2, 2);
    if (field > size - 4) break;
    const uint8_t *at = extra + 4, *end = at + field;
    const bool is_zip64 = mer__little_endian(extra, 2) == ZIP64_FIELD;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0] && is_zip64; i++) {
      if (*wide[i] != UINT32_MAX) continue;
      if (end - at < 8)
        return FAIL_ENTRY(r, MER_STATUS_FORMAT, h, "%s", "its zip64 field is cut off");
      *wide[i] = mer__little_endian(at, 8);
      at += 8;
    }
    extra += 4 + field;
    size -= 4 + field;
  }
  return MER_OK;
}

/* A relative path that does not leave its folder. */
static bool is_plain_name(const char *name, size_t size) {
  if (!size || name[0] == '/' || memchr(name, '\\', size) || memchr(name, 0, size)) return false;
  for (size_t i = 0, begin = 0; i <= size; i++) {
    if (i < size && name[i] != '/') continue;
    if (i - begin == 2 && name[begin] == '.' && name[begin + 1] == '.') return false;
    begin = i + 1;
  }
  return true;
}

static mer_status check_header(const reader *r, const header *h, const uint8_t *at) {
  if (!is_plain_name(h->name, h->name_size))
    return FAIL_ENTRY(r, MER_STATUS_FORMAT, h, "%s", "its name leads out of the file");
  if (mer__little_endian(at + 8, 2) & ENCRYPTED)
    return FAIL_ENTRY(r, MER_STATUS_UNSUPPORTED, h, "%s", "is encrypted");
  if (mer__little_endian(at + 10, 2) != 0)
    return FAIL_ENTRY(r, MER_STATUS_UNSUPPORTED, h,
                      "is compressed by method %d, expected stored as it is",
                      (int)mer__little_endian(at + 10, 2));
  if (h->size != h->packed_size)
    return FAIL_ENTRY(r, MER_STATUS_FORMAT, h, "%llu bytes are stored, expected %llu",
                      (unsigned long long)h->packed_size, (unsigned long long)h->size);
  return MER_OK;
}

/* Reads the entry of the directory at `*at` and goes to the next. */
static mer_status read_header(header *h, const reader *r, uint64_t *at) {
  if (*at > r->end || r->end - *at < HEADER_BYTES || !has_mark(r, *at, HEADER_BYTES, header_mark))
    return FAIL(r, MER_STATUS_FORMAT, "no entry of the directory at byte %llu", r->path,
                (unsigned long long)*at);
  const uint8_t *e = r->data + *at;
  const size_t name = mer__little_endian(e + 28, 2), extra = mer__little_endian(e + 30, 2),
               comment = mer__little_endian(e + 32, 2);
  if (name + extra + comment > r->end - *at - HEADER_BYTES)
    return FAIL(r, MER_STATUS_FORMAT, "the entry of the directory at byte %llu is cut off", r->path,
                (unsigned long long)*at);
  *h = (header){.name = (const char *)e + HEADER_BYTES,
                .name_size = name,
                .packed_size = mer__little_endian(e + 20, 4),
                .size = mer__little_endian(e + 24, 4),
                .offset = mer__little_endian(e + 42, 4)};
  mer_status status = read_zip64_field(h, r, e + HEADER_BYTES + name, extra);
  if (status == MER_OK) status = check_header(r, h, e);
  *at += HEADER_BYTES + name + extra + comment;
  return status;
}

/* Finds an entry's bytes after its local header, which must have the same name; all of it lies
 * before the directory. */
static mer_status find_data(mer__zip_entry *entry, const reader *r, const header *h) {
  const uint64_t limit = r->begin;
  if (h->offset > limit || limit - h->offset < LOCAL_BYTES ||
      !has_mark(r, h->offset, LOCAL_BYTES, local_mark))
    return FAIL_ENTRY(r, MER_STATUS_FORMAT, h, "no header at byte %llu",
                      (unsigned long long)h->offset);
  const uint8_t *local = r->data + h->offset;
  const uint64_t name = mer__little_endian(local + 26, 2),
                 before = LOCAL_BYTES + name + mer__little_endian(local + 28, 2);
  if (before > limit - h->offset || h->size > limit - h->offset - before)
    return FAIL_ENTRY(
        r, MER_STATUS_FORMAT, h, "%llu bytes at byte %llu, the directory begins at %llu",
        (unsigned long long)h->size, (unsigned long long)h->offset, (unsigned long long)limit);
  if (name != h->name_size || memcmp(local + LOCAL_BYTES, h->name, h->name_size) != 0)
    return FAIL_ENTRY(r, MER_STATUS_FORMAT, h, "another name in its header at byte %llu",
                      (unsigned long long)h->offset);
  *entry = (mer__zip_entry){h->name, h->name_size, local + before, (size_t)h->size};
  return MER_OK;
}

static int compare_data(const void *a, const void *b) {
  const mer__zip_entry *x = a, *y = b;
  if (x->data != y->data) return x->data < y->data ? -1 : 1;
  return x->size < y->size ? -1 : x->size > y->size;
}

static int compare_names(const void *a, const void *b) {
  const mer__zip_entry *x = a, *y = b;
  const size_t size = x->name_size < y->name_size ? x->name_size : y->name_size;
  const int order = memcmp(x->name, y->name, size);
  return order ? order : x->name_size < y->name_size ? -1 : x->name_size > y->name_size;
}

/* Sorts the entries by name; no two share bytes or a name. */
static mer_status sort_entries(mer__zip *zip, const reader *r) {
  qsort(zip->entries, zip->n, sizeof *zip->entries, compare_data);
  for (size_t i = 1; i < zip->n; i++) {
    const mer__zip_entry *before = &zip->entries[i - 1], *e = &zip->entries[i];
    if ((size_t)(e->data - before->data) < before->size)
      return FAIL_ENTRY(r, MER_STATUS_FORMAT, e, "its bytes are another entry's, '%.*s'",
                        (int)(before->name_size < 100 ? before->name_size : 100), before->name);
  }
  qsort(zip->entries, zip->n, sizeof *zip->entries, compare_names);
  for (size_t i = 1; i < zip->n; i++)
    if (compare_names(&zip->entries[i - 1], &zip->entries[i]) == 0)
      return FAIL_ENTRY(r, MER_STATUS_FORMAT, &zip->entries[i], "%s", "is there twice");
  return MER_OK;
}

mer_status mer__zip_open(mer__zip *zip, const uint8_t *data, size_t size, const char *path,
                         mer_error *err) {
  reader r = {.data = data, .size = size, .path = path, .err = err};
  mer_status status = read_end(&r);
  if (status != MER_OK) return status;
  zip->entries = mer__calloc((size_t)r.n, sizeof *zip->entries);
  if (!zip->entries) return mer__fail_memory(err);
  for (uint64_t at = r.begin; zip->n < r.n && status == MER_OK; zip->n++) {
    header h;
    status = read_header(&h, &r, &at);
    if (status == MER_OK) status = find_data(&zip->entries[zip->n], &r, &h);
  }
  return status == MER_OK ? sort_entries(zip, &r) : status;
}

void mer__zip_clear(mer__zip *zip) {
  mer__free(zip->entries);
  *zip = (mer__zip){0};
}

const mer__zip_entry *mer__zip_find(const mer__zip *zip, const char *name, size_t name_size) {
  const mer__zip_entry key = {.name = name, .name_size = name_size};
  return zip->n ? bsearch(&key, zip->entries, zip->n, sizeof key, compare_names) : NULL;
}
