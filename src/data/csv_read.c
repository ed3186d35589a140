/* csv_read.c: CSV (RFC 4180) as programs write it. Fields are made in place: a field's text is
 * never longer than what it was read from. Blanks round a field do not belong to it; a quote inside
 * of a field that does not begin with one is a character; and so is, in a quoted field, one that
 * neither is doubled nor ends the field. */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "data/table.h"

/* A CSV while it is read. */
typedef struct reader {
  mer__table *table;
  char *at, *out; /* what is read next, and where it goes */
  char delimiter;
  int64_t line, record; /* the line that is being read, and the one where the record began */
  size_t n_fields;      /* of the record */
  bool filled;          /* a field of the record is not empty */
  mer_error *err;
} reader;

static bool is_blank(const reader *r, char c) {
  return (c == ' ' || c == '\t') && c != r->delimiter;
}

/* Whether a field ends before `c`. */
static bool ends_field(const reader *r, char c) {
  return c == r->delimiter || c == '\n' || c == '\r' || c == 0;
}

/* Steps over the end of a line, if one is next. */
static void skip_line_end(reader *r) {
  if (*r->at != '\n' && *r->at != '\r') return;
  r->at += r->at[0] == '\r' && r->at[1] == '\n' ? 2 : 1;
  r->line++;
}

/* Copies a character, which may be the end of a line within quotes. */
static void take_character(reader *r) {
  r->line += *r->at == '\n' || (*r->at == '\r' && r->at[1] != '\n');
  *r->out++ = *r->at++;
}

static mer_status read_quoted(reader *r) {
  for (r->at++;; take_character(r)) {
    if (*r->at == 0)
      return mer__fail_at(r->err, MER_STATUS_FORMAT, r->record,
                          "%s:%lld: a quoted field is not closed", r->table->path,
                          (long long)r->record);
    if (*r->at != '"') continue;
    const char *after = r->at + 1;
    if (*after == '"') {
      r->at++; /* the second of them is taken */
      continue;
    }
    while (is_blank(r, *after)) after++;
    if (!ends_field(r, *after)) continue;
    r->at += after - r->at;
    return MER_OK;
  }
}

static void read_plain(reader *r) {
  const char *begin = r->out;
  while (!ends_field(r, *r->at)) *r->out++ = *r->at++;
  while (r->out > begin && is_blank(r, r->out[-1])) r->out--;
}

/* Reads a field up to what ends it. */
static mer_status read_field(reader *r) {
  mer__table *t = r->table;
  mer_status status = MER_OK;
  char *begin = r->out;
  while (is_blank(r, *r->at)) r->at++;
  if (*r->at == '"') status = read_quoted(r);
  else read_plain(r);
  r->n_fields++;
  if (r->out - begin > MER__TABLE_MAX_FIELD_BYTES || r->n_fields > MER__TABLE_MAX_COLUMNS)
    return mer__fail_at(r->err, MER_STATUS_LIMIT, r->record,
                        "%s:%lld: more than %d bytes in a field or %d fields in a row; is a quote "
                        "not closed?",
                        t->path, (long long)r->record, MER__TABLE_MAX_FIELD_BYTES,
                        MER__TABLE_MAX_COLUMNS);
  if (status != MER_OK) return status;
  r->filled |= r->out > begin;
  if (t->n_columns && r->n_fields > t->n_columns) return MER_OK; /* counted for the message */
  return mer__table_add_cell(t, (size_t)(begin - t->text.data), r->err);
}

static mer_status read_record(reader *r) {
  mer__table *t = r->table;
  const size_t n_cells = t->n_cells;
  r->record = r->line;
  r->n_fields = 0;
  r->filled = false;
  for (bool more = true; more;) {
    mer_status status = read_field(r);
    if (status != MER_OK) return status;
    more = *r->at && *r->at == r->delimiter;
    if (more) r->at++;
    else skip_line_end(r);
    *r->out++ = 0; /* there is room: what ended the field has been read, or is the text's end */
  }
  if (!r->filled) { /* a blank row */
    t->n_cells = n_cells;
    return MER_OK;
  }
  if (t->n_columns && r->n_fields != t->n_columns)
    return mer__fail_at(r->err, MER_STATUS_FORMAT, r->record, "%s:%lld: %zu fields, expected %zu",
                        t->path, (long long)r->record, r->n_fields, t->n_columns);
  return mer__table_end_row(t, r->record, r->err);
}

char mer__csv_stated_delimiter(size_t *size, const char *line) {
  const char *text = line + (*line == '"');
  if (strncasecmp(text, "sep=", 4) != 0 || !text[4] || text[4] == '\n' || text[4] == '\r') return 0;
  const char *end = text + 5;
  end += text != line && *end == '"';
  if (*end && *end != '\n' && *end != '\r') return 0;
  *size = (size_t)(end - line);
  return text[4];
}

char mer__csv_find_delimiter(const char *text) {
  static const char delimiters[] = ",;\t";
  size_t counts[sizeof delimiters] = {0}, best = 0;
  bool quoted = false;
  text += strspn(text, " \r\n");
  for (; *text && (quoted || (*text != '\n' && *text != '\r')); text++) {
    const char *found = strchr(delimiters, *text);
    if (*text == '"') quoted = !quoted;
    else if (found && !quoted) counts[found - delimiters]++;
  }
  for (size_t i = 1; delimiters[i]; i++)
    if (counts[i] > counts[best]) best = i;
  return delimiters[best];
}

mer_status mer__csv_parse(mer__table *table, mer_error *err) {
  char none[1] = "";
  reader r = {.table = table, .line = 1, .err = err};
  r.at = r.out = table->text.data ? table->text.data : none;
  size_t stated = 0;
  r.delimiter = mer__csv_stated_delimiter(&stated, r.at);
  r.at += stated;
  if (r.delimiter) skip_line_end(&r);
  else r.delimiter = mer__csv_find_delimiter(r.at);
  table->delimiter = r.delimiter;
  mer_status status = MER_OK;
  while (status == MER_OK && *r.at) status = read_record(&r);
  return status;
}

mer_status mer__csv_parse_record(mer__table *table, char delimiter, int64_t line, mer_error *err) {
  reader r = {.table = table, .line = line, .delimiter = delimiter, .err = err};
  table->n_columns = table->n_cells = 0;
  table->n_rows = 0;
  r.at = r.out = table->text.data;
  mer_status status = read_record(&r);
  if (status == MER_OK && *r.at)
    return mer__fail_at(err, MER_STATUS_FORMAT, line,
                        "%s:%lld: a carriage return ends a line: expected LF or CRLF", table->path,
                        (long long)line);
  return status;
}

/* The rest of a quoted field; NULL: it does not end on this line. */
static const char *skip_quoted(const char *text, const reader *r) {
  while ((text = strchr(text, '"'))) {
    if (text[1] == '"') {
      text += 2;
      continue;
    }
    text++;
    const char *after = text;
    while (is_blank(r, *after)) after++;
    if (ends_field(r, *after)) return after;
  }
  return NULL;
}

bool mer__csv_leaves_open(bool open, const char *line, char delimiter) {
  const reader r = {.delimiter = delimiter};
  for (;; open = false) {
    if (!open) {
      while (is_blank(&r, *line)) line++;
      open = *line == '"';
      line += open;
    }
    if (open) line = skip_quoted(line, &r);
    else
      while (!ends_field(&r, *line)) line++;
    if (!line) return true;
    if (*line != delimiter || !*line) return false;
    line++;
  }
}
