/* pickle_classes.c: the classes and functions that a pickle of tensors may name, and what their
 * calls make.
 * Source: torch/serialization.py (persistent_id), torch/_utils.py (_rebuild_*), 2.x and 1.x.
 *
 * Not in the table, as a state dict of dense tensors has none of them: torch.Size (shapes are
 * plain tuples), _get_layout and _rebuild_sparse_tensor (sparse tensors), UntypedStorage with
 * _rebuild_tensor_v3 (element types such as float8, which mer does not have), _load_from_bytes (a
 * pickle within the pickle), numpy's, and any class of a user. */
#include "tensor/pickle_classes.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { MAX_TENSORS = 1 << 20, MAX_CONTAINERS = 1 << 22 };

#define STORAGE(name, dtype) \
  { "torch", name "Storage", MER__MAKES_STORAGE, dtype, 0, 0 }

static const mer__pickle_class classes[] = {
    {"collections", "OrderedDict", MER__MAKES_DICT, 0, 0, 0},
    {"torch._utils", "_rebuild_tensor", MER__MAKES_TENSOR, 0, 4, 4},
    {"torch._utils", "_rebuild_tensor_v2", MER__MAKES_TENSOR, 0, 6, 7},
    {"torch._utils", "_rebuild_parameter", MER__MAKES_PARAMETER, 0, 3, 3},
    STORAGE("Float", MER_DTYPE_F32),
    STORAGE("Half", MER_DTYPE_F16),
    STORAGE("BFloat16", MER_DTYPE_BF16),
    STORAGE("Double", MER_DTYPE_F64),
    STORAGE("Long", MER_DTYPE_I64),
    STORAGE("Int", MER_DTYPE_I32),
    STORAGE("Short", MER_DTYPE_I16),
    STORAGE("Char", MER_DTYPE_I8),
    STORAGE("Byte", MER_DTYPE_U8),
    STORAGE("Bool", MER_DTYPE_BOOL),
};

static bool equal(mer__pickle_text text, const char *expected) {
  return text.size == strlen(expected) && memcmp(text.bytes, expected, text.size) == 0;
}

const mer__pickle_class *mer__pickle_class_find(mer__pickle_text module, mer__pickle_text name) {
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (equal(module, classes[i].module) && equal(name, classes[i].name)) return &classes[i];
  return NULL;
}

bool mer__pickle_is_text(const mer__pickle_value *value, const char *text) {
  return value->kind == MER__PICKLE_TEXT && equal(value->text, text);
}

mer_status mer__pickle_new_container(mer__pickle_value *out, mer__pickle *pickle,
                                     mer__pickle_kind kind, mer_error *err) {
  if (pickle->n_containers == MAX_CONTAINERS)
    return mer__fail(err, MER_STATUS_LIMIT, "more than %d lists and dicts", MAX_CONTAINERS);
  if (mer__grow(&pickle->n_members, &pickle->containers_capacity, pickle->n_containers + 1,
                sizeof *pickle->n_members) != 0)
    return mer__fail_memory(err);
  pickle->n_members[pickle->n_containers] = 0;
  *out = (mer__pickle_value){.kind = kind, .index = pickle->n_containers++};
  return MER_OK;
}

/* Copies a tuple of whole numbers. */
static mer_status read_numbers(int64_t *out, int *n, const mer__pickle *pickle,
                               const mer__pickle_value *tuple, const char *what, mer_error *err) {
  if (tuple->kind != MER__PICKLE_TUPLE)
    return mer__fail(err, MER_STATUS_FORMAT, "a tensor's %s is %s, expected a tuple", what,
                     mer__pickle_kind_name(tuple->kind));
  if (tuple->tuple.n > MER_MAX_RANK)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "a tensor of %zu dimensions, at most %d are supported", tuple->tuple.n,
                     MER_MAX_RANK);
  *n = (int)tuple->tuple.n;
  for (int i = 0; i < *n; i++) {
    const mer__pickle_value *item = &pickle->items[tuple->tuple.first + (size_t)i];
    if (item->kind != MER__PICKLE_INTEGER)
      return mer__fail(err, MER_STATUS_FORMAT, "a tensor's %s has %s, expected whole numbers", what,
                       mer__pickle_kind_name(item->kind));
    out[i] = item->integer;
  }
  return MER_OK;
}

/* Arguments: storage, offset, shape, strides, and from the fifth on what changes no value: whether
 * it has a gradient, hooks, and bits, of which none may be set (conjugate, negative). */
static mer_status make_tensor(mer__pickle_value *out, mer__pickle *pickle,
                              const mer__pickle_value *args, size_t n, mer_error *err) {
  mer__pickle_tensor tensor = {0};
  int n_strides;
  mer_status status;
  if (args[0].kind != MER__PICKLE_STORAGE || args[1].kind != MER__PICKLE_INTEGER)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "a tensor of %s at %s, expected a storage and a whole number",
                     mer__pickle_kind_name(args[0].kind), mer__pickle_kind_name(args[1].kind));
  tensor.storage = args[0].index;
  tensor.offset = args[1].integer;
  MER__CHECK(read_numbers(tensor.shape, &tensor.rank, pickle, &args[2], "shape", err));
  MER__CHECK(read_numbers(tensor.strides, &n_strides, pickle, &args[3], "strides", err));
  if (tensor.rank != n_strides)
    return mer__fail(err, MER_STATUS_FORMAT, "a tensor of %d dimensions with %d strides",
                     tensor.rank, n_strides);
  if (n > 6 && args[6].kind != MER__PICKLE_NONE &&
      !(args[6].kind == MER__PICKLE_DICT && pickle->n_members[args[6].index] == 0))
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "a tensor with a conjugate or negative bit");
  if (pickle->n_tensors == MAX_TENSORS)
    return mer__fail(err, MER_STATUS_LIMIT, "more than %d tensors", MAX_TENSORS);
  if (mer__grow(&pickle->tensors, &pickle->tensors_capacity, pickle->n_tensors + 1,
                sizeof *pickle->tensors) != 0)
    return mer__fail_memory(err);
  pickle->tensors[pickle->n_tensors] = tensor;
  *out = (mer__pickle_value){.kind = MER__PICKLE_TENSOR, .index = pickle->n_tensors++};
cleanup:
  return status;
}

mer_status mer__pickle_call(mer__pickle_value *out, mer__pickle *pickle,
                            const mer__pickle_class *type, const mer__pickle_value *args,
                            mer_error *err) {
  const size_t n = args->tuple.n;
  const mer__pickle_value *items = pickle->items + args->tuple.first;
  if (type->makes == MER__MAKES_STORAGE || n < type->least_args || n > type->most_args)
    return mer__fail(err, MER_STATUS_FORMAT, "a call of '%s.%s' with %zu arguments", type->module,
                     type->name, n);
  if (type->makes == MER__MAKES_DICT)
    return mer__pickle_new_container(out, pickle, MER__PICKLE_DICT, err);
  if (type->makes == MER__MAKES_TENSOR) return make_tensor(out, pickle, items, n, err);
  if (items[0].kind != MER__PICKLE_TENSOR)
    return mer__fail(err, MER_STATUS_FORMAT, "a parameter of %s, expected a tensor",
                     mer__pickle_kind_name(items[0].kind));
  *out = items[0];
  return MER_OK;
}

static bool is_storage_id(const mer__pickle_value *items, size_t n) {
  return (n == 5 || n == 6) && mer__pickle_is_text(&items[0], "storage") &&
         items[1].kind == MER__PICKLE_CLASS && items[1].type->makes == MER__MAKES_STORAGE &&
         items[2].kind == MER__PICKLE_TEXT && items[3].kind == MER__PICKLE_TEXT &&
         items[4].kind == MER__PICKLE_INTEGER && items[4].integer >= 0;
}

mer_status mer__pickle_load_storage(mer__pickle_value *out, mer__pickle *pickle,
                                    const mer__pickle_value *id, mer_error *err) {
  const size_t n = id->kind == MER__PICKLE_TUPLE ? id->tuple.n : 0;
  const mer__pickle_value *items = n ? pickle->items + id->tuple.first : NULL;
  if (!is_storage_id(items, n))
    return mer__fail(err, MER_STATUS_FORMAT,
                     "a persistent id that is not ('storage', type, key, place, size)");
  if (n == 6 && items[5].kind != MER__PICKLE_NONE)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "a storage that is a view of another one");
  if (pickle->n_storages == MAX_TENSORS)
    return mer__fail(err, MER_STATUS_LIMIT, "more than %d storages", MAX_TENSORS);
  if (mer__grow(&pickle->storages, &pickle->storages_capacity, pickle->n_storages + 1,
                sizeof *pickle->storages) != 0)
    return mer__fail_memory(err);
  pickle->storages[pickle->n_storages] =
      (mer__pickle_storage){items[1].type->dtype, items[2].text, items[4].integer};
  *out = (mer__pickle_value){.kind = MER__PICKLE_STORAGE, .index = pickle->n_storages++};
  return MER_OK;
}
