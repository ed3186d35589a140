/* pickle_machine.c: the stack, the marks and the memo of a pickle that is read. */
#include "tensor/pickle_machine.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"

enum { MAX_STACK = 1 << 20, MAX_MEMO = 1 << 20, MAX_ITEMS = 1 << 24, MAX_LINE = 256 };

typedef mer__pickle_value value;
typedef mer__pickle_machine machine;

#define FAIL MER__PICKLE_FAIL
#define FORMAT MER__PICKLE_FORMAT

/* Reading */

mer_status mer__pickle_take(const uint8_t **bytes, machine *m, uint64_t n) {
  if (n > m->size - m->at)
    return FORMAT(m, "cut off: %" PRIu64 " bytes are wanted, %zu are left", n, m->size - m->at);
  *bytes = m->data + m->at;
  m->at += (size_t)n;
  return MER_OK;
}

mer_status mer__pickle_take_number(uint64_t *number, machine *m, int n_bytes) {
  const uint8_t *bytes = NULL;
  mer_status status = mer__pickle_take(&bytes, m, (uint64_t)n_bytes);
  *number = 0;
  for (int i = n_bytes - 1; i >= 0 && status == MER_OK; i--) *number = *number << 8 | bytes[i];
  return status;
}

mer_status mer__pickle_take_line(mer__pickle_text *line, machine *m) {
  const size_t left = m->size - m->at, most = left < MAX_LINE ? left : MAX_LINE;
  const uint8_t *begin = m->data + m->at, *end = most ? memchr(begin, '\n', most) : NULL;
  if (!end) return FORMAT(m, "no end of a line within %zu bytes", most);
  *line = (mer__pickle_text){(const char *)begin, (size_t)(end - begin)};
  m->at += line->size + 1;
  return MER_OK;
}

/* The stack: what lies below the last mark is out of reach. */

size_t mer__pickle_bottom(const machine *m) { return m->n_marks ? m->marks[m->n_marks - 1] : 0; }

mer_status mer__pickle_push(machine *m, value v) {
  if (m->n_stack == MAX_STACK)
    return FAIL(m, MER_STATUS_LIMIT, "a stack of more than %d values", m->path, m->opcode_at,
                MAX_STACK);
  if (mer__grow(&m->stack, &m->stack_capacity, m->n_stack + 1, sizeof *m->stack) != 0)
    return mer__fail_memory(m->err);
  m->stack[m->n_stack++] = v;
  return MER_OK;
}

mer_status mer__pickle_pop(value *v, machine *m) {
  if (m->n_stack == mer__pickle_bottom(m)) return FORMAT(m, "%s", "the stack is empty");
  *v = m->stack[--m->n_stack];
  return MER_OK;
}

mer_status mer__pickle_push_mark(machine *m) {
  if (m->n_marks == MAX_STACK)
    return FAIL(m, MER_STATUS_LIMIT, "more than %d marks", m->path, m->opcode_at, MAX_STACK);
  if (mer__grow(&m->marks, &m->marks_capacity, m->n_marks + 1, sizeof *m->marks) != 0)
    return mer__fail_memory(m->err);
  m->marks[m->n_marks++] = m->n_stack;
  return MER_OK;
}

/* Takes the last mark away; the values above it begin at `*first`. */
mer_status mer__pickle_pop_mark(size_t *first, machine *m) {
  if (m->n_marks == 0) return FORMAT(m, "%s", "no mark");
  *first = m->marks[--m->n_marks];
  return MER_OK;
}

mer_status mer__pickle_peek(value *v, const machine *m, mer__pickle_kind kind) {
  if (m->n_stack == mer__pickle_bottom(m)) return FORMAT(m, "%s", "the stack is empty");
  *v = m->stack[m->n_stack - 1];
  if (v->kind != kind)
    return FORMAT(m, "%s, expected %s", mer__pickle_kind_name(v->kind),
                  mer__pickle_kind_name(kind));
  return MER_OK;
}

/* Tuples, lists and dicts */

/* Makes a tuple of the values of the stack from `first` on. */
mer_status mer__pickle_make_tuple(machine *m, size_t first) {
  mer__pickle *out = m->out;
  const size_t n = m->n_stack - first;
  if (n > MAX_ITEMS - out->n_items)
    return FAIL(m, MER_STATUS_LIMIT, "tuples of more than %d values", m->path, m->opcode_at,
                MAX_ITEMS);
  if (mer__grow(&out->items, &out->items_capacity, out->n_items + n, sizeof *out->items) != 0)
    return mer__fail_memory(m->err);
  if (n) memcpy(out->items + out->n_items, m->stack + first, n * sizeof *out->items);
  m->n_stack = first;
  const value tuple = {.kind = MER__PICKLE_TUPLE, .tuple = {out->n_items, n}};
  out->n_items += n;
  return mer__pickle_push(m, tuple);
}

static mer_status add_member(machine *m, size_t owner, value key, value v) {
  mer__pickle *out = m->out;
  if (out->n_all_members == MAX_ITEMS)
    return FAIL(m, MER_STATUS_LIMIT, "lists and dicts of more than %d values", m->path,
                m->opcode_at, MAX_ITEMS);
  if (mer__grow(&out->members, &out->members_capacity, out->n_all_members + 1,
                sizeof *out->members) != 0)
    return mer__fail_memory(m->err);
  out->members[out->n_all_members++] = (mer__pickle_member){owner, key, v};
  out->n_members[owner]++;
  return MER_OK;
}

/* The values from `first` on go, one by one or in pairs, into the container below them. */
mer_status mer__pickle_add_members(machine *m, size_t first, mer__pickle_kind kind) {
  const size_t end = m->n_stack, step = kind == MER__PICKLE_DICT ? 2 : 1;
  value container = {0};
  if ((end - first) % step) return FORMAT(m, "%s", "a key without a value");
  m->n_stack = first;
  mer_status status = mer__pickle_peek(&container, m, kind);
  for (size_t i = first; i < end && status == MER_OK; i += step)
    status = add_member(m, container.index, m->stack[i], m->stack[i + step - 1]);
  return status;
}

/* The memo */

mer_status mer__pickle_put(machine *m, uint64_t index) {
  if (m->n_stack == mer__pickle_bottom(m)) return FORMAT(m, "%s", "the stack is empty");
  if (index >= MAX_MEMO)
    return FAIL(m, MER_STATUS_LIMIT, "entry %" PRIu64 " of the memo, at most %d are read", m->path,
                m->opcode_at, index, MAX_MEMO);
  if (mer__grow(&m->memo, &m->memo_capacity, index + 1, sizeof *m->memo) != 0 ||
      mer__grow(&m->memo_is_set, &m->set_capacity, index + 1, sizeof *m->memo_is_set) != 0)
    return mer__fail_memory(m->err);
  while (m->n_memo <= index) m->memo_is_set[m->n_memo++] = false;
  m->memo[index] = m->stack[m->n_stack - 1];
  m->memo_is_set[index] = true;
  return MER_OK;
}

mer_status mer__pickle_get(value *v, machine *m, uint64_t index) {
  if (index >= m->n_memo || !m->memo_is_set[index])
    return FORMAT(m, "the memo has no entry %" PRIu64, index);
  *v = m->memo[index];
  return MER_OK;
}

void mer__pickle_machine_clear(machine *m) {
  mer__free(m->stack);
  mer__free(m->memo);
  mer__free(m->memo_is_set);
  mer__free(m->marks);
}
