/* text_families.c: the table of families of text encoders. Names and facts are those of Hugging
 * Face's implementations (transformers 5.24: BertModel, DistilBertModel, RobertaModel,
 * XLMRobertaModel, MPNetModel, and their ForSequenceClassification). */
#include <string.h>

#include "encoder/text_encoder.h"

#define TYPE(model_type)                                                                        \
  {                                                                                             \
    .name = (model_type), .size = sizeof(mer__text_encoder), .adopt = mer__text_encoder_adopt,  \
    .parse = mer__text_encoder_parse, .describe = mer__text_encoder_describe,                   \
    .base_config = mer__text_encoder_base_config, .write_files = mer__text_encoder_write_files, \
    .clear = mer__text_encoder_clear, .tokenize = mer__text_encoder_tokenize,                   \
    .tokenizer = mer__text_encoder_tokenizer, .inform = mer__text_encoder_inform,               \
    .head = mer__text_encoder_head, .declare = mer__text_encoder_declare,                       \
    .init = mer__text_encoder_init, .n_rows = mer__text_encoder_n_rows,                         \
    .forward = mer__text_encoder_forward, .backward = mer__text_encoder_backward,               \
    .token_table = mer__text_encoder_token_table,                                               \
  }

static const mer__text_keys usual_keys = {
    .hidden_size = "hidden_size",
    .n_layers = "num_hidden_layers",
    .n_heads = "num_attention_heads",
    .intermediate_size = "intermediate_size",
    .activation = "hidden_act",
    .hidden_dropout = "hidden_dropout_prob",
    .attention_dropout = "attention_probs_dropout_prob",
    .classifier_dropout = "classifier_dropout",
};
static const mer__text_keys distilbert_keys = {
    .hidden_size = "dim",
    .n_layers = "n_layers",
    .n_heads = "n_heads",
    .intermediate_size = "hidden_dim",
    .activation = "activation",
    .hidden_dropout = "dropout",
    .attention_dropout = "attention_dropout",
    .classifier_dropout = "seq_classif_dropout",
};

#define BERT_LAYERS                                                                          \
  {                                                                                          \
    .layers = "encoder.layer", .query = "attention.self.query", .key = "attention.self.key", \
    .value = "attention.self.value", .attention = "attention.output.dense",                  \
    .attention_norm = "attention.output.LayerNorm", .up = "intermediate.dense",              \
    .down = "output.dense", .output_norm = "output.LayerNorm",                               \
  }

#define ROBERTA_HEAD(before)                                                                 \
  {                                                                                          \
    .prefix = (before), .n_layers = 2, .names = {"classifier.dense", "classifier.out_proj"}, \
    .activation = MER__MLP_TANH, .input_dropout = true,                                      \
  }

static const mer__text_family families[] = {
    {
        .type = TYPE("bert"),
        .keys = &usual_keys,
        .has_types = true,
        .names = BERT_LAYERS,
        .head = {.prefix = "bert.",
                 .n_layers = 2,
                 .names = {"bert.pooler.dense", "classifier"},
                 .activation = MER__MLP_TANH},
    },
    {
        .type = TYPE("distilbert"),
        .keys = &distilbert_keys,
        .no_sum_dropout = true,
        .names = {.layers = "transformer.layer",
                  .query = "attention.q_lin",
                  .key = "attention.k_lin",
                  .value = "attention.v_lin",
                  .attention = "attention.out_lin",
                  .attention_norm = "sa_layer_norm",
                  .up = "ffn.lin1",
                  .down = "ffn.lin2",
                  .output_norm = "output_layer_norm"},
        .head = {.prefix = "distilbert.",
                 .n_layers = 2,
                 .names = {"pre_classifier", "classifier"},
                 .activation = MER__MLP_RELU,
                 .dropout = 0.2},
    },
    {
        .type = TYPE("roberta"),
        .keys = &usual_keys,
        .has_types = true,
        .counts_from_padding = true,
        .names = BERT_LAYERS,
        .head = ROBERTA_HEAD("roberta."),
    },
    {
        .type = TYPE("xlm-roberta"),
        .keys = &usual_keys,
        .has_types = true,
        .counts_from_padding = true,
        .names = BERT_LAYERS,
        .head = ROBERTA_HEAD("roberta."),
    },
    {
        .type = TYPE("mpnet"),
        .keys = &usual_keys,
        .counts_from_padding = true,
        .buckets = "relative_attention_num_buckets",
        .n_buckets = 32,
        .max_distance = 128,
        .names = {.layers = "encoder.layer",
                  .query = "attention.attn.q",
                  .key = "attention.attn.k",
                  .value = "attention.attn.v",
                  .attention = "attention.attn.o",
                  .attention_norm = "attention.LayerNorm",
                  .up = "intermediate.dense",
                  .down = "output.dense",
                  .output_norm = "output.LayerNorm",
                  .relative_bias = "encoder.relative_attention_bias.weight"},
        .head = ROBERTA_HEAD("mpnet."),
    },
};

const mer__text_family *mer__text_family_at(size_t i) {
  return i < sizeof families / sizeof families[0] ? &families[i] : NULL;
}
