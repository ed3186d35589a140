/* pickle_classes.h: the classes and functions that a pickle of tensors may name. */
#ifndef MER_TENSOR_PICKLE_CLASSES_H
#define MER_TENSOR_PICKLE_CLASSES_H

#include "tensor/pickle.h"

/** What a call of it makes. */
typedef enum mer__pickle_maker {
  MER__MAKES_STORAGE,   /* not called: the type of a storage */
  MER__MAKES_DICT,      /* an empty dict */
  MER__MAKES_TENSOR,    /* storage, offset, shape, strides, and what training needs */
  MER__MAKES_PARAMETER, /* of a tensor the same tensor */
} mer__pickle_maker;

struct mer__pickle_class {
  const char *module, *name;
  mer__pickle_maker makes;
  mer_dtype dtype;              /* of a storage */
  size_t least_args, most_args; /* of a call */
};

/** The class or function of that name, or NULL. */
const mer__pickle_class *mer__pickle_class_find(mer__pickle_text module, mer__pickle_text name);

/** What the call `type`(`args`) makes, where `args` is a tuple. MER_STATUS_FORMAT. */
mer_status mer__pickle_call(mer__pickle_value *out, mer__pickle *pickle,
                            const mer__pickle_class *type, const mer__pickle_value *args,
                            mer_error *err);
/** The storage that a persistent id names: ('storage', type, key, place, number of elements), in
 * the older form with None at the end. MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED. */
mer_status mer__pickle_load_storage(mer__pickle_value *out, mer__pickle *pickle,
                                    const mer__pickle_value *id, mer_error *err);

/** A new empty list or dict. */
mer_status mer__pickle_new_container(mer__pickle_value *out, mer__pickle *pickle,
                                     mer__pickle_kind kind, mer_error *err);

#endif
