/* mer/train.h: trains classifiers: the text, audio and fusion networks of the reference experiment.
 * Experimental: any release may change this header (mer/experimental.h). */
#ifndef MER_TRAIN_H
#define MER_TRAIN_H

#include "mer/base.h"
#include "mer/data.h"
#include "mer/eval.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mer_train_kind {
  MER_KIND_TEXT,
  MER_KIND_AUDIO,
  MER_KIND_FUSION,
  MER_KIND_IMAGE
} mer_train_kind;

/** "text", "audio", "fusion" or "image". */
MER_API const char *mer_train_kind_name(mer_train_kind kind);

/** What a training makes small. */
typedef enum mer_loss {
  MER_LOSS_USUAL, /* of one label the cross entropy, of several the binary one, of values the mean
                     squared error */
  MER_LOSS_BALANCED, /* of one label: a row counts by the effective number of rows of its label
                        (Cui et al., 2019; beta .999) */
  MER_LOSS_FOCAL, /* of one label: what is known already counts less (Lin et al., 2017; gamma 2) */
  MER_LOSS_ADJUSTED, /* of one label: of logits to which the logarithm of the label's share of the
                        rows is added (Menon et al., 2020; tau 1), so that without it, when the
                        model answers, rare labels are not at a disadvantage */
  MER_LOSS_CCC, /* of values: 1 - CCC (concordance correlation coefficient) of a batch, the mean
                   over the values */
} mer_loss;

/** Most teachers of a training. */
#define MER_MAX_TEACHERS 16

typedef struct mer_train_options {
  size_t size; /* of this struct; set by mer_train_options_init */
  mer_train_kind kind;
  const char *encoder; /* encoder or model directory; needed by text, and by fusion with text */
  const char *speech_encoder; /* that hears "audio": "vector" (default: MFCC as they are),
                                 "mel-stats", "crnn", or the directory of one (Whisper, wav2vec 2.0,
                                 WavLM, HuBERT) */
  const char *out;            /* model directory to write */
  const char *modalities; /* of fusion and audio, names separated by commas; default "text,audio"
                             and "audio" */
  int64_t epochs;         /* default 10 (text, image), 20 (audio, fusion) */
  int64_t batch_size;     /* default 8 */
  double lr;              /* default 2e-5 (text, image), 1e-4 (audio, fusion) */
  bool adamw;             /* AdamW, else Adam; default AdamW for text and images */
  double weight_decay;    /* default .01 for text and images, else 0 */
  double warmup;          /* part of all steps in which the rate grows from 0; default 0 */
  bool linear_decay;      /* of the rate to 0 at the end; default false */
  double max_grad_norm;   /* the gradient is scaled down to it; 0 (default) = any norm */
  int64_t max_length;  /* tokens, at most the encoder's positions; default 128, or fewer if it has
                          fewer positions */
  bool bf16;           /* products of operands rounded to bfloat16; default: of text, if
                        * mer_cpu_has_bf16() */
  int64_t limit;       /* only the first rows of the training split; 0 (default) = all */
  bool keep_best;      /* the epoch with the best score on dev (mer_epoch_scores), else the last;
                          default true */
  bool standardize;    /* vectors, and what a speech encoder gives, by the training set's mean and
                          deviation; default true */
  bool skip_missing;   /* rows that lack a modality are left out; default false */
  bool freeze_encoder; /* default true for fusion */
  bool evaluate_test;  /* also after each epoch, for the curves of a report; default false */
  bool resume;         /* go on where an interrupted training stopped; default false */
  uint64_t seed;       /* default 0 */
  const char
      *log; /* training log, JSON lines; NULL (default): train.jsonl in the model directory */
  mer_features_load_options
      features;                   /* of the sound, the cache, and whom to tell of unusable clips */
  const char *const *precomputed; /* [n_precomputed] "NAME=PATH" of vectors from .npy files */
  int n_precomputed;
  const mer_monitor *monitor;
  double checkpoint_every_s; /* between two saved states; default 600, 0: after each step */
  bool layer_sum; /* of a speech encoder from a directory: a learned sum over its layers is what the
                     classifier sees, else the last layer; default true */
  const char *pool; /* of the same, over time: "mean", "mean-std" (default): mean and deviation, or
                       "attention": a sum with learned weights, if it is not frozen */
  double trim_db;   /* of the same and of "crnn": what is quieter than the clip's peak by more
                       decibels is cut off at its ends; default 30, 0: nothing, at most 120 */
  bool padded; /* of Whisper: sound is padded to 30 s, as it was in its training, and not trimmed;
                  default false */
  int64_t freeze_layers; /* of each encoder's layers, the first ones, which are not trained, and
                            neither is what stands before them; default -1: all is trained */
  double layer_decay;    /* the rate of an encoder's layer is that of the next one times this; its
                            last layer and the head have the whole rate; default 1 */
  const char *image_encoder; /* directory of the encoder (ViT, ResNet) of the modality "image",
                                which sees the images of the rows, or "cnn" or "resnet18", which
                                are trained from nothing; NULL (default): "image" is precomputed
                                as any other. Needed by the kind image */
  mer_loss loss;             /* default MER_LOSS_USUAL */
  int64_t lora; /* of each encoder adapters of this rank on query and value of its layers are
                   trained in its place; the model has them in its weights; default 0: none */
  bool checkpoint_activations; /* of encoders' layers the inputs alone are kept for the backward
                                  pass, which computes the rest again: less memory, more time, the
                                  same model; default false */
  bool augment;   /* while training inputs are changed at random: of the speech encoders "crnn"
                     and Whisper the sound's start, speed, loudness, noise, and masks of time and
                     bands; of encoders of images that are trained the place, size, light and
                     contrast, and a part is erased; default false */
  bool calibrate; /* fit a temperature on dev (mer_temperature_fit), with which the model answers;
                     where none fits, the monitor is told and the model has none; default false */
  int64_t context, future; /* turns of its dialogue before an utterance, and after it, that are read
                              with its text, 0 to 64 each; default 0 */
  bool speaker_names;      /* the speakers of these are written by their names, else as A, B, .. by
                              order of appearance; default false */
  bool keep_head; /* of one modality: the training begins with the head of the trained model that
                     its encoder is of, too; a last layer with other labels begins anew. The head of
                     a checkpoint in Hugging Face's layout is always kept. Default false */
  bool text_mean; /* the vector of a text is the mean over its own tokens, not the first
                     token's; default false */
  double label_smoothing; /* of one label: so much of the target, below 1, is shared among all
                             labels; default 0 */
  int64_t patience;       /* end after so many epochs without a better score on dev; with keep_best;
                             default 0: never */
  int64_t average; /* from the last epochs, so many, on: what is measured and kept is the mean of
                      the weights at the ends of these epochs up to the present one; -1: of all
                      epochs; default 0: none. Without patience */
  const double *weights; /* [n_weights], one for each data set of those that are joined, above 0, at
                            most 1: the share of its training rows that an epoch takes, drawn anew
                            for each; NULL (default): all rows */
  int n_weights;
  const char *fusion; /* of the kind fusion: "concat" (default), "gated", "attention" or "late" */
  double modality_dropout; /* of the same: the probability with which an utterance lacks one of its
                              modalities in a step, but not all of them; default 0, at most .99 */
  bool cnn_head; /* of the kind text: convolutions over the vectors of a text's own tokens, and one
                    layer on the largest of their results (BERT + CNN), not a hidden layer on one
                    vector; with an encoder that is trained. Default false */
  double encoder_lr; /* learning rate of encoders from a directory; default 0: `lr`, which what
                        stands on them always has */
  const char *const
      *teachers; /* [n_teachers]: directories of trained models of one label, at most
                    MER_MAX_TEACHERS, from whose probabilities of the training rows it learns, too:
                    a row's target is the mean of its own and of theirs */
  int n_teachers;
  bool turns_lstm; /* the turns before an utterance are read by an LSTM over the vectors that the
                      encoder, which is frozen, gives for each (docs/dialogues.md), not as one text
                      with it; `context` 0 is then 64. Default false */
  bool by_speaker; /* of a frozen speech encoder from a directory: what it gives is standardized by
                      the mean and deviation of each row's own speaker (docs/speakers.md). Default
                      false */
  double noise; /* the share of the training rows that have white noise in a step, in each modality
                   by itself. Sound that `augment` changes gets it anew in each step, 0 to 30 dB
                   below the clip; all else has one copy with noise, that for a quarter of the rows
                   has nothing else; the copy of a fusion's text has other words
                   (docs/training.md). Default 0; `augment` still adds weak noise to every seventh
                   clip, 30 to 50 dB below its peak */
  double unimodal_loss; /* of the kind fusion: the loss of what each modality answers alone is added
                           with this weight, at most 100; default 0 */
  bool attend_frames; /* of images: the vector of a video is the sum of those of its faces weighted
                         by learned attention, not their mean (docs/video.md). Default false */
} mer_train_options;

/** Fills in the defaults of `kind`; `size` is sizeof *options. */
MER_API void mer_train_options_init(mer_train_options *options, size_t size, mer_train_kind kind);

/** What can be told of the options without data: MER_STATUS_INVALID, with the option's limits or
 * the encoders of sound that there are; MER_STATUS_NO_MEMORY. mer_train_run asks it too. */
MER_API mer_status mer_train_options_check(const mer_train_options *options, mer_error *err);

/** What one split gave after an epoch; n = 0: not evaluated. */
typedef struct mer_epoch_scores {
  int64_t n;
  double loss;
  double accuracy; /* of several labels: the share of rows of which all are right; of values NaN */
  double score;    /* what decides which epoch is the best: weighted F1; of several labels macro F1;
                      of values the mean CCC */
} mer_epoch_scores;

/** Name of the score: "weighted_f1", "macro_f1" or "ccc". */
MER_API const char *mer_score_name(mer_target target);

typedef struct mer_epoch {
  double loss, loss_sum; /* training: mean over the steps that were not left out, and sum; NaN if
                            all were; with the unimodal losses, where there are any */
  double accuracy;       /* training, with dropout, while the parameters change; of values NaN */
  mer_epoch_scores dev, test;
  double seconds;
  int64_t n_skipped; /* steps left out, as their loss or gradient was not finite */
} mer_epoch;

typedef struct mer_train_result {
  mer_epoch *epochs; /* [n_epochs] */
  int64_t n_epochs;
  int64_t best_epoch; /* from 1: the one that was kept */
  int64_t n_train;    /* utterances trained on */
  int64_t n_skipped;  /* steps left out in all epochs */
  double temperature; /* of the model; 1: it is not calibrated */
  int64_t n_averaged; /* epochs whose weights' mean it has, the last of which is best_epoch; 0 or 1:
                         its own */
  int log_error; /* errno of a line of the training log that could not be written; 0: all were */
} mer_train_result;

/** Trains on the training split and writes the model directory. What the model answers, one label,
 * several (binary cross entropy) or values, is what the data set has (mer_dataset_target). While it
 * runs, its state is in the folder `<out>.partial`; an earlier model in `out` stays until the new
 * one takes its place. The state of an interrupted training that is found there is refused without
 * `resume` (MER_STATUS_INVALID).
 *
 * A training log that cannot be written any more ends there: the monitor is told once, and
 * `log_error` says why; the training goes on.
 *
 * A step whose loss or gradient is not finite changes nothing but counts: `n_skipped`. Ten of them
 * in a row end the training with MER_STATUS_INVALID: the state before them is saved, and with it,
 * in the same folder, the model of the best epoch if there is one; `resume` tries ten more steps.
 * So does a dev or test split whose scores are not finite after an epoch: the message names its
 * row. MER_STATUS_INTERRUPTED when the monitor asks to stop: the state is saved and `resume` goes
 * on; but not before the first step, while a reader of the FIFO `log` is awaited or clips are
 * decoded: then nothing is there to go on with. MER_STATUS_INVALID (an option, or `resume` with
 * other settings), MER_STATUS_NOT_FOUND, MER_STATUS_FORMAT, MER_STATUS_IO (if the model cannot be
 * written, the state of the finished training is kept, and `resume` writes the model),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_train_run(mer_train_result *result, const mer_dataset *dataset,
                                 const mer_train_options *options, mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_train_result_clear(mer_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
