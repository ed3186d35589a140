/* text_turns.h: an utterance as an encoder of text reads it among the turns of its dialogue:
 * `[CLS] past turns [SEP] utterance [SEP] future turns [SEP]`, where the turns of either side are a
 * segment of their own, which may be empty, and which is not there if none are read of that side.
 * Each turn begins with its speaker, "A: ": letters by order of appearance among the turns that are
 * read, or names. So do EmoBERTa (Kim and Vossen, 2021) and others, by RoBERTa's </s></s>.
 *
 * Turns are taken by their distance to the utterance as long as whole ones fit; the oldest and the
 * latest are left out first. The utterance is never cut for them. A turn without text takes its
 * place among those that are read, but is not written. Training, evaluation and prediction all make
 * their tokens here. */
#ifndef MER_ENCODER_TEXT_TURNS_H
#define MER_ENCODER_TEXT_TURNS_H

#include "encoder/modality.h"
#include "encoder/turn_ids.h"

enum {
  MER__MOST_TURNS = 64,    /* that are read on either side */
  MER__TURN_BYTES = 16384, /* of a turn's text; a longer one does not fit */
  MER__SPEAKER_BYTES = 256 /* of a speaker's name; a longer one is not known */
};

/** MER_STATUS_INVALID, with `path`: no room for a token of the utterance within `max_length`; names
 * without turns; what a layer over the turns' vectors does not read. */
mer_status mer__text_turns_check(const mer__turns *turns, const mer_tokenizer *tokenizer,
                                 int64_t max_length, const char *path, mer_error *err);
/** From and to the object of a modality in config.json. MER_STATUS_FORMAT; 0 or -1. */
mer_status mer__text_turns_parse(mer__turns *turns, const json_t *object, const char *path,
                                 mer_error *err);
int mer__text_turns_describe(const mer__turns *turns, json_t *object);

/** What the trained model that a config.json describes reads; zeros if it is of none with text. */
mer__turns mer__text_turns_of_model(const json_t *root);

/** Whether a turn is read by its vector: one that is longer than MER__TURN_BYTES is not. */
bool mer__turn_has_vector(const mer_turn *turn);

/** Ids of a text that has some, with those turns of `context` (may be NULL) that are read, at most
 * `max_length`. `kept` has the ids of turns whose texts stay where they are between the calls with
 * it; NULL: none are kept. MER_STATUS_NO_MEMORY. */
mer_status mer__text_turns_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                  const mer__turns *turns, int64_t max_length, const char *text,
                                  size_t size, const mer_context *context, mer__turn_ids *kept,
                                  mer_error *err);

#endif
