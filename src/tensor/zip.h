/* zip.h: the entries of a zip file that are stored as they are, as torch.save writes them.
 *
 * Nothing is ever inflated or unpacked: an entry is a view of the mapped file. That is why no
 * library reads it here: libzip gives no offset of an entry's bytes, and would copy hundreds of
 * megabytes; minizip has one, but reads by itself and leaves overlaps, duplicates and the checks of
 * both headers to its caller, which are most of zip.c. */
#ifndef MER_TENSOR_ZIP_H
#define MER_TENSOR_ZIP_H

#include "mer/base.h"

typedef struct mer__zip_entry {
  const char *name; /* [name_size], in the file */
  size_t name_size;
  const uint8_t *data; /* [size], in the file */
  size_t size;
} mer__zip_entry;

/** Zero-initialize. */
typedef struct mer__zip {
  mer__zip_entry *entries; /* [n], in the order of the names */
  size_t n;
} mer__zip;

/** Whether a file begins as a zip file does. */
bool mer__zip_is(const uint8_t *data, size_t size);

/** Reads the directory of the zip file `data` [size], which the entries are views of; `path` is for
 * the messages. MER_STATUS_FORMAT: cut off, an entry outside of the file, two that share bytes or a
 * name, a name that leads elsewhere; MER_STATUS_UNSUPPORTED: an entry that is compressed or
 * encrypted, a file in several volumes. */
mer_status mer__zip_open(mer__zip *zip, const uint8_t *data, size_t size, const char *path,
                         mer_error *err);
/** Accepts a zeroed one. */
void mer__zip_clear(mer__zip *zip);

/** The entry of that name, or NULL. */
const mer__zip_entry *mer__zip_find(const mer__zip *zip, const char *name, size_t name_size);

#endif
