/* import_faces.c: FER2013 as a table of pixels, and the votes of FER+ for its rows. Pixels become
 * files where a folder for them is named. Source: the publishers' READMEs; github.com/microsoft/
 * FERPlus, whose table has a row for each of FER2013's. */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "data/cells.h"
#include "data/dataset.h"
#include "data/face_table.h"
#include "data/import.h"

static bool read_usage(mer_split *split, const char *usage) {
  static const char *const names[MER_N_SPLITS] = {"Training", "PublicTest", "PrivateTest"};
  for (int s = 0; usage && s < MER_N_SPLITS; s++) {
    *split = (mer_split)s;
    if (strcasecmp(usage, names[s]) == 0) return true;
  }
  return false;
}

/* The table of pixels in the folder of the corpus or in one in it; NULL if there is none. */
static mer_status find_faces(char **path, const mer__import *import, mer_error *err) {
  static const char *const names[] = {"fer2013.csv", "icml_face_data.csv"};
  mer_status status = MER_OK;
  *path = NULL;
  for (int i = 0; i < 2 && !*path && status == MER_OK; i++)
    status = mer__dataset_find(path, import->folder, names[i], false, err);
  return status;
}

/* Writes the face of a row and names it. */
static mer_status write_face(mer__import *import, mer__import_row *row, int64_t number,
                             const uint8_t *pixels, mer_error *err) {
  row->image = mer__import_format(import, "fer%07lld.bmp", (long long)number);
  row->image_is_new = true;
  char *path = row->image ? mer__path_join(import->options.images_folder, row->image) : NULL;
  mer_status status = path ? mer__face_write(path, pixels, err) : mer__fail_memory(err);
  mer__free(path);
  return status;
}

static mer_status add_face(mer__import *import, const mer__face *face, int64_t number,
                           const char *path, mer_error *err) {
  mer__import_row row = {0};
  int64_t label = -1;
  const char *fault = face->fault;
  if (!fault && !read_usage(&row.split, face->usage))
    fault = "expected Training, PublicTest or PrivateTest as Usage";
  if (!fault && (!mer__cell_integer(&label, face->emotion) || label >= import->corpus->n_labels))
    fault = "expected an emotion from 0 to 6";
  if (fault) {
    mer__import_fault(import, "%s:%lld: %s", path, (long long)face->line, fault);
    return MER_OK;
  }
  row.labels = 1u << label;
  mer_status status = write_face(import, &row, number, face->pixels, err);
  return status == MER_OK ? mer__import_add(import, &row, err) : status;
}

static mer_status read_faces(mer__import *import, const char *path, mer_error *err) {
  mer__face_table *table = NULL;
  mer__face face;
  bool more = true;
  mer_status status;
  MER__CHECK(mer__folder_make(import->options.images_folder, err));
  MER__CHECK(mer__face_table_open(&table, path, err));
  for (int64_t number = 0; more; number++) {
    MER__CHECK(mer__import_go_on(import, path, err));
    MER__CHECK(mer__face_table_next(&face, &more, table, err));
    if (more) MER__CHECK(add_face(import, &face, number, path, err));
  }
cleanup:
  mer__face_table_close(table);
  return status;
}

mer_status mer__import_fer2013(mer__import *import, mer_error *err) {
  char *path;
  mer_status status = find_faces(&path, import, err);
  if (status != MER_OK) return status;
  if (!path) return mer__import_files(import, err);
  if (import->options.images_folder) status = read_faces(import, path, err);
  else
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%s: has faces as numbers: expected a folder in which to write them as "
                       "images",
                       path);
  mer__free(path);
  return status;
}

/* FER+ */

enum { N_VOTES = 10 };

/* The votes for one row's face. */
typedef struct ballot {
  mer__table table;
  int usage, name, votes[N_VOTES];
  mer__face_table *faces; /* or NULL: images are files */
  char *faces_path;
} ballot;

static mer_status open_ballot(ballot *b, const mer__import *import, mer_error *err) {
  char *path = NULL;
  mer__text_buffer bytes = {0};
  mer_status status;
  MER__CHECK(mer__import_find(&path, import, "fer2013new.csv", err));
  MER__CHECK(mer__table_read(&b->table, &bytes, path, NULL, 0, err));
  MER__CHECK(mer__dataset_column(&b->usage, &b->table, "Usage", err));
  MER__CHECK(mer__dataset_column(&b->name, &b->table, "Image name", err));
  for (int i = 0; i < N_VOTES; i++)
    MER__CHECK(mer__dataset_column(&b->votes[i], &b->table, import->corpus->labels[i].code, err));
  if (!import->options.images_folder) goto cleanup;
  MER__CHECK(find_faces(&b->faces_path, import, err));
  if (!b->faces_path)
    MER__CHECK(
        mer__fail(err, MER_STATUS_NOT_FOUND,
                  "%s: no file fer2013.csv or icml_face_data.csv in this folder or in one in "
                  "it",
                  import->folder));
  MER__CHECK(mer__face_table_open(&b->faces, b->faces_path, err));
  MER__CHECK(mer__folder_make(import->options.images_folder, err));
cleanup:
  mer__text_clear(&bytes);
  mer__free(path);
  return status;
}

/* The label of most votes, or the last one: as many for two. */
static bool read_votes(mer__import_row *row, mer__import *import, const ballot *b, int64_t number,
                       const char **votes) {
  int64_t most = -1;
  int label = import->corpus->n_labels - 1;
  for (int i = 0; i < N_VOTES; i++) {
    int64_t n;
    votes[i] = mer__table_cell(&b->table, number, b->votes[i]);
    if (!mer__cell_integer(&n, votes[i]) || n > 10) return false;
    if (n >= most) label = n > most ? i : import->corpus->n_labels - 1;
    if (n > most) most = n;
  }
  row->labels = 1u << label;
  return true;
}

/* The image that the publishers' script writes: FER2013Train/fer0000000.png. */
static mer_status find_image(mer__import *import, mer__import_row *row, const char *name,
                             mer_error *err) {
  static const char *const folders[MER_N_SPLITS] = {"FER2013Train", "FER2013Valid", "FER2013Test"};
  static const char *const above[] = {"", "data/"};
  for (int i = 0; i < 2; i++) {
    const char *image = mer__import_format(import, "%s%s/%s", above[i], folders[row->split], name);
    char *path = image ? mer__path_join(import->folder, image) : NULL;
    if (!path) return mer__fail_memory(err);
    if (mer__path_is_there(path)) row->image = image;
    mer__free(path);
  }
  return MER_OK;
}

/* Whether a face is of another split than its votes: then the tables are of other rows. */
static bool is_of_another(const mer__face *face, mer_split split) {
  mer_split own;
  return *face->usage && (!read_usage(&own, face->usage) || own != split);
}

/* Reads a row of votes; why it cannot be used, or NULL. */
static const char *read_ballot(mer__import_row *row, const char **votes, mer__import *import,
                               const ballot *b, int64_t number, const mer__face *face) {
  const char *name = mer__table_cell(&b->table, number, b->name);
  if (!read_usage(&row->split, mer__table_cell(&b->table, number, b->usage)) ||
      !read_votes(row, import, b, number, votes))
    return "expected Training, PublicTest or PrivateTest, and votes from 0 to 10";
  if (!name && row->labels != 1u << (N_VOTES - 1)) return "no name of an image";
  if (name && strchr(name, '/')) return "the name of an image has a slash";
  if (face && is_of_another(face, row->split)) return "the face is of another split";
  return face ? face->fault : NULL;
}

static mer_status add_votes(mer__import *import, const ballot *b, int64_t number,
                            const mer__face *face, mer_error *err) {
  mer__import_row row = {0};
  const char *votes[N_VOTES];
  const char *name = mer__table_cell(&b->table, number, b->name);
  const char *fault = read_ballot(&row, votes, import, b, number, face);
  mer_status status = MER_OK;
  const bool is_face = !fault && name && !import->corpus->labels[__builtin_ctz(row.labels)].never;
  if (is_face && face) status = write_face(import, &row, number, face->pixels, err);
  else if (is_face) status = find_image(import, &row, name, err);
  if (status != MER_OK) return status;
  if (is_face && !row.image) fault = "there is no such image";
  if (fault) {
    mer__import_fault(import, "%s:%lld: %s", b->table.path,
                      (long long)mer__table_line(&b->table, number), fault);
    return MER_OK;
  }
  for (int i = 0; i < N_VOTES && status == MER_OK; i++) {
    row.votes[i] = mer__import_format(import, "%s", votes[i]);
    if (!row.votes[i]) status = mer__fail_memory(err);
  }
  return status == MER_OK ? mer__import_add(import, &row, err) : status;
}

mer_status mer__import_ferplus(mer__import *import, mer_error *err) {
  ballot b = {0};
  mer__face face;
  bool more = true;
  mer_status status;
  MER__CHECK(open_ballot(&b, import, err));
  for (int64_t i = 0; i < b.table.n_rows; i++) {
    MER__CHECK(mer__import_go_on(import, b.table.path, err));
    if (b.faces) MER__CHECK(mer__face_table_next(&face, &more, b.faces, err));
    if (!more)
      MER__CHECK(mer__fail(err, MER_STATUS_FORMAT,
                           "%s: faces: %lld, expected one for each row of %s", b.faces_path,
                           (long long)i, b.table.path));
    MER__CHECK(add_votes(import, &b, i, b.faces ? &face : NULL, err));
  }
  if (b.faces) MER__CHECK(mer__face_table_next(&face, &more, b.faces, err));
  if (b.faces && more)
    MER__CHECK(mer__fail_at(err, MER_STATUS_FORMAT, face.line,
                            "%s:%lld: a face after the last row of %s, which has %lld",
                            b.faces_path, (long long)face.line, b.table.path,
                            (long long)b.table.n_rows));
cleanup:
  mer__face_table_close(b.faces);
  mer__table_clear(&b.table);
  mer__free(b.faces_path);
  return status;
}
