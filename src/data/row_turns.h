/* row_turns.h: the rows of a split as turns of their dialogues, in the order of the utterances. */
#ifndef MER_DATA_ROW_TURNS_H
#define MER_DATA_ROW_TURNS_H

#include "mer/data.h"

/** Zero-initialize. */
typedef struct mer__row_turns {
  mer_turn *turns;        /* [n]: by dialogue, utterance and row */
  int64_t *places;        /* [n]: of row i among the turns */
  int64_t *begins, *ends; /* [n]: of the dialogue of row i among them */
} mer__row_turns;

/** Sorts the rows, of one split; the turns borrow their texts. MER_STATUS_NO_MEMORY; clear it in
 * any case. */
mer_status mer__row_turns_sort(mer__row_turns *turns, const mer_utterance *rows, int64_t n,
                               mer_error *err);
void mer__row_turns_clear(mer__row_turns *turns);

/** What is said around row `i`; of zeroed turns, or without a dialogue, its speaker alone. */
mer_context mer__row_turns_around(const mer__row_turns *turns, const mer_utterance *row, int64_t i);

#endif
