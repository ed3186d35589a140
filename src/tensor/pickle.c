/* pickle.c: the opcodes.
 * Source: CPython 3.11, Lib/pickletools.py (the opcodes) and Lib/pickle.py (_Unpickler). Here are
 * those that torch.save uses in protocols 1 to 4, and the texts of Python 2; protocol 0 cannot name
 * a storage. */
#include "tensor/pickle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tensor/pickle_classes.h"
#include "tensor/pickle_machine.h"

enum { MAX_PROTOCOL = 5 };

typedef mer__pickle_value value;
typedef mer__pickle_machine machine;

#define FAIL MER__PICKLE_FAIL
#define FORMAT MER__PICKLE_FORMAT

/* Frame and end */

static mer_status do_proto(machine *m) {
  uint64_t version = 0;
  mer_status status = mer__pickle_take_number(&version, m, 1);
  if (status != MER_OK || version <= MAX_PROTOCOL) return status;
  return FAIL(m, MER_STATUS_UNSUPPORTED, "protocol %d, at most %d is read", m->path, m->opcode_at,
              (int)version, MAX_PROTOCOL);
}

static mer_status do_frame(machine *m) {
  uint64_t size = 0;
  mer_status status = mer__pickle_take_number(&size, m, 8);
  if (status != MER_OK || size <= m->size - m->at) return status;
  return FORMAT(m, "a frame of %" PRIu64 " bytes, %zu are left", size, m->size - m->at);
}

static mer_status do_stop(machine *m) {
  if (m->n_marks || m->n_stack != 1)
    return FORMAT(m, "%zu values and %zu marks at the end, expected one value", m->n_stack,
                  m->n_marks);
  m->out->result = m->stack[0];
  m->stopped = true;
  return MER_OK;
}

/* Constants */

static mer_status push_integer(machine *m, mer__pickle_kind kind, int64_t integer) {
  return mer__pickle_push(m, (value){.kind = kind, .integer = integer});
}

static mer_status do_none(machine *m) {
  return mer__pickle_push(m, (value){.kind = MER__PICKLE_NONE});
}
static mer_status do_true(machine *m) { return push_integer(m, MER__PICKLE_BOOL, 1); }
static mer_status do_false(machine *m) { return push_integer(m, MER__PICKLE_BOOL, 0); }

static mer_status push_unsigned(machine *m, int n_bytes) {
  uint64_t number = 0;
  mer_status status = mer__pickle_take_number(&number, m, n_bytes);
  return status == MER_OK ? push_integer(m, MER__PICKLE_INTEGER, (int64_t)number) : status;
}

static mer_status do_binint1(machine *m) { return push_unsigned(m, 1); }
static mer_status do_binint2(machine *m) { return push_unsigned(m, 2); }

static mer_status do_binint(machine *m) {
  uint64_t number = 0;
  mer_status status = mer__pickle_take_number(&number, m, 4);
  return status == MER_OK ? push_integer(m, MER__PICKLE_INTEGER, (int32_t)(uint32_t)number)
                          : status;
}

static mer_status do_long1(machine *m) {
  uint64_t n = 0, number = 0;
  mer_status status = mer__pickle_take_number(&n, m, 1);
  if (status == MER_OK && n > 8)
    return FAIL(m, MER_STATUS_LIMIT, "a number of %d bytes, at most 8 are read", m->path,
                m->opcode_at, (int)n);
  if (status == MER_OK) status = mer__pickle_take_number(&number, m, (int)n);
  if (status != MER_OK) return status;
  if (n && n < 8 && number >> (8 * n - 1)) number |= UINT64_MAX << (8 * n); /* its sign */
  return push_integer(m, MER__PICKLE_INTEGER, (int64_t)number);
}

/* A line of digits; "00" and "01" are false and true. */
static mer_status do_int(machine *m) {
  mer__pickle_text line = {0};
  char text[24], *end;
  mer_status status = mer__pickle_take_line(&line, m);
  if (status != MER_OK) return status;
  if (line.size == 2 && line.bytes[0] == '0' && (line.bytes[1] == '0' || line.bytes[1] == '1'))
    return push_integer(m, MER__PICKLE_BOOL, line.bytes[1] == '1');
  if (line.size >= sizeof text) return FORMAT(m, "a number of %zu digits", line.size);
  memcpy(text, line.bytes, line.size);
  text[line.size] = 0;
  errno = 0;
  const long long number = strtoll(text, &end, 10);
  if (end != text + line.size || end == text || errno) return FORMAT(m, "'%s' is no number", text);
  return push_integer(m, MER__PICKLE_INTEGER, number);
}

static mer_status do_binfloat(machine *m) {
  const uint8_t *bytes = NULL;
  mer_status status = mer__pickle_take(&bytes, m, 8);
  return status == MER_OK ? mer__pickle_push(m, (value){.kind = MER__PICKLE_REAL}) : status;
}

static mer_status push_text(machine *m, int n_size_bytes) {
  uint64_t size = 0;
  const uint8_t *bytes = NULL;
  mer_status status = mer__pickle_take_number(&size, m, n_size_bytes);
  if (status == MER_OK) status = mer__pickle_take(&bytes, m, size);
  if (status != MER_OK) return status;
  return mer__pickle_push(
      m, (value){.kind = MER__PICKLE_TEXT, .text = {(const char *)bytes, (size_t)size}});
}

static mer_status do_text1(machine *m) { return push_text(m, 1); }
static mer_status do_text4(machine *m) { return push_text(m, 4); }
static mer_status do_text8(machine *m) { return push_text(m, 8); }

/* Tuples, lists and dicts */

static mer_status do_mark(machine *m) { return mer__pickle_push_mark(m); }

static mer_status do_tuple(machine *m) {
  size_t first = 0;
  mer_status status = mer__pickle_pop_mark(&first, m);
  return status == MER_OK ? mer__pickle_make_tuple(m, first) : status;
}

static mer_status make_short_tuple(machine *m, size_t n) {
  if (m->n_stack - mer__pickle_bottom(m) < n)
    return FORMAT(m, "%zu values on the stack, expected %zu", m->n_stack - mer__pickle_bottom(m),
                  n);
  return mer__pickle_make_tuple(m, m->n_stack - n);
}

static mer_status do_tuple0(machine *m) { return make_short_tuple(m, 0); }
static mer_status do_tuple1(machine *m) { return make_short_tuple(m, 1); }
static mer_status do_tuple2(machine *m) { return make_short_tuple(m, 2); }
static mer_status do_tuple3(machine *m) { return make_short_tuple(m, 3); }

/* Pushes what pickle_classes.c has made, or passes its failure on with the place. */
static mer_status push_made(machine *m, mer_status status, value made, const mer_error *inner) {
  if (status == MER_OK) return mer__pickle_push(m, made);
  return FAIL(m, status, "%s", m->path, m->opcode_at, inner->message);
}

static mer_status push_container(machine *m, mer__pickle_kind kind) {
  value made = {0};
  mer_error inner = {0};
  return push_made(m, mer__pickle_new_container(&made, m->out, kind, &inner), made, &inner);
}

static mer_status do_list(machine *m) { return push_container(m, MER__PICKLE_LIST); }
static mer_status do_dict(machine *m) { return push_container(m, MER__PICKLE_DICT); }

static mer_status add_after_mark(machine *m, mer__pickle_kind kind) {
  size_t first = 0;
  mer_status status = mer__pickle_pop_mark(&first, m);
  return status == MER_OK ? mer__pickle_add_members(m, first, kind) : status;
}

static mer_status add_last(machine *m, mer__pickle_kind kind, size_t n) {
  if (m->n_stack - mer__pickle_bottom(m) < n)
    return FORMAT(m, "%zu values on the stack, expected %zu", m->n_stack - mer__pickle_bottom(m),
                  n);
  return mer__pickle_add_members(m, m->n_stack - n, kind);
}

static mer_status do_appends(machine *m) { return add_after_mark(m, MER__PICKLE_LIST); }
static mer_status do_setitems(machine *m) { return add_after_mark(m, MER__PICKLE_DICT); }
static mer_status do_append(machine *m) { return add_last(m, MER__PICKLE_LIST, 1); }
static mer_status do_setitem(machine *m) { return add_last(m, MER__PICKLE_DICT, 2); }

/* The memo */

static mer_status put_at(machine *m, int n_bytes) {
  uint64_t index = 0;
  mer_status status = mer__pickle_take_number(&index, m, n_bytes);
  return status == MER_OK ? mer__pickle_put(m, index) : status;
}

static mer_status get_at(machine *m, int n_bytes) {
  uint64_t index = 0;
  mer_status status = mer__pickle_take_number(&index, m, n_bytes);
  if (status != MER_OK) return status;
  value v = {0};
  status = mer__pickle_get(&v, m, index);
  return status == MER_OK ? mer__pickle_push(m, v) : status;
}

static mer_status do_binput(machine *m) { return put_at(m, 1); }
static mer_status do_long_binput(machine *m) { return put_at(m, 4); }
static mer_status do_memoize(machine *m) { return mer__pickle_put(m, m->n_memo); }
static mer_status do_binget(machine *m) { return get_at(m, 1); }
static mer_status do_long_binget(machine *m) { return get_at(m, 4); }

/* Classes, and what their calls make */

static mer_status push_class(machine *m, mer__pickle_text module, mer__pickle_text name) {
  const mer__pickle_class *type = mer__pickle_class_find(module, name);
  if (type) return mer__pickle_push(m, (value){.kind = MER__PICKLE_CLASS, .type = type});
  return FAIL(m, MER_STATUS_UNSUPPORTED,
              "asks for '%.*s.%.*s', which does not rebuild tensors; nothing was run", m->path,
              m->opcode_at, module.size < 100 ? (int)module.size : 100, module.bytes,
              name.size < 100 ? (int)name.size : 100, name.bytes);
}

static mer_status do_global(machine *m) {
  mer__pickle_text module = {0}, name = {0};
  mer_status status = mer__pickle_take_line(&module, m);
  if (status == MER_OK) status = mer__pickle_take_line(&name, m);
  return status == MER_OK ? push_class(m, module, name) : status;
}

static mer_status do_stack_global(machine *m) {
  value module = {0}, name = {0};
  mer_status status = mer__pickle_pop(&name, m);
  if (status == MER_OK) status = mer__pickle_pop(&module, m);
  if (status != MER_OK) return status;
  if (module.kind != MER__PICKLE_TEXT || name.kind != MER__PICKLE_TEXT)
    return FORMAT(m, "the name of a class is %s and %s, expected texts",
                  mer__pickle_kind_name(module.kind), mer__pickle_kind_name(name.kind));
  return push_class(m, module.text, name.text);
}

static mer_status do_reduce(machine *m) {
  value args = {0}, type = {0}, made = {0};
  mer_error inner = {0};
  mer_status status = mer__pickle_peek(&args, m, MER__PICKLE_TUPLE);
  if (status == MER_OK) status = mer__pickle_pop(&args, m);
  if (status == MER_OK) status = mer__pickle_peek(&type, m, MER__PICKLE_CLASS);
  if (status == MER_OK) status = mer__pickle_pop(&type, m);
  if (status != MER_OK) return status;
  status = mer__pickle_call(&made, m->out, type.type, &args, &inner);
  return push_made(m, status, made, &inner);
}

/* The attributes of an OrderedDict (a state dict's versions of its modules): not needed. */
static mer_status do_build(machine *m) {
  value attributes = {0}, object;
  mer_status status = mer__pickle_peek(&attributes, m, MER__PICKLE_DICT);
  if (status == MER_OK) status = mer__pickle_pop(&attributes, m);
  return status == MER_OK ? mer__pickle_peek(&object, m, MER__PICKLE_DICT) : status;
}

static mer_status do_binpersid(machine *m) {
  value id = {0}, storage = {0};
  mer_error inner = {0};
  mer_status status = mer__pickle_pop(&id, m);
  if (status != MER_OK) return status;
  status = mer__pickle_load_storage(&storage, m->out, &id, &inner);
  return push_made(m, status, storage, &inner);
}

/* All opcodes of pickletools by name; those without a function are refused. */
static const struct opcode {
  const char *name;
  mer_status (*run)(machine *m);
} opcodes[256] = {
    ['('] = {"MARK", do_mark},
    ['.'] = {"STOP", do_stop},
    ['0'] = {"POP", NULL},
    ['1'] = {"POP_MARK", NULL},
    ['2'] = {"DUP", NULL},
    ['B'] = {"BINBYTES", NULL},
    ['C'] = {"SHORT_BINBYTES", NULL},
    ['F'] = {"FLOAT", NULL},
    ['G'] = {"BINFLOAT", do_binfloat},
    ['I'] = {"INT", do_int},
    ['J'] = {"BININT", do_binint},
    ['K'] = {"BININT1", do_binint1},
    ['L'] = {"LONG", NULL},
    ['M'] = {"BININT2", do_binint2},
    ['N'] = {"NONE", do_none},
    ['P'] = {"PERSID", NULL},
    ['Q'] = {"BINPERSID", do_binpersid},
    ['R'] = {"REDUCE", do_reduce},
    ['S'] = {"STRING", NULL},
    ['T'] = {"BINSTRING", do_text4},
    ['U'] = {"SHORT_BINSTRING", do_text1},
    ['V'] = {"UNICODE", NULL},
    ['X'] = {"BINUNICODE", do_text4},
    ['a'] = {"APPEND", do_append},
    ['b'] = {"BUILD", do_build},
    ['c'] = {"GLOBAL", do_global},
    ['d'] = {"DICT", NULL},
    ['e'] = {"APPENDS", do_appends},
    ['g'] = {"GET", NULL},
    ['h'] = {"BINGET", do_binget},
    ['i'] = {"INST", NULL},
    ['j'] = {"LONG_BINGET", do_long_binget},
    ['l'] = {"LIST", NULL},
    ['o'] = {"OBJ", NULL},
    ['p'] = {"PUT", NULL},
    ['q'] = {"BINPUT", do_binput},
    ['r'] = {"LONG_BINPUT", do_long_binput},
    ['s'] = {"SETITEM", do_setitem},
    ['t'] = {"TUPLE", do_tuple},
    ['u'] = {"SETITEMS", do_setitems},
    [')'] = {"EMPTY_TUPLE", do_tuple0},
    [']'] = {"EMPTY_LIST", do_list},
    ['}'] = {"EMPTY_DICT", do_dict},
    [0x80] = {"PROTO", do_proto},
    [0x81] = {"NEWOBJ", NULL},
    [0x82] = {"EXT1", NULL},
    [0x83] = {"EXT2", NULL},
    [0x84] = {"EXT4", NULL},
    [0x85] = {"TUPLE1", do_tuple1},
    [0x86] = {"TUPLE2", do_tuple2},
    [0x87] = {"TUPLE3", do_tuple3},
    [0x88] = {"NEWTRUE", do_true},
    [0x89] = {"NEWFALSE", do_false},
    [0x8a] = {"LONG1", do_long1},
    [0x8b] = {"LONG4", NULL},
    [0x8c] = {"SHORT_BINUNICODE", do_text1},
    [0x8d] = {"BINUNICODE8", do_text8},
    [0x8e] = {"BINBYTES8", NULL},
    [0x8f] = {"EMPTY_SET", NULL},
    [0x90] = {"ADDITEMS", NULL},
    [0x91] = {"FROZENSET", NULL},
    [0x92] = {"NEWOBJ_EX", NULL},
    [0x93] = {"STACK_GLOBAL", do_stack_global},
    [0x94] = {"MEMOIZE", do_memoize},
    [0x95] = {"FRAME", do_frame},
    [0x96] = {"BYTEARRAY8", NULL},
    [0x97] = {"NEXT_BUFFER", NULL},
    [0x98] = {"READONLY_BUFFER", NULL},
};

static mer_status run(machine *m) {
  mer_status status = MER_OK;
  while (!m->stopped && status == MER_OK) {
    m->opcode_at = m->at;
    if (m->at == m->size) return FORMAT(m, "%s", "cut off: no STOP");
    const uint8_t code = m->data[m->at++];
    const struct opcode *opcode = &opcodes[code];
    if (opcode->run) status = opcode->run(m);
    else
      return FAIL(m, MER_STATUS_UNSUPPORTED, "opcode %s (0x%02x) does not belong to tensors",
                  m->path, m->opcode_at, opcode->name ? opcode->name : "without a name", code);
  }
  return status;
}

mer_status mer__pickle_read(mer__pickle *pickle, size_t *used, const uint8_t *data, size_t size,
                            const char *path, mer_error *err) {
  machine m = {.out = pickle, .data = data, .size = size, .path = path, .err = err};
  mer_status status = run(&m);
  *used = m.at;
  mer__pickle_machine_clear(&m);
  return status;
}

void mer__pickle_clear(mer__pickle *pickle) {
  mer__free(pickle->items);
  mer__free(pickle->members);
  mer__free(pickle->n_members);
  mer__free(pickle->storages);
  mer__free(pickle->tensors);
  *pickle = (mer__pickle){0};
}

const char *mer__pickle_kind_name(mer__pickle_kind kind) {
  static const char *const names[] = {
      [MER__PICKLE_NONE] = "None",
      [MER__PICKLE_BOOL] = "a truth value",
      [MER__PICKLE_INTEGER] = "a whole number",
      [MER__PICKLE_REAL] = "a real number",
      [MER__PICKLE_TEXT] = "a text",
      [MER__PICKLE_TUPLE] = "a tuple",
      [MER__PICKLE_LIST] = "a list",
      [MER__PICKLE_DICT] = "a dict",
      [MER__PICKLE_CLASS] = "a class",
      [MER__PICKLE_STORAGE] = "a storage",
      [MER__PICKLE_TENSOR] = "a tensor",
  };
  return names[kind];
}
