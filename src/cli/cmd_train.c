/* cmd_train.c: `mer train`: trains a classifier. */
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/json_text.h"
#include "cli/output_file.h"
#include "cli/real_path.h"
#include "cli/train_words.h"
#include "mer/train.h"

typedef struct cli_training arguments;

/* What the command line says; negative numbers and NULL: the default of the kind. */
struct cli_training {
  const cli_command *command; /* whom messages name */
  const char *kind;           /* of words in a file */
  cli_data data;
  const char *weights;
  cli_list teachers;
  double weight_of[MER_MAX_DATASETS]; /* [n_weights] */
  int n_weights;
  const char *encoder, *speech_encoder, *image_encoder, *out, *modalities, *optimizer, *dtype,
      *keep, *log, *layers, *pool, *target, *loss, *text_pool, *average, *fusion, *head, *turns,
      *frames;
  int64_t epochs, batch_size, max_length, limit, freeze_layers, lora, context, future, patience,
      n_averaged;
  double label_smoothing, lr, weight_decay, warmup, clip, trim_db, checkpoint_every_s, layer_decay,
      encoder_lr, modality_dropout, noise, unimodal_loss;
  bool linear_decay, standardize, resume, freeze, fine_tune, padded, by_speaker,
      checkpoint_activations, augment, calibrate, speaker_names, keep_head;
};

/* The losses by their names, and what they are of. */
static const struct loss_name {
  const char *name;
  mer_loss loss;
  mer_target target;
} loss_names[] = {
    {"ce", MER_LOSS_USUAL, MER_TARGET_LABEL},    {"balanced", MER_LOSS_BALANCED, MER_TARGET_LABEL},
    {"focal", MER_LOSS_FOCAL, MER_TARGET_LABEL}, {"adjusted", MER_LOSS_ADJUSTED, MER_TARGET_LABEL},
    {"mse", MER_LOSS_USUAL, MER_TARGET_VALUES},  {"ccc", MER_LOSS_CCC, MER_TARGET_VALUES}};

/* `name` is one of them. */
static const struct loss_name *find_loss(const char *name) {
  const struct loss_name *found = loss_names;
  while (strcmp(found->name, name) != 0) found++;
  return found;
}

static void apply(mer_train_options *o, const arguments *a, const cli_common *common) {
  o->encoder = a->encoder;
  if (a->speech_encoder) o->speech_encoder = a->speech_encoder;
  o->image_encoder = a->image_encoder;
  o->out = a->out;
  o->log = a->log;
  if (a->modalities) o->modalities = a->modalities;
  if (a->epochs > 0) o->epochs = a->epochs;
  if (a->batch_size > 0) o->batch_size = a->batch_size;
  if (a->lr > 0) o->lr = a->lr;
  if (a->optimizer) {
    o->adamw = strcmp(a->optimizer, "adamw") == 0;
    o->weight_decay = o->adamw ? 0.01 : 0;
  }
  if (a->weight_decay >= 0) o->weight_decay = a->weight_decay;
  if (a->keep) o->keep_best = strcmp(a->keep, "best") == 0;
  if (a->freeze) o->freeze_encoder = true;
  if (a->fine_tune) o->freeze_encoder = false;
  if (a->layers) o->layer_sum = strcmp(a->layers, "sum") == 0;
  if (a->pool) o->pool = a->pool;
  if (a->trim_db >= 0) o->trim_db = a->trim_db;
  o->padded = a->padded;
  o->by_speaker = a->by_speaker;
  o->augment = a->augment;
  o->noise = a->noise;
  o->attend_frames = a->frames && strcmp(a->frames, "attention") == 0;
  o->freeze_layers = a->freeze_layers;
  o->layer_decay = a->layer_decay;
  o->encoder_lr = a->encoder_lr;
  if (a->loss) o->loss = find_loss(a->loss)->loss;
  o->label_smoothing = a->label_smoothing;
  o->patience = a->patience;
  o->average = a->n_averaged;
  o->lora = a->lora;
  o->checkpoint_activations = a->checkpoint_activations;
  o->calibrate = a->calibrate;
  o->keep_head = a->keep_head;
  if (a->fusion) o->fusion = a->fusion;
  o->cnn_head = a->head && strcmp(a->head, "cnn") == 0;
  o->modality_dropout = a->modality_dropout;
  o->unimodal_loss = a->unimodal_loss;
  o->warmup = a->warmup;
  o->linear_decay = a->linear_decay;
  o->max_grad_norm = a->clip;
  if (a->dtype) o->bf16 = strcmp(a->dtype, "bf16") == 0;
  if (a->max_length > 0) o->max_length = a->max_length;
  o->context = a->context;
  o->future = a->future;
  o->speaker_names = a->speaker_names;
  o->turns_lstm = a->turns && strcmp(a->turns, "lstm") == 0;
  o->text_mean = a->text_pool && strcmp(a->text_pool, "utterance") == 0;
  o->limit = a->limit;
  o->standardize = a->standardize;
  o->skip_missing = a->data.skip_missing;
  o->resume = a->resume;
  o->checkpoint_every_s = a->checkpoint_every_s;
  o->seed = (uint64_t)common->seed;
  o->features = cli_data_features(&a->data, common);
  o->weights = a->weight_of;
  o->n_weights = a->n_weights;
  o->teachers = a->teachers.items;
  o->n_teachers = a->teachers.n;
  o->precomputed = a->data.precomputed.items;
  o->n_precomputed = a->data.precomputed.n;
  o->monitor = &common->monitor;
}

/* JSON has no word for NaN, the loss of an epoch whose steps were all left out. */
static json_t *real(double x) { return isfinite(x) ? json_real(x) : json_null(); }

/* The model's directory where `out` is a link to it, for free(); NULL: it is not. */
static char *find_target(const char *out) {
  char byte;
  return readlink(out, &byte, 1) >= 0 ? cli_real_name(out) : NULL;
}

static void print_text(const mer_train_result *result, const char *out, mer_target target) {
  static const char *const scores[] = {[MER_TARGET_LABEL] = "weighted F1",
                                       [MER_TARGET_LABELS] = "macro F1",
                                       [MER_TARGET_VALUES] = "CCC"};
  const mer_epoch *e = &result->epochs[result->best_epoch - 1];
  char *model = find_target(out);
  printf("%s%s%s%s: epoch %lld of %lld; utterances: %lld; train loss %.4f", out, model ? " (" : "",
         model ? model : "", model ? ")" : "", (long long)result->best_epoch,
         (long long)result->n_epochs, (long long)result->n_train, e->loss);
  free(model);
  if (target != MER_TARGET_VALUES) printf(", accuracy %.3f", e->accuracy);
  if (e->dev.n && target != MER_TARGET_VALUES) printf("; dev accuracy %.3f,", e->dev.accuracy);
  else if (e->dev.n) printf("; dev");
  if (e->dev.n) printf(" %s %.3f", scores[target], e->dev.score);
  if (result->n_averaged > 1) printf("; mean of epochs: %lld", (long long)result->n_averaged);
  if (result->temperature != 1) printf("; temperature %.3f", result->temperature);
  if (result->n_skipped) printf("; steps skipped: %lld", (long long)result->n_skipped);
  putchar('\n');
}

static void print_json(const mer_train_result *result, const char *out, mer_target target) {
  const mer_epoch *e = &result->epochs[result->best_epoch - 1];
  char score[32];
  json_t *root = json_pack("{s:o, s:I, s:I, s:I, s:o, s:o}", "model", cli_json_text(out), "epoch",
                           (json_int_t)result->best_epoch, "epochs", (json_int_t)result->n_epochs,
                           "utterances", (json_int_t)result->n_train, "train_loss", real(e->loss),
                           "train_accuracy", real(e->accuracy));
  if (result->n_skipped)
    json_object_set_new(root, "skipped_steps", json_integer(result->n_skipped));
  if (e->dev.n) {
    json_object_set_new(root, "dev_accuracy", real(e->dev.accuracy));
    snprintf(score, sizeof score, "dev_%s", mer_score_name(target));
    json_object_set_new(root, score, real(e->dev.score));
  }
  if (result->n_averaged > 1)
    json_object_set_new(root, "averaged", json_integer(result->n_averaged));
  if (result->temperature != 1)
    json_object_set_new(root, "temperature", json_real(result->temperature));
  json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(root);
}

/* Whether a list of names, "a,b", has `name`. */
static bool has_name(const char *list, const char *name) {
  const size_t size = strlen(name);
  for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
    if (strncmp(list, name, size) == 0 && (!list[size] || list[size] == ',')) return true;
  return false;
}

/* What is asked for and would not be heeded; NULL: nothing. */
static const char *find_idle(const arguments *a, mer_train_kind kind) {
  const char *names = a->modalities             ? a->modalities
                      : kind == MER_KIND_FUSION ? "text,audio"
                                                : mer_train_kind_name(kind);
  const bool has_text = has_name(names, "text"), has_audio = has_name(names, "audio");
  const bool has_images = has_name(names, "image");
  if (!has_text && a->encoder) return "--encoder";
  if (!has_images && a->image_encoder) return "--image-encoder";
  if (!has_images && a->frames) return "--frames";
  if (!has_images && !a->kind && a->data.face_detector) return "--face-detector";
  if (!has_text && !a->speech_encoder && !a->image_encoder && a->freeze) return "--freeze-encoder";
  if (!has_text && !a->speech_encoder && !a->image_encoder && a->fine_tune) return "--fine-tune";
  if (!has_text && a->max_length > 0) return "--max-length";
  if (!has_text && a->context > 0) return "--context";
  if (!has_text && a->future > 0) return "--future";
  if (!has_text && a->turns) return "--turns";
  if (!has_text && a->text_pool) return "--text-pool";
  if (kind != MER_KIND_TEXT && a->head) return "--head";
  if (a->context == 0 && a->future == 0 && a->speaker_names)
    return "--speaker-names without --context";
  if (!has_audio && a->speech_encoder) return "--speech-encoder";
  if (!a->speech_encoder && a->layers) return "--layers without --speech-encoder";
  if (!a->speech_encoder && a->pool) return "--pool without --speech-encoder";
  if (!a->speech_encoder && a->trim_db >= 0) return "--trim without --speech-encoder";
  if (!a->speech_encoder && a->padded) return "--padded without --speech-encoder";
  if (!a->speech_encoder && a->by_speaker) return "--by-speaker without --speech-encoder";
  if (a->padded && a->trim_db > 0) return "--trim with --padded";
  if (!has_audio && a->data.max_duration_s > 0) return "--max-duration";
  if ((strcmp(names, "text") == 0 || kind == MER_KIND_IMAGE) && !a->standardize)
    return "--no-standardize";
  return NULL;
}

/* What the command line alone shows to be wrong: -1, or the exit code. */
static int check_usage(mer_train_kind kind, const arguments *a, const mer_train_options *options) {
  mer_error err = {0};
  const char *idle = find_idle(a, kind);
  if (idle)
    return cli_usage(a->command, "%s does not apply to %s%s%s", idle, mer_train_kind_name(kind),
                     a->modalities ? " of " : "", a->modalities ? a->modalities : "");
  if (cli_same_file(a->log, a->out))
    return cli_usage(a->command, "--log and --out are the same name: %s", a->log);
  if (mer_train_options_check(options, &err) == MER_OK) return -1;
  return err.status == MER_STATUS_NO_MEMORY ? cli_fail(&err)
                                            : cli_usage(a->command, "%s", err.message);
}

static int train(const mer_train_options *options, arguments *a, const cli_common *common) {
  mer_error err = {0};
  const cli_own_file log = {.what = "a training log of mer",
                            .start = "{\"event\":\"",
                            .holds = {"\"settings\":{\"mer\":\""},
                            .in_place = true};
  if (cli_check_output(a->log, &log, &err) != MER_OK) return cli_fail(&err);
  signal(SIGPIPE,
         SIG_IGN); /* a reader of results or messages who leaves does not end the training */
  mer_dataset *dataset = NULL;
  mer_train_result result = {0};
  cli_catch_interrupt();
  mer_status status = cli_data_open(&dataset, &a->data, true, &common->monitor, &err);
  if (status == MER_OK) status = mer_train_run(&result, dataset, options, &err);
  cli_progress_end();
  if (status == MER_OK) (common->json ? print_json : print_text)(&result, a->out, a->data.target);
  if (status == MER_OK && a->log && result.log_error) {
    status = err.status = MER_STATUS_IO;
    snprintf(err.message, sizeof err.message,
             "%.300s: the training log is not whole: %s; the model is written", a->log,
             strerror(result.log_error));
  }
  mer_train_result_clear(&result);
  mer_dataset_close(dataset);
  return status == MER_OK ? CLI_DONE : cli_fail(&err);
}

static mer_target target_of(const char *name) {
  return strcmp(name, "values") == 0   ? MER_TARGET_VALUES
         : strcmp(name, "labels") == 0 ? MER_TARGET_LABELS
                                       : MER_TARGET_LABEL;
}

/* "1,0.5": numbers between commas; false: something else. */
static bool read_weights(arguments *a) {
  const char *at = a->weights;
  a->n_weights = 0;
  while (at && a->n_weights < MER_MAX_DATASETS) {
    char *end;
    a->weight_of[a->n_weights++] = strtod(at, &end);
    if (end == at || (*end && *end != ',')) return false;
    at = *end ? end + 1 : NULL;
  }
  return !at;
}

/* "all", or a number; false: neither. */
static bool read_average(arguments *a) {
  const bool all = a->average && strcmp(a->average, "all") == 0;
  char *end = NULL;
  if (all) a->n_averaged = -1;
  if (!a->average || all) return true;
  a->n_averaged = strtoll(a->average, &end, 10);
  return a->n_averaged > 0 && !*end;
}

/* Makes options of what the words say, of which `n` operands are left: -1, or the exit code. */
static int make_options(mer_train_options *options, arguments *a, const cli_common *common, int n,
                        char **argv) {
  if (n != 1)
    return cli_usage(a->command, "expected one kind of model: text, audio, image or fusion");
  a->data.target = a->target ? target_of(a->target) : MER_TARGET_LABEL;
  if (a->data.target == MER_TARGET_VALUES && !a->data.labels)
    return cli_usage(a->command, "--target values needs --labels, the names of their columns");
  if (a->loss && a->data.target != find_loss(a->loss)->target)
    return cli_usage(a->command,
                     "--loss %s is not one of %s: of one label ce, balanced, focal or "
                     "adjusted, of values mse or ccc",
                     a->loss, a->target ? a->target : "label");
  if (a->patience > 0 && a->keep && strcmp(a->keep, "last") == 0)
    return cli_usage(a->command, "--patience needs --keep best");
  if (!read_average(a))
    return cli_usage(a->command, "--average takes a number of epochs, or all: %s", a->average);
  if (!read_weights(a))
    return cli_usage(a->command, "--weights takes numbers, as in 1,0.5, not '%s'", a->weights);
  if (a->data.soft_labels && a->data.target != MER_TARGET_LABEL)
    return cli_usage(a->command, "--soft-labels is of --target label");
  if (a->teachers.n > 0 && a->data.target != MER_TARGET_LABEL)
    return cli_usage(a->command, "--teacher is of --target label");
  const int code = cli_data_check(a->command, &a->data);
  if (code >= 0) return code;
  if (a->freeze && a->fine_tune)
    return cli_usage(a->command, "--freeze-encoder and --fine-tune exclude each other");
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_IMAGE; kind++)
    if (strcmp(argv[1], mer_train_kind_name((mer_train_kind)kind)) == 0) {
      mer_train_options_init(options, sizeof *options, (mer_train_kind)kind);
      apply(options, a, common);
      return check_usage((mer_train_kind)kind, a, options);
    }
  return cli_usage(a->command, "'%s' is not a kind of model: text, audio, image or fusion",
                   argv[1]);
}

/* Leaves out of a table what `takes` does not take. */
static void leave_out(cli_option *options, bool (*takes)(const char *name)) {
  cli_option *to = options;
  for (const cli_option *from = options; from->kind != CLI_END; from++)
    if (takes(from->name)) *to++ = *from;
  to->kind = CLI_END;
}

/* Parses the options of which `takes` knows the name; NULL: all, and the common ones. -1, or the
 * exit code. */
static int parse(arguments *filled, bool (*takes)(const char *name), cli_common *common, int argc,
                 char **argv, int *n) {
  arguments a = *filled;
  cli_option options[] = {
      CLI_DATA_SETS_OPTIONS(a.data),
      {CLI_CHOICE, 0, "target", "label|labels|values", &a.target, 0, 0,
       "what a row has: one label (default), several as a|b, or columns of numbers (--labels)"},
      {CLI_NAME, 0, "weights", "A,B,..", &a.weights, 0, 0,
       "of each data set: the share of its rows that an epoch takes (default 1)"},
      {CLI_FLAG, 0, "soft-labels", NULL, &a.data.soft_labels, 0, 0,
       "train on the shares of the labels in the columns votes_<label>, as those of FER+"},
      {CLI_LIST, 0, "teacher", "MODEL", &a.teachers, 0, 0,
       "learn from the probabilities of a trained model, too; several: of their mean"},
      {CLI_CHOICE, 0, "loss", "ce|balanced|focal|adjusted|mse|ccc", &a.loss, 0, 0,
       "of one label: cross entropy (default), or for rare labels: balanced by their numbers, "
       "focal, of logits adjusted by their shares; of values: the mean squared error (default), "
       "or 1 - CCC"},
      {CLI_REAL, 0, "label-smoothing", "X", &a.label_smoothing, 0, 0.999,
       "share so much of each label among all (default 0)"},
      {CLI_ENCODER, 0, "encoder", "DIR|NAME", &a.encoder, 0, 0,
       "text encoder: a directory (BERT, DistilBERT, RoBERTa, XLM-RoBERTa, MPNet), or a trained "
       "model"},
      {CLI_ENCODER, 0, "speech-encoder", "DIR|NAME", &a.speech_encoder, 0, 0,
       "speech encoder: a directory (Whisper, wav2vec 2.0, HuBERT, WavLM); or, trained from "
       "nothing, vector (MFCC as they are, the default), mel-stats (log-mel over time) or crnn "
       "(convolutions and LSTM)"},
      {CLI_ENCODER, 0, "image-encoder", "DIR|NAME", &a.image_encoder, 0, 0,
       "image encoder: a directory (ViT, ResNet), or a model trained upon one; or, trained from "
       "nothing for faces of 48 pixels, cnn or resnet18"},
      {CLI_CHOICE, 0, "layers", "sum|last", &a.layers, 0, 0,
       "what of a speech encoder's layers is used: a learned sum (default), or the last"},
      {CLI_CHOICE, 0, "pool", "mean|mean-std|attention", &a.pool, 0, 0,
       "what of these over time: the mean, mean and deviation (default), or a sum with learned "
       "weights (needs --fine-tune)"},
      {CLI_REAL, 0, "trim", "DB", &a.trim_db, 0, 120,
       "cut off the ends of sound that lie DB below its peak (default 30; 0: none)"},
      {CLI_FLAG, 0, "by-speaker", NULL, &a.by_speaker, 0, 0,
       "standardize what a frozen speech encoder gives by each speaker's own mean and deviation"},
      {CLI_FLAG, 0, "padded", NULL, &a.padded, 0, 0,
       "pad sound to the 30 s that Whisper was trained on (slow)"},
      {CLI_FLAG, 0, "augment", NULL, &a.augment, 0, 0,
       "while training change inputs at random: sound (crnn, Whisper) in start, speed, loudness, "
       "noise, masks; images by mirroring, turning, shifting, size, light, contrast, erasing"},
      {CLI_REAL, 0, "noise", "P", &a.noise, 0, 1,
       "share of the rows that get white noise in a step, in sound, images and vectors, and in a "
       "fusion other words (default 0)"},
      {CLI_NAME, 'o', "out", "MODEL", &a.out, 0, 0, "model directory to write"},
      {CLI_NAME, 0, "modalities", "A,B,..", &a.modalities, 0, 0,
       "what is fused (default text,audio)"},
      {CLI_CHOICE, 0, "fusion", "concat|gated|attention|late", &a.fusion, 0, 0,
       "how their vectors are joined: side by side (default), weighted number by number or as a "
       "whole, or scores of each added"},
      {CLI_REAL, 0, "modality-dropout", "P", &a.modality_dropout, 0, 0.99,
       "probability with which a training step goes without a modality of an utterance (default "
       "0)"},
      {CLI_REAL, 0, "unimodal-loss", "W", &a.unimodal_loss, 0, 100,
       "add W times the loss of what each modality answers alone (default 0)"},
      {CLI_INT, 0, "epochs", "N", &a.epochs, 1, 100000,
       "default 10 for text and images, 20 for audio and fusion"},
      {CLI_INT, 0, "batch-size", "N", &a.batch_size, 1, 65536, "default 8"},
      {CLI_REAL, 0, "lr", "X", &a.lr, 1e-12, 1,
       "learning rate (default 2e-5 for text and images, 1e-4 else)"},
      {CLI_CHOICE, 0, "optimizer", "adam|adamw", &a.optimizer, 0, 0,
       "default adamw for text and images, adam else"},
      {CLI_REAL, 0, "weight-decay", "X", &a.weight_decay, 0, 1,
       "default .01 for adamw, 0 for adam"},
      {CLI_REAL, 0, "warmup", "X", &a.warmup, 0, 1,
       "part of all steps in which the rate grows from 0 (default 0)"},
      {CLI_FLAG, 0, "linear-decay", NULL, &a.linear_decay, 0, 0, "lower the rate to 0 at the end"},
      {CLI_REAL, 0, "clip", "X", &a.clip, 0, 1e9, "most norm of the gradient (default 0: any)"},
      {CLI_CHOICE, 0, "dtype", "f32|bf16", &a.dtype, 0, 0,
       "of matrix products (default: of text bf16 if the CPU multiplies it, else f32)"},
      {CLI_INT, 0, "max-length", "N", &a.max_length, 3, 100000,
       "most tokens of an utterance (default 128)"},
      CLI_CONTEXT_OPTIONS(a.context, a.future, a.speaker_names, a.text_pool),
      {CLI_CHOICE, 0, "turns", "text|lstm", &a.turns, 0, 0,
       "how the turns before an utterance are read: as one text with it (default), or by an LSTM "
       "over their vectors (with --freeze-encoder; --context is then 64 by default)"},
      {CLI_CHOICE, 0, "frames", "mean|attention", &a.frames, 0, 0,
       "how the faces of a video make one vector: by their mean (default), or weighted by learned "
       "attention"},
      {CLI_CHOICE, 0, "head", "mlp|cnn", &a.head, 0, 0,
       "of a text: a hidden layer on its vector (default), or convolutions over the vectors of its "
       "tokens (BERT + CNN)"},
      {CLI_INT, 0, "limit", "N", &a.limit, 0, CLI_ANY_COUNT,
       "train on the first N utterances only (default 0: all)"},
      {CLI_FLAG, 0, "calibrate", NULL, &a.calibrate, 0, 0,
       "fit the temperature of the model's probabilities on dev"},
      {CLI_CHOICE, 0, "keep", "best|last", &a.keep, 0, 0,
       "epoch to keep, best on dev by weighted F1, macro F1 or CCC (default best)"},
      {CLI_INT, 0, "patience", "N", &a.patience, 0, 100000,
       "end after N epochs without a better score on dev (default 0: never)"},
      {CLI_NAME, 0, "average", "N|all", &a.average, 0, 0,
       "measure and keep the mean of the weights of the last N epochs, as far as they are done"},
      {CLI_NO, 0, "no-standardize", NULL, &a.standardize, 0, 0,
       "take vectors as they are, not standardized"},
      {CLI_FLAG, 0, "freeze-encoder", NULL, &a.freeze, 0, 0,
       "do not train the encoders (default for fusion)"},
      {CLI_FLAG, 0, "fine-tune", NULL, &a.fine_tune, 0, 0,
       "train the encoders too (default for text, audio and images)"},
      {CLI_FLAG, 0, "keep-head", NULL, &a.keep_head, 0, 0,
       "begin with the head of the trained model that is the encoder, too"},
      {CLI_INT, 0, "freeze-layers", "K", &a.freeze_layers, 0, 999,
       "of the encoders, do not train the embeddings (or convolutions) and the first K layers"},
      {CLI_REAL, 0, "encoder-lr", "X", &a.encoder_lr, 0, 1,
       "learning rate of the encoders, beside that of the head (default: that of --lr)"},
      {CLI_REAL, 0, "layer-decay", "X", &a.layer_decay, 1e-3, 1,
       "the learning rate of each layer is that of the next one times X (default 1)"},
      {CLI_INT, 0, "lora", "R", &a.lora, 1, 1024,
       "train adapters of rank R of the encoders' queries and values, nothing else of them"},
      {CLI_FLAG, 0, "checkpoint-activations", NULL, &a.checkpoint_activations, 0, 0,
       "compute encoders' layers twice, to need less memory"},
      {CLI_FLAG, 0, "resume", NULL, &a.resume, 0, 0, "go on where an interrupted training stopped"},
      {CLI_REAL, 0, "checkpoint-every", "S", &a.checkpoint_every_s, 0, 1e9,
       "save the state every S seconds (default 600)"},
      {CLI_NAME, 0, "log", "FILE", &a.log, 0, 0,
       "training log, JSON lines (default train.jsonl in the model)"},
      {.kind = CLI_END}};
  if (takes) leave_out(options, takes);
  const int code = takes ? cli_parse_words(a.command, options, argc, argv, n)
                         : cli_parse(a.command, options, common, argc, argv, n);
  *filled = a;
  return code;
}

static arguments default_arguments(void) {
  return (arguments){.data = cli_data_default(),
                     .command = &cli_train,
                     .weight_decay = -1,
                     .trim_db = -1,
                     .standardize = true,
                     .freeze_layers = -1,
                     .layer_decay = 1,
                     .checkpoint_every_s = 600};
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = default_arguments();
  mer_train_options options;
  int n, code = parse(&a, NULL, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n == 1 && (!a.data.paths.n || !a.out))
    return cli_usage(&cli_train, "--data and --out are needed");
  if (a.log && strcmp(a.log, "-") == 0)
    return cli_usage(&cli_train, "--log takes a file: standard output has the result");
  code = make_options(&options, &a, common, n, argv);
  return code >= 0 ? code : train(&options, &a, common);
}

/* Options that say which data are trained on. */
static bool is_of_data(const char *name) {
  static const char *const names[] = {"data",         "media",   "labels",      "features",
                                      "skip-missing", "cache",   "no-cache",    "max-duration",
                                      "target",       "weights", "soft-labels", "face-detector"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

/* Options of a run: not of the data, and none that a comparison gives itself. */
static bool is_of_run(const char *name) {
  static const char *const names[] = {"out", "resume", "log", "checkpoint-every"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return false;
  return !is_of_data(name);
}

cli_training *cli_training_create(void) {
  cli_training *training = malloc(sizeof *training);
  if (training) *training = default_arguments();
  return training;
}

/* "train" and the words, for free(); NULL if memory is out. */
static char **copy_words(char *const *words, int n) {
  static char command[] = "train";
  char **argv = malloc(((size_t)n + 2) * sizeof *argv);
  if (!argv) return NULL;
  argv[0] = command;
  if (n) memcpy(argv + 1, words, (size_t)n * sizeof *argv);
  argv[n + 1] = NULL;
  return argv;
}

int cli_training_parse(cli_training *training, const cli_command *run, char *const *run_words,
                       int n_run_words, const cli_command *data, char *const *data_words,
                       int n_data_words) {
  int n = 0, code = CLI_FAILED;
  char **of_run = copy_words(run_words, n_run_words),
       **of_data = copy_words(data_words, n_data_words);
  if (!of_run || !of_data) {
    cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
    goto cleanup;
  }
  training->command = data;
  if ((code = parse(training, is_of_data, NULL, n_data_words + 1, of_data, &n)) >= 0) goto cleanup;
  if (n != 0 || !training->data.paths.n) {
    code = n ? cli_usage(data, "expected options alone, found '%s'", of_data[1])
             : cli_usage(data, "expected --data PATH");
    goto cleanup;
  }
  training->command = run;
  if ((code = parse(training, is_of_run, NULL, n_run_words + 1, of_run, &n)) >= 0) goto cleanup;
  if (n != 1) code = cli_usage(run, "expected one kind of model: text, audio, image or fusion");
  else training->kind = of_run[1];
cleanup:
  free(of_run);
  free(of_data);
  return code;
}

const char **cli_training_encoder(cli_training *training, int which) {
  const char **encoders[] = {&training->encoder, &training->speech_encoder,
                             &training->image_encoder};
  return encoders[which];
}

int cli_training_options(mer_train_options *options, cli_training *training,
                         const cli_common *common) {
  char *argv[] = {NULL, (char *)training->kind};
  return make_options(options, training, common, 1, argv);
}

mer_status cli_training_open(mer_dataset **dataset, cli_training *training,
                             const mer_monitor *monitor, mer_error *err) {
  return cli_data_open(dataset, &training->data, true, monitor, err);
}

bool cli_training_finds_faces(const cli_training *training) {
  return training->data.face_detector != NULL;
}

const char *cli_training_path(const cli_training *training) {
  return training->data.paths.items[0];
}

const cli_command cli_train = {"train",
                               "text|audio|image|fusion --data D --out MODEL [--encoder E]",
                               "Trains a classifier and writes its model directory.", run};
