/* wordpiece.h: a word to the ids of its pieces: longest match first (Wu et al., "Google's Neural
 * Machine Translation System", 2016; as in BERT). */
#ifndef MER_TEXT_WORDPIECE_H
#define MER_TEXT_WORDPIECE_H

#include "text/normalize.h"
#include "text/token_model.h"

/** The state of this model. */
typedef struct mer__wordpiece {
  const mer__vocabulary *vocabulary;
  int32_t unknown;                   /* the id of a word that has no pieces */
  int32_t specials[MER__N_SPECIALS]; /* those that are found in BERT's words */
} mer__wordpiece;

/** Makes the model of a vocabulary, which stays where it is. False if memory is out. */
bool mer__wordpiece_make(mer__token_model *model, const mer__vocabulary *vocabulary,
                         const char *unknown);

/** Ids of BERT's words. */
typedef struct mer__wordpiece_run {
  mer__id_sink *sink;
  const mer__wordpiece *model;
} mer__wordpiece_run;

/** Adds the ids of a word; a mer__word_visitor on a mer__wordpiece_run. */
bool mer__wordpiece_visit(void *run, const mer__word *word);

#endif
