/* disturbed_texts.h: texts without some of their words, or of other words. */
#ifndef MER_EVAL_DISTURBED_TEXTS_H
#define MER_EVAL_DISTURBED_TEXTS_H

#include "base/alloc.h"
#include "data/white_noise.h"
#include "mer/data.h"

/** Leaves each word, what stands between blanks, out of the texts of `rows` [n] with the
 * probability `share`; one stays. The texts are then in `arena`. MER_STATUS_NO_MEMORY. */
mer_status mer__texts_shorten(mer_utterance *rows, mer__arena *arena, int64_t n, double share,
                              uint64_t seed, mer_error *err);
/** Puts in the place of words others that are drawn from all texts of `rows` [n]: of each word
 * where the noise is alone, else of a share of them that the row draws. The same. */
mer_status mer__texts_replace(mer_utterance *rows, mer__arena *arena, int64_t n,
                              const mer__white_noise *noise, mer_error *err);

#endif
