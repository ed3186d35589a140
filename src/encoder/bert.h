/* bert.h: the BERT encoder (Devlin et al., 2019; tensor names and arrangement are those of Hugging
 * Face's BertModel, without its pooler): the vector of a text is the last hidden state of [CLS]. */
#ifndef MER_ENCODER_BERT_H
#define MER_ENCODER_BERT_H

#include "encoder/modality.h"

extern const mer__encoder_type mer__encoder_bert;

#endif
