/* train_options.c: the defaults of the reference experiment, and the table of options. */
#include "train/train_options.h"

#include <float.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sized_options.h"
#include "encoder/image_recipe.h"
#include "encoder/speech_stack.h"
#include "encoder/text_input.h"
#include "encoder/text_turns.h"
#include "fusion/fusion.h"

const char *mer_train_kind_name(mer_train_kind kind) {
  switch (kind) {
    case MER_KIND_TEXT: return "text";
    case MER_KIND_AUDIO: return "audio";
    case MER_KIND_FUSION: return "fusion";
    case MER_KIND_IMAGE: return "image";
  }
  return "?";
}

const char *mer_score_name(mer_target target) {
  switch (target) {
    case MER_TARGET_LABEL: return "weighted_f1";
    case MER_TARGET_LABELS: return "macro_f1";
    case MER_TARGET_VALUES: return "ccc";
  }
  return "?";
}

void mer_train_options_init(mer_train_options *options, size_t size, mer_train_kind kind) {
  const bool text = kind == MER_KIND_TEXT, tuned = text || kind == MER_KIND_IMAGE;
  mer_train_options defaults = {
      .size = sizeof defaults,
      .kind = kind,
      .speech_encoder = "vector",
      .modalities = kind == MER_KIND_FUSION ? "text,audio" : mer_train_kind_name(kind),
      .epochs = tuned ? 10 : 20,
      .batch_size = 8,
      .lr = tuned ? 2e-5 : 1e-4,
      .adamw = tuned,
      .weight_decay = tuned ? 0.01 : 0,
      .bf16 = text && mer_cpu_has_bf16(),
      .max_length = MER__DEFAULT_LENGTH,
      .keep_best = true,
      .standardize = true,
      .freeze_encoder = kind == MER_KIND_FUSION,
      .checkpoint_every_s = 600,
      .layer_sum = true,
      .pool = "mean-std",
      .trim_db = 30,
      .freeze_layers = -1,
      .fusion = "concat",
      .layer_decay = 1,
  };
  mer_features_load_options_init(&defaults.features, sizeof defaults.features);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

mer_status mer__train_options_read(mer_train_options *options, const mer_train_options *given,
                                   mer_error *err) {
  static const char *const name = "mer_train_options";
  mer_train_options_init(options, sizeof *options, MER_KIND_TEXT);
  mer_status status = mer__options_read(options, sizeof *options, given, name, err);
  if (status != MER_OK) return status;
  mer_train_options_init(options, sizeof *options, options->kind); /* the kind's defaults */
  status = mer__options_read(options, sizeof *options, given, name, err);
  if (options->turns_lstm && options->context == 0) options->context = MER__MOST_TURNS;
  return status;
}

typedef enum option_kind {
  COUNT, /* int64_t */
  SEED,  /* uint64_t */
  REAL,  /* double */
  FLAG,  /* bool */
  WORD,  /* bool, told by one of two words */
} option_kind;

typedef struct option {
  const char *name; /* in settings */
  size_t offset;
  option_kind kind;
  double min, max;
  const char *limits;    /* in words */
  const char *words[2];  /* of false and of true */
  const char *report[2]; /* the same in a report */
  bool in_report;
  bool seldom;  /* not in settings while it has its usual value */
  double usual; /* of those */
} option;

#define OPTION(name_, member, ...) \
  { .name = name_, .offset = offsetof(mer_train_options, member), __VA_ARGS__ }

/* In the order in which they are written. The names are those of files, which stay. */
static const option options_table[] = {
    OPTION("epochs", epochs, .kind = COUNT, .min = 1, .max = 100000,
           .limits = "epochs: 1 to 100000", .in_report = true),
    OPTION("batch_size", batch_size, .kind = COUNT, .min = 1, .max = 65536,
           .limits = "batch size: 1 to 65536", .in_report = true),
    OPTION("lr", lr, .kind = REAL, .min = 0x1p-1074, .max = 1,
           .limits = "learning rate: above 0, at most 1", .in_report = true),
    OPTION("optimizer", adamw, .kind = WORD, .words = {"adam", "adamw"},
           .report = {"Adam", "AdamW"}, .in_report = true),
    OPTION("weight_decay", weight_decay, .kind = REAL, .max = 1, .limits = "weight decay: 0 to 1",
           .in_report = true),
    OPTION("warmup", warmup, .kind = REAL, .max = 1, .limits = "warm-up: 0 to 1",
           .in_report = true),
    OPTION("linear_decay", linear_decay, .kind = FLAG, .in_report = true),
    OPTION("clip", max_grad_norm, .kind = REAL, .max = DBL_MAX,
           .limits = "gradient clipping: 0 or more", .in_report = true),
    OPTION("dtype", bf16, .kind = WORD, .words = {"f32", "bf16"}),
    OPTION("max_length", max_length, .kind = COUNT, .min = 3, .max = DBL_MAX,
           .limits = "maximum length: at least 3 tokens"),
    OPTION("keep", keep_best, .kind = WORD, .words = {"last", "best"},
           .report = {"last", "best on dev"}, .in_report = true),
    OPTION("standardize", standardize, .kind = FLAG),
    OPTION("skip_missing", skip_missing, .kind = FLAG),
    OPTION("freeze_encoder", freeze_encoder, .kind = FLAG),
    OPTION("limit", limit, .kind = COUNT, .max = DBL_MAX,
           .limits = "limit of utterances: 0 or more", .in_report = true),
    OPTION("seed", seed, .kind = SEED),
    OPTION("max_duration", features.max_duration_s, .kind = REAL, .max = DBL_MAX,
           .limits = "longest clip: 0 s or more"),
    OPTION("layer_sum", layer_sum, .kind = FLAG, .seldom = true, .usual = true),
    OPTION("padded", padded, .kind = FLAG, .seldom = true),
    OPTION("freeze_layers", freeze_layers, .kind = COUNT, .min = -1, .max = 999,
           .limits = "layers to freeze: 0 to 999, or -1 for none", .seldom = true, .usual = -1),
    OPTION("layer_decay", layer_decay, .kind = REAL, .min = 0x1p-20, .max = 1,
           .limits = "decay of the layers' rates: above 0, at most 1", .seldom = true, .usual = 1),
    OPTION("encoder_lr", encoder_lr, .kind = REAL, .max = 1,
           .limits = "learning rate of encoders: 0 to 1", .seldom = true),
    OPTION("augment", augment, .kind = FLAG, .seldom = true),
    OPTION("frames", attend_frames, .kind = WORD, .words = {"mean", "attention"}, .seldom = true),
    OPTION("noise", noise, .kind = REAL, .max = 1, .limits = "share of rows with noise: 0 to 1",
           .seldom = true),
    OPTION("modality_dropout", modality_dropout, .kind = REAL, .max = 0.99,
           .limits = "dropout of modalities: 0 to .99", .seldom = true),
    OPTION("unimodal_loss", unimodal_loss, .kind = REAL, .max = 100,
           .limits = "weight of unimodal losses: 0 to 100", .seldom = true),
    OPTION("keep_head", keep_head, .kind = FLAG, .seldom = true),
    OPTION("lora", lora, .kind = COUNT, .max = 1024, .limits = "rank of adapters: 0 to 1024",
           .seldom = true),
    OPTION("calibrate", calibrate, .kind = FLAG, .seldom = true),
    OPTION("context", context, .kind = COUNT, .max = MER__MOST_TURNS,
           .limits = "turns before an utterance: 0 to 64", .seldom = true),
    OPTION("future", future, .kind = COUNT, .max = MER__MOST_TURNS,
           .limits = "turns after an utterance: 0 to 64", .seldom = true),
    OPTION("speaker_names", speaker_names, .kind = FLAG, .seldom = true),
    OPTION("by_speaker", by_speaker, .kind = FLAG, .seldom = true),
    OPTION("turns", turns_lstm, .kind = WORD, .words = {"text", "lstm"}, .seldom = true),
    OPTION("text_pool", text_mean, .kind = WORD, .words = {"cls", "utterance"}, .seldom = true),
    OPTION("head", cnn_head, .kind = WORD, .words = {"mlp", "cnn"}, .seldom = true),
    OPTION("label_smoothing", label_smoothing, .kind = REAL, .max = 0.999,
           .limits = "label smoothing: 0 or more, below 1", .seldom = true),
    OPTION("patience", patience, .kind = COUNT, .max = 100000,
           .limits = "patience: 0 to 100000 epochs", .seldom = true),
    OPTION("average", average, .kind = COUNT, .min = -1, .max = 100000,
           .limits = "epochs to average: 0 to 100000, or -1 for all", .seldom = true),
};
enum { N_OPTIONS = sizeof options_table / sizeof options_table[0] };

static int64_t count_of(const option *o, const mer_train_options *options) {
  int64_t count;
  memcpy(&count, (const char *)options + o->offset, sizeof count);
  return count;
}

static double real_of(const option *o, const mer_train_options *options) {
  double real;
  memcpy(&real, (const char *)options + o->offset, sizeof real);
  return real;
}

static bool flag_of(const option *o, const mer_train_options *options) {
  bool flag;
  memcpy(&flag, (const char *)options + o->offset, sizeof flag);
  return flag;
}

static double value_of(const option *o, const mer_train_options *options) {
  switch (o->kind) {
    case COUNT:
    case SEED: return (double)count_of(o, options);
    case REAL: return real_of(o, options);
    case FLAG:
    case WORD: return flag_of(o, options);
  }
  return 0;
}

/* Whether "a,b" has `name` [size] before `end`, which is in it, or NULL. */
static bool has_name(const char *names, const char *end, const char *name, size_t size) {
  for (; names && names != end; names = strchr(names, ',') ? strchr(names, ',') + 1 : NULL)
    if (strncmp(names, name, size) == 0 && (!names[size] || names[size] == ',')) return true;
  return false;
}

/* The names of a list must be as a network holds them. */
static mer_status check_names(const char *names, mer_error *err) {
  int n = 0;
  for (const char *name = names; name; n++) {
    const size_t size = strcspn(name, ",");
    if (n == MER_MAX_MODALITIES || size == 0 || size >= sizeof((mer__modality *)0)->name)
      return mer__fail(err, MER_STATUS_INVALID, "'%s' is not a list of 1 to %d modalities", names,
                       MER_MAX_MODALITIES);
    if (memchr(name, '/', size))
      return mer__fail(
          err, MER_STATUS_INVALID,
          "modality '%.*s' is a path, expected a name (--features NAME=PATH gives its file)",
          (int)size, name);
    if (has_name(names, name, name, size))
      return mer__fail(err, MER_STATUS_INVALID, "modality '%.*s' is named twice", (int)size, name);
    name = name[size] ? name + size + 1 : NULL;
  }
  return MER_OK;
}

static mer_status check_speech_encoder(const char *name, mer_error *err) {
  if (mer__encoder_type_without_folder(name) || mer__path_is_folder(name)) return MER_OK;
  char names[128];
  mer__encoder_types_without_folder(names, sizeof names);
  return mer__fail(err, MER_STATUS_INVALID,
                   "'%s' is not an encoder of sound, expected its folder, or one of: %s", name,
                   names);
}

/* What concerns encoders of sound from a directory, and trimming that of others, too. */
static mer_status check_sound(const mer_train_options *options, mer_error *err) {
  mer_train_options usual;
  mer_train_options_init(&usual, sizeof usual, options->kind);
  const mer__encoder_type *type = mer__encoder_type_without_folder(options->speech_encoder);
  const bool has_audio = has_name(options->modalities, NULL, "audio", 5);
  const bool asked = options->layer_sum != usual.layer_sum || options->padded ||
                     strcmp(options->pool, usual.pool) != 0;
  const bool trims = options->trim_db != usual.trim_db;
  if (options->padded && trims && options->trim_db > 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "sound that is padded to 30 s is heard with its ends: it is not trimmed");
  if ((!asked || (has_audio && !type)) && (!trims || (has_audio && (!type || type->trims))))
    return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "layers, pooling, trimming and padding are those of an encoder of sound from a "
                   "directory%s",
                   asked ? "" : "; crnn trims, too");
}

/* What concerns pooling by attention, which check_sound has found an encoder for. */
static mer_status check_attention(const mer_train_options *options, mer_error *err) {
  if (!options->freeze_encoder || strcmp(options->pool, mer__pool_name(MER__POOL_ATTENTION)) != 0)
    return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "pooling by attention is trained together with the layers that it pools: it "
                   "needs an encoder that is not frozen (--fine-tune)");
}

/* Whether there is an encoder that changes its inputs at random. */
static mer_status check_augment(const mer_train_options *options, mer_error *err) {
  const mer__encoder_type *type = mer__encoder_type_without_folder(options->speech_encoder);
  const bool has_audio = has_name(options->modalities, NULL, "audio", 5);
  const bool can = type ? type->augments : !options->freeze_encoder; /* of a folder: set-up asks */
  const bool sees = options->image_encoder && !options->freeze_encoder;
  const bool recipe = mer__image_recipe_find(options->image_encoder) != NULL;
  if (!options->augment || (has_audio && can) || sees || recipe) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "inputs are changed at random by encoders that are trained: crnn, and with "
                   "--fine-tune Whisper and those of images");
}

static mer_status check_noise(const mer_train_options *options, mer_error *err) {
  if (options->noise == 0) return MER_OK;
  if (strcmp(options->modalities, "text") == 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "noise is of sound, images, vectors, and a text beside one of these");
  if (!options->by_speaker) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "what is standardized by speakers is trained without noise");
}

/* Whether there is an encoder whose layers are trained. */
static bool has_trained_layers(const mer_train_options *options) {
  if (options->freeze_encoder) return false;
  return has_name(options->modalities, NULL, "text", 4) ||
         (options->image_encoder && !mer__image_recipe_find(options->image_encoder)) ||
         !mer__encoder_type_without_folder(options->speech_encoder);
}

/* What concerns fusions alone. */
static mer_status check_fusion(const mer_train_options *options, mer_error *err) {
  char names[128];
  mer__fusion_types(names, sizeof names);
  if (!options->fusion || !mer__fusion_type_find(options->fusion))
    return mer__fail(err, MER_STATUS_INVALID, "'%.60s' is not a fusion, expected one of: %s",
                     options->fusion ? options->fusion : "", names);
  if ((options->kind == MER_KIND_FUSION && strchr(options->modalities, ',')) ||
      (strcmp(options->fusion, "concat") == 0 && options->modality_dropout == 0 &&
       options->unimodal_loss == 0))
    return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "a kind of fusion, a dropout of modalities and unimodal losses are those of the "
                   "kind fusion, of several modalities");
}

/* The encoder of a training of sound or of images alone, if it is trained from nothing, or NULL. */
static const char *from_nothing(const mer_train_options *options) {
  if (options->kind == MER_KIND_AUDIO && mer__encoder_type_without_folder(options->speech_encoder))
    return options->speech_encoder;
  if (options->kind == MER_KIND_IMAGE && mer__image_recipe_find(options->image_encoder))
    return options->image_encoder;
  return NULL;
}

/* What concerns the layers of encoders that are trained. */
static mer_status check_tuning(const mer_train_options *options, mer_error *err) {
  if (options->keep_head && (options->kind == MER_KIND_FUSION || strchr(options->modalities, ',')))
    return mer__fail(err, MER_STATUS_INVALID,
                     "a head is kept of a model of one modality alone, not of a fusion");
  if (options->freeze_encoder && from_nothing(options))
    return mer__fail(err, MER_STATUS_INVALID,
                     "an encoder from a directory can be frozen; '%s' is trained from nothing",
                     from_nothing(options));
  const bool asked = options->freeze_layers >= 0 || options->layer_decay != 1 ||
                     options->encoder_lr > 0 || options->lora > 0 ||
                     options->checkpoint_activations;
  if (!asked || has_trained_layers(options)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "frozen layers, a rate of their own or a decay of it, adapters and checkpoints "
                   "of activations need an encoder from a directory that is trained (--fine-tune)");
}

/* What concerns the speakers' own mean and deviation. */
static mer_status check_speakers(const mer_train_options *options, mer_error *err) {
  const bool hears = has_name(options->modalities, NULL, "audio", 5) &&
                     !mer__encoder_type_without_folder(options->speech_encoder);
  if (!options->by_speaker) return MER_OK;
  if (hears && options->freeze_encoder && options->standardize) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "by speaker: a speech encoder from a directory is needed, frozen, whose vectors "
                   "are standardized");
}

/* What concerns convolutions over a text. */
static mer_status check_head(const mer_train_options *options, mer_error *err) {
  const char *bad = NULL;
  if (!options->cnn_head) return MER_OK;
  if (options->kind != MER_KIND_TEXT) bad = "a head of convolutions is one of the kind text";
  else if (options->text_mean)
    bad = "a head of convolutions reads all of a text's own tokens, not their mean";
  else if (options->freeze_encoder)
    bad =
        "a head of convolutions needs an encoder that is trained, at least in its last layer "
        "(frozen layers: all but one)";
  return bad ? mer__fail(err, MER_STATUS_INVALID, "%s", bad) : MER_OK;
}

static mer_status check_frames(const mer_train_options *options, mer_error *err) {
  if (!options->attend_frames || has_name(options->modalities, NULL, "image", 5)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "attention over the faces of a video is that of the modality image");
}

/* What concerns the dialogue around a text. */
static mer_status check_turns(const mer_train_options *options, mer_error *err) {
  const bool asked = options->context > 0 || options->future > 0;
  const char *bad = NULL;
  if (asked && !has_name(options->modalities, NULL, "text", 4))
    bad = "turns of a dialogue are read by an encoder of text alone";
  if (options->text_mean && !has_name(options->modalities, NULL, "text", 4))
    bad = "the mean over a text's own tokens is that of an encoder of text";
  if (!asked && options->speaker_names) bad = "names of speakers are those of a context";
  if (options->turns_lstm && (options->future > 0 || options->speaker_names))
    bad = "a layer over turns reads those before an utterance, without their speakers";
  if (options->turns_lstm && !options->freeze_encoder)
    bad = "a layer over turns needs an encoder that is frozen";
  if (options->turns_lstm && options->keep_head) bad = "the head on a layer over turns begins anew";
  return bad ? mer__fail(err, MER_STATUS_INVALID, "%s", bad) : MER_OK;
}

mer_status mer_train_options_check(const mer_train_options *options, mer_error *err) {
  mer_train_options used;
  mer_status status = mer__train_options_read(&used, options, err);
  return status == MER_OK ? mer__train_options_check(&used, err) : status;
}

mer_status mer__train_options_check(const mer_train_options *options, mer_error *err) {
  const char *bad = NULL;
  for (int i = 0; i < N_OPTIONS && !bad; i++) {
    const option *o = &options_table[i];
    if (!o->limits) continue;
    const double value = value_of(o, options);
    if (!(value >= o->min && value <= o->max)) bad = o->limits;
  }
  if (!bad && !(options->checkpoint_every_s >= 0))
    bad = "seconds between two saved states: 0 or more";
  if (!bad && mer_train_kind_name(options->kind)[0] == '?')
    bad = "a kind: text, audio, image or fusion";
  if (!bad && !options->modalities) bad = "names of modalities";
  const bool names_text = !bad && has_name(options->modalities, NULL, "text", 4);
  if (!bad && options->kind == MER_KIND_TEXT && strcmp(options->modalities, "text") != 0)
    bad = "no modality but text for the kind text; audio and fusion take others";
  if (!bad && options->kind == MER_KIND_AUDIO && names_text)
    bad = "no text among the modalities of the kind audio; fusion takes both";
  if (!bad && !options->speech_encoder) bad = "the name of an encoder of sound";
  mer__pool_kind pool;
  if (!bad && !(options->pool && mer__pool_find(&pool, options->pool)))
    bad = "a pooling over time: mean, mean-std or attention";
  if (!bad && !(options->trim_db >= 0 && options->trim_db <= MER__MOST_TRIM_DB))
    bad = "decibels of silence at the ends: 0 to 120";
  if (!bad && !(options->loss >= MER_LOSS_USUAL && options->loss <= MER_LOSS_CCC)) bad = "a loss";
  for (int i = 0; i < options->n_weights && !bad; i++)
    if (!(options->weights[i] > 0 && options->weights[i] <= 1))
      bad = "weights of data sets: above 0, at most 1";
  if (!bad && (options->n_teachers < 0 || options->n_teachers > MER_MAX_TEACHERS))
    bad = "at most 16 teachers";
  if (!bad && options->patience > 0 && !options->keep_best)
    bad = "the best epoch to be kept, for which patience waits";
  if (!bad && options->patience > 0 && options->average != 0)
    bad = "patience or an average: the last epochs are not known while there is patience";
  const bool is_image = options->kind == MER_KIND_IMAGE;
  if (!bad && is_image && strcmp(options->modalities, "image") != 0)
    bad = "no modality but image for the kind image; fusion takes others";
  if (!bad && is_image && !options->image_encoder) bad = "the directory of an encoder of images";
  if (bad) return mer__fail(err, MER_STATUS_INVALID, "expected %s", bad);
  mer_status status = check_names(options->modalities, err);
  if (status == MER_OK) status = check_speech_encoder(options->speech_encoder, err);
  if (status == MER_OK) status = check_sound(options, err);
  if (status == MER_OK) status = check_attention(options, err);
  if (status == MER_OK) status = check_augment(options, err);
  if (status == MER_OK) status = check_noise(options, err);
  if (status == MER_OK) status = check_fusion(options, err);
  if (status == MER_OK) status = check_tuning(options, err);
  if (status == MER_OK) status = check_speakers(options, err);
  if (status == MER_OK) status = check_turns(options, err);
  if (status == MER_OK) status = check_head(options, err);
  if (status == MER_OK) status = check_frames(options, err);
  const char *images = options->image_encoder;
  if (status != MER_OK || !images || mer__image_recipe_find(images) || mer__path_is_folder(images))
    return status;
  char names[64];
  mer__image_recipe_names(names, sizeof names);
  return mer__fail(err, MER_STATUS_INVALID,
                   "'%s' is not the folder of an encoder of images, and not one of: %s", images,
                   names);
}

static json_t *to_json(const option *o, const char *const words[2],
                       const mer_train_options *options) {
  switch (o->kind) {
    case COUNT:
    case SEED: return json_integer((json_int_t)count_of(o, options));
    case REAL: return json_real(real_of(o, options));
    case FLAG: return json_boolean(flag_of(o, options));
    case WORD: return json_string(words[flag_of(o, options)]);
  }
  return NULL;
}

bool mer__train_options_describe(json_t *object, const mer_train_options *options) {
  int failed = 0;
  for (int i = 0; i < N_OPTIONS; i++) {
    const option *o = &options_table[i];
    if (o->seldom && value_of(o, options) == o->usual) continue;
    failed |= json_object_set_new(object, o->name, to_json(o, o->words, options));
  }
  return !failed;
}

json_t *mer__train_options_report(const mer_train_options *options) {
  json_t *object = json_object();
  int failed = 0;
  for (int i = 0; i < N_OPTIONS; i++) {
    const option *o = &options_table[i];
    if (o->in_report)
      failed |= json_object_set_new(object, o->name, to_json(o, o->report, options));
  }
  if (!failed) return object;
  json_decref(object);
  return NULL;
}
