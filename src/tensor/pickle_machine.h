/* pickle_machine.h: the stack machine that a pickle is a program for: how its opcodes take bytes of
 * the pickle and put values on the stack. Each function fails with the byte of the opcode. */
#ifndef MER_TENSOR_PICKLE_MACHINE_H
#define MER_TENSOR_PICKLE_MACHINE_H

#include "base/error.h"
#include "tensor/pickle.h"

/** Zero-initialize; set `out`, `data`, `size`, `path` and `err`. */
typedef struct mer__pickle_machine {
  mer__pickle *out;
  const uint8_t *data;
  size_t size, at, opcode_at;
  mer__pickle_value *stack, *memo;
  bool *memo_is_set;
  size_t *marks; /* heights of the stack */
  size_t n_stack, stack_capacity, n_marks, marks_capacity, n_memo, memo_capacity, set_capacity;
  bool stopped;
  const char *path;
  mer_error *err;
} mer__pickle_machine;

#define MER__PICKLE_FAIL(m, status, ...) \
  mer__fail_at((m)->err, status, (int64_t)(m)->opcode_at, "%s: pickle, byte %zu: " __VA_ARGS__)
#define MER__PICKLE_FORMAT(m, format, ...) \
  MER__PICKLE_FAIL(m, MER_STATUS_FORMAT, format, (m)->path, (m)->opcode_at, __VA_ARGS__)

/** The next bytes of the pickle: `n`; a little-endian number; a line without its end. */
mer_status mer__pickle_take(const uint8_t **bytes, mer__pickle_machine *m, uint64_t n);
mer_status mer__pickle_take_number(uint64_t *number, mer__pickle_machine *m, int n_bytes);
mer_status mer__pickle_take_line(mer__pickle_text *line, mer__pickle_machine *m);

/** Values below this height are out of reach: they lie below the last mark. */
size_t mer__pickle_bottom(const mer__pickle_machine *m);
mer_status mer__pickle_push(mer__pickle_machine *m, mer__pickle_value v);
mer_status mer__pickle_pop(mer__pickle_value *v, mer__pickle_machine *m);
/** The value on top, which must be of that kind; it stays. */
mer_status mer__pickle_peek(mer__pickle_value *v, const mer__pickle_machine *m,
                            mer__pickle_kind kind);
mer_status mer__pickle_push_mark(mer__pickle_machine *m);
/** Takes the last mark away; the values above it begin at `*first`. */
mer_status mer__pickle_pop_mark(size_t *first, mer__pickle_machine *m);

/** Makes a tuple of the values from `first` on. */
mer_status mer__pickle_make_tuple(mer__pickle_machine *m, size_t first);
/** The values from `first` on go, one by one or in pairs, into the list or dict below them. */
mer_status mer__pickle_add_members(mer__pickle_machine *m, size_t first, mer__pickle_kind kind);

/** The value on top becomes the memo's entry `index`, and stays. */
mer_status mer__pickle_put(mer__pickle_machine *m, uint64_t index);
/** The memo's entry `index`, which must be there. */
mer_status mer__pickle_get(mer__pickle_value *v, mer__pickle_machine *m, uint64_t index);

void mer__pickle_machine_clear(mer__pickle_machine *m);

#endif
