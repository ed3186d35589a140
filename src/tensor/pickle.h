/* pickle.h: reads the pickles that torch.save writes, and nothing else.
 *
 * A pickle is a program for a stack machine; Python's own reader lets it import and call whatever
 * it likes. This one knows how tensors are rebuilt: numbers, texts, tuples, lists, dicts, the
 * classes and functions of the table in pickle_classes.c. Anything else is refused by its name.
 * Nothing is ever executed: a tensor is written down as the storage that it lies in, offset, shape
 * and strides, which are not checked here. No function calls itself, whatever the nesting; stack
 * and memo have limits, and each byte of the pickle makes at most a few values. */
#ifndef MER_TENSOR_PICKLE_H
#define MER_TENSOR_PICKLE_H

#include "mer/tensor.h"

typedef enum mer__pickle_kind {
  MER__PICKLE_NONE,
  MER__PICKLE_BOOL,
  MER__PICKLE_INTEGER,
  MER__PICKLE_REAL, /* its value is not kept */
  MER__PICKLE_TEXT,
  MER__PICKLE_TUPLE,
  MER__PICKLE_LIST,
  MER__PICKLE_DICT,
  MER__PICKLE_CLASS, /* a row of the table in pickle_classes.c */
  MER__PICKLE_STORAGE,
  MER__PICKLE_TENSOR,
} mer__pickle_kind;

typedef struct mer__pickle_text {
  const char *bytes; /* [size], in the pickle */
  size_t size;
} mer__pickle_text;

typedef struct mer__pickle_class mer__pickle_class;

typedef struct mer__pickle_value {
  mer__pickle_kind kind;
  union {
    int64_t integer; /* also of a truth value */
    mer__pickle_text text;
    struct {
      size_t first, n; /* in `items` */
    } tuple;
    size_t index; /* of a list or dict, a storage, or a tensor */
    const mer__pickle_class *type;
  };
} mer__pickle_value;

/** What a list or a dict holds: its index, and in order of their coming its members. */
typedef struct mer__pickle_member {
  size_t owner;
  mer__pickle_value key, value; /* of a list the key alone */
} mer__pickle_member;

/** An array of bytes somewhere in the file. */
typedef struct mer__pickle_storage {
  mer_dtype dtype;
  mer__pickle_text key;
  int64_t n_elements;
} mer__pickle_storage;

typedef struct mer__pickle_tensor {
  size_t storage; /* index */
  int64_t offset; /* in elements */
  int rank;
  int64_t shape[MER_MAX_RANK], strides[MER_MAX_RANK];
} mer__pickle_tensor;

/** What a pickle has made. Zero-initialize. */
typedef struct mer__pickle {
  mer__pickle_value result;
  mer__pickle_value *items; /* of all tuples */
  mer__pickle_member *members;
  size_t *n_members; /* of each list and dict */
  mer__pickle_storage *storages;
  mer__pickle_tensor *tensors;
  size_t n_items, n_all_members, n_containers, n_storages, n_tensors;
  size_t items_capacity, members_capacity, containers_capacity, storages_capacity, tensors_capacity;
} mer__pickle;

/** Reads the pickle at the beginning of `data` [size]; `*used`: its bytes. `path` is for messages,
 * which have the byte, too. MER_STATUS_FORMAT: it is not a whole pickle of tensors;
 * MER_STATUS_UNSUPPORTED: it asks for something else; MER_STATUS_LIMIT; MER_STATUS_NO_MEMORY. */
mer_status mer__pickle_read(mer__pickle *pickle, size_t *used, const uint8_t *data, size_t size,
                            const char *path, mer_error *err);
/** Accepts a zeroed one. */
void mer__pickle_clear(mer__pickle *pickle);

/** "a dict", "a whole number": for messages. */
const char *mer__pickle_kind_name(mer__pickle_kind kind);
/** Whether it is that text. */
bool mer__pickle_is_text(const mer__pickle_value *value, const char *text);

#endif
