/* text_normalizer.h: the normalizers of a tokenizer.json, one after the other. */
#ifndef MER_TEXT_TEXT_NORMALIZER_H
#define MER_TEXT_TEXT_NORMALIZER_H

#include "text/charsmap.h"
#include "text/normal_form.h"

/** Most steps after one another. */
enum { MER__NORMAL_MAX_STEPS = 24 };

typedef enum mer__normal_kind {
  MER__NORMAL_FORM,       /* NFC, NFD, NFKC or NFKD */
  MER__NORMAL_CLEAN,      /* BERT: no controls, every white space a space */
  MER__NORMAL_IDEOGRAPHS, /* BERT: spaces round Chinese characters */
  MER__NORMAL_MARKS,      /* BERT: no marks of no width */
  MER__NORMAL_ACCENTS,    /* no marks */
  MER__NORMAL_LOWERCASE,
  MER__NORMAL_REPLACE, /* a text by another */
  MER__NORMAL_SQUEEZE, /* a run of white space by a text */
  MER__NORMAL_STRIP,   /* white space at the ends */
  MER__NORMAL_PREPEND, /* a text before one that is not empty */
  MER__NORMAL_CHARSMAP /* SentencePiece's */
} mer__normal_kind;

typedef struct mer__normal_step {
  mer__normal_kind kind;
  mer__normal_form form;
  char *text, *replacement; /* REPLACE, SQUEEZE, PREPEND: of which SQUEEZE has no text */
  bool spaces;              /* SQUEEZE: of spaces, not of all white space */
  size_t least;             /* SQUEEZE: of at least so many */
  bool left, right;         /* STRIP */
  mer__charsmap map;
} mer__normal_step;

/** Zero-initialize: no step. */
typedef struct mer__text_normalizer {
  mer__normal_step *steps;
  size_t n_steps, capacity;
} mer__text_normalizer;

/** Reads a normalizer: NULL or JSON's null is none. MER_STATUS_UNSUPPORTED, MER_STATUS_FORMAT,
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__text_normalizer_read(mer__text_normalizer *normalizer, const json_t *object,
                                     const char *path, mer_error *err);
void mer__text_normalizer_clear(mer__text_normalizer *normalizer);

/** Memory in which texts are normalized. Zero-initialize. */
typedef struct mer__normal_room {
  mer__text_buffer buffers[2];
} mer__normal_room;

void mer__normal_room_clear(mer__normal_room *room);

/** `text`, which is UTF-8, normalized: itself if nothing changes, else in `room`; its bytes in
 * `*n_bytes`. NULL if memory is out. */
const char *mer__text_normalizer_apply(mer__normal_room *room, size_t *n_bytes,
                                       const mer__text_normalizer *normalizer, const char *text,
                                       size_t size);

#endif
