/* mer/eval.h: predictions for labelled rows, and metrics equal to scikit-learn's: of one label, of
 * several, of values.
 * Experimental: any release may change this header (mer/experimental.h). */
#ifndef MER_EVAL_H
#define MER_EVAL_H

#include "mer/base.h"
#include "mer/data.h"
#include "mer/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most classes. */
#define MER_MAX_CLASSES MER_MAX_LABELS

typedef struct mer_class_metrics {
  double precision, recall, f1; /* 0 where scikit-learn's zero_division=0 gives 0 */
  int64_t support;
} mer_class_metrics;

typedef struct mer_metrics {
  int32_t n_classes;
  int64_t n;
  double accuracy, weighted_f1, macro_f1;
  double uar;  /* unweighted average recall over the classes that occur (balanced accuracy) */
  double loss; /* mean cross entropy, natural log; NaN without probabilities */
  mer_class_metrics classes[MER_MAX_CLASSES];
  int64_t confusion[MER_MAX_CLASSES][MER_MAX_CLASSES]; /* [true][predicted] */
  uint64_t reserved[32]; /* zeros; members of later versions take their place here */
} mer_metrics;

/** Metrics of `predicted` against `labels`, both [n] in 0 .. n_classes-1, and the loss of `probs`
 * [n, n_classes] (may be NULL). Macro F1 averages over the classes that occur in either.
 * MER_STATUS_INVALID: n < 1, too many classes, a label out of range. */
MER_API mer_status mer_metrics_compute(mer_metrics *metrics, const int32_t *labels,
                                       const int32_t *predicted, const float *probs, int64_t n,
                                       int32_t n_classes, mer_error *err);

/** Metrics of always answering the class that is most frequent in `train_labels`. */
MER_API mer_status mer_metrics_majority(mer_metrics *metrics, const int32_t *train_labels,
                                        int64_t n_train, const int32_t *labels, int64_t n,
                                        int32_t n_classes, mer_error *err);

/** A 95 % percentile interval. */
typedef struct mer_interval {
  double low, high;
} mer_interval;

typedef struct mer_bootstrap {
  mer_interval accuracy, weighted_f1, macro_f1, uar;
} mer_bootstrap;

/** Percentile bootstrap over utterances with `n_resamples` (1000 is usual) resamples; same seed,
 * same result. */
MER_API mer_status mer_metrics_bootstrap(mer_bootstrap *bootstrap, const int32_t *labels,
                                         const int32_t *predicted, int64_t n, int32_t n_classes,
                                         int n_resamples, uint64_t seed, mer_error *err);

/** What models that differ in their seed alone answer for the same rows. */
typedef struct mer_answers_of {
  const int32_t *const *predicted; /* [n_seeds], each [n] */
  int32_t n_seeds;
} mer_answers_of;

/** By how much one measure of `a` is above that of `b`. */
typedef struct mer_difference {
  double difference;     /* of the means over the seeds */
  mer_interval interval; /* 95 %, of rows that are drawn anew, the same ones for both */
  double p;              /* two-sided: of the hypothesis that there is no difference */
} mer_difference;

typedef struct mer_paired_bootstrap {
  mer_difference accuracy, weighted_f1, macro_f1, uar;
} mer_paired_bootstrap;

/** Paired percentile bootstrap over utterances: `a` against `b`, which answer the same `n` rows.
 * The numbers of their seeds may differ. Same seed, same result, with any number of threads.
 * MER_STATUS_INVALID (no rows, seeds or resamples, a label out of range), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_metrics_paired_bootstrap(mer_paired_bootstrap *out, const int32_t *labels,
                                                int64_t n, int32_t n_classes,
                                                const mer_answers_of *a, const mer_answers_of *b,
                                                int n_resamples, uint64_t seed, mer_error *err);

typedef struct mer_mcnemar {
  int64_t only_a, only_b; /* rows of which only the one, or only the other, is right */
  double p;               /* exact, two-sided */
} mer_mcnemar;

/** McNemar's exact test of two models' answers for the same rows. MER_STATUS_INVALID as above. */
MER_API mer_status mer_mcnemar_compute(mer_mcnemar *out, const int32_t *labels, const int32_t *a,
                                       const int32_t *b, int64_t n, int32_t n_classes,
                                       mer_error *err);

/** Of one of several labels, or of one of the values. */
typedef struct mer_target_scores {
  double precision, recall, f1; /* of labels: 0 where scikit-learn's zero_division=0 gives 0 */
  double average_precision;     /* of labels; NaN for one that no row has */
  int64_t support;              /* of labels: rows that have it */
  double ccc;     /* of values: concordance correlation coefficient, with moments over n rows; 0 if
                     targets and answers are all the same number */
  double pearson; /* of values; NaN if targets or answers are all the same number */
  double mae, rmse; /* of values: mean absolute error, root of the mean squared error */
} mer_target_scores;

/** Metrics of several labels (MER_TARGET_LABELS), or of values (MER_TARGET_VALUES); what belongs to
 * the other is NaN. */
typedef struct mer_target_metrics {
  mer_target target;
  int32_t n_labels;
  int64_t n;
  double loss;     /* mean over rows and labels: binary cross entropy, natural log; squared error */
  double accuracy; /* of labels: share of the rows whose labels are exactly those answered */
  double micro_f1, macro_f1, weighted_f1; /* of labels; macro over all of them */
  double map; /* of labels: mean of the average precision of those that any row has */
  double ccc, pearson, mae, rmse; /* of values: means over them, of those that are not NaN */
  mer_target_scores labels[MER_MAX_LABELS]; /* [n_labels] */
} mer_target_metrics;

/** Metrics of `answers`, probabilities or values, against `targets`, both [n, n_labels]. A label is
 * answered, and a row has it, from .5 on. MER_STATUS_INVALID: n < 1, too many labels, one label a
 * row (mer_metrics_compute), an answer or a target that is not finite. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_target_metrics_compute(mer_target_metrics *metrics, mer_target target,
                                              const float *targets, const float *answers, int64_t n,
                                              int32_t n_labels, mer_error *err);

/** Metrics of always answering the mean of `train_targets` [n_train, n_labels]: of labels their
 * frequencies. What a model must be better than. */
MER_API mer_status mer_target_metrics_constant(mer_target_metrics *metrics, mer_target target,
                                               const float *train_targets, int64_t n_train,
                                               const float *targets, int64_t n, int32_t n_labels,
                                               mer_error *err);

/** Bins of a reliability table: (0, 1/15], (1/15, 2/15], .. of probability. */
#define MER_RELIABILITY_BINS 15

typedef struct mer_reliability_bin {
  int64_t n;                   /* forecasts */
  double confidence, accuracy; /* mean of their probabilities, share of those that were right; NaN:
                                  n is 0 */
} mer_reliability_bin;

/** How good probabilities are as such. Of one label a row's forecast is that its most probable
 * label is right; of several labels each label of each row is a forecast. */
typedef struct mer_calibration {
  mer_target target;
  double temperature; /* by which the logits were divided */
  int64_t n;          /* forecasts */
  double nll;   /* negative log likelihood: mean of a row's cross entropy, or of a forecast's binary
                   one; natural log */
  double brier; /* mean of the squared distance of a row's probabilities from its targets, 0 to 2;
                   of several labels that of a forecast, 0 to 1 */
  double ece;   /* expected calibration error: mean over the forecasts of |accuracy - confidence| of
                   their bin */
  mer_reliability_bin bins[MER_RELIABILITY_BINS];
} mer_calibration;

/** Measures the probabilities that `logits` divided by `temperature` give, against `targets`, both
 * [n, n_labels]. MER_STATUS_INVALID: values, no rows, a number that is not finite, a temperature
 * that is not above 0. */
MER_API mer_status mer_calibration_compute(mer_calibration *calibration, mer_target target,
                                           const float *targets, const float *logits, int64_t n,
                                           int32_t n_labels, double temperature, mer_error *err);

/** The temperature of the least `nll`; same numbers, same result. MER_STATUS_INVALID: as above, or
 * there is none from .001 to 1000 (all answers are right, or no better than chance). */
MER_API mer_status mer_temperature_fit(double *temperature, mer_target target, const float *targets,
                                       const float *logits, int64_t n, int32_t n_labels,
                                       mer_error *err);

typedef struct mer_predict_options {
  size_t size; /* of this struct; set by mer_predict_options_init */
  mer_features_load_options
      features; /* the clips' longest duration and the cache; the rest is the model's */
  const char *const *precomputed; /* [n_precomputed] "NAME=PATH" of vectors from .npy files */
  int n_precomputed;
  bool skip_missing; /* leave out rows that lack a modality; default false */
  const mer_monitor *monitor;
  const char *without; /* name of a modality of the model that no row has; NULL (default): none */
  bool by_speaker; /* of a model that was trained so: each row is answered with what was heard of
                      its speaker until then, in an order that is drawn at random, always the same;
                      default false: each by itself */
  bool as_trained; /* sets by_speaker if the model was trained so and any row says who speaks;
                      default false */
} mer_predict_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_predict_options_init(mer_predict_options *options, size_t size);

/** What a model answers for rows of a data set. */
typedef struct mer_predictions {
  int64_t n, n_skipped;
  int64_t n_without_input; /* rows of n of which the model can read nothing; mer_predictor_answer
                              has no answer for them. Here they get the probabilities that the model
                              gives without input, so that metrics are of all rows */
  int32_t n_classes;
  float *probs;       /* [n, n_classes]; of values these */
  int32_t *predicted; /* [n]; -1: of several labels, or values */
  int32_t *labels;    /* [n]: as the data set has them; -1: unknown, or several, or values */
  int64_t *rows;      /* [n]: index among the rows given */
  uint8_t *present;   /* [n, modalities of the model] */
  int64_t clip_counts[MER_N_CLIP_STATES]; /* rows in each state, of the first modality
                                             that is not text */
  mer_target target;
  float *targets; /* [n, n_classes]: 1 for each label of the row, else 0, or its values; NaN:
                     unknown */
  float *logits;  /* [n, n_classes]: what `probs` are made of, without a temperature */
} mer_predictions;

/** Predicts `rows` [n_rows] of `dataset`, whose target and labels must be the model's, the labels
 * in the same order. MER_STATUS_INVALID (another target, other labels, no rows are left), and
 * statuses as mer_features_load. `options` may be NULL. */
MER_API mer_status mer_predict_rows(mer_predictions *predictions, mer_model *model,
                                    const mer_dataset *dataset, const mer_utterance *rows,
                                    int64_t n_rows, const mer_predict_options *options,
                                    mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_predictions_clear(mer_predictions *predictions);

/** What is done to the rows that a model is asked, to see how much it bears. */
typedef enum mer_disturbance_kind {
  MER_DISTURB_NOISE, /* white Gaussian noise is added to what a modality has; `amount`: how many
                        decibels it is below that (SNR): in clips below each clip's power; in
                        images, each face of a video, too, below the variance of its bytes (which
                        stay within 0 to 255); in vectors, for each
                        value, below its variance over the rows that have it. Not of texts */
  MER_DISTURB_WORDS, /* words, what stands between blanks, are left out of the texts; `amount`: the
                        probability of each. One word stays. */
  MER_DISTURB_WITHOUT, /* one modality is left out */
  MER_DISTURB_REPLACED /* such noise at 0 dB stands in the place of what one modality has: of images
                          and vectors around the mean. In the place of each word of a text stands
                          one that is drawn from all texts of the rows. */
} mer_disturbance_kind;

typedef struct mer_disturbance {
  mer_disturbance_kind kind;
  double amount;
  const char *modality; /* of all but MER_DISTURB_WORDS; borrowed from the model */
} mer_disturbance;

/** Most of them for a model. */
#define MER_MAX_DISTURBANCES (4 + 7 * MER_MAX_MODALITIES)

/** Those that apply to a model and rows [n], into `list` [MER_MAX_DISTURBANCES]; their number:
 * noise at 20, 15, 10, 5 and 0 dB in each modality that hears clips, sees images or takes vectors
 * (also those that `options` names) if any row has some; a tenth, a quarter, a half and three
 * quarters of the words if it reads; and each of several modalities replaced, and left out.
 * `options` NULL: the defaults; 0 if their size is not known. */
MER_API int32_t mer_disturbances_of(mer_disturbance *list, const mer_model *model,
                                    const mer_utterance *rows, int64_t n,
                                    const mer_predict_options *options);

/** "noise at 20 dB in audio", "10 % of the words left out", "noise in the place of text", "without
 * text" into `text` [size]. */
MER_API void mer_disturbance_name(char *text, size_t size, const mer_disturbance *disturbance);

/** mer_predict_rows of disturbed rows, which stay as they are; same seed, same disturbance. A row
 * that lacks a modality stays without it; rows that share a clip share its noise. What has noise
 * goes into no cache. Statuses as mer_predict_rows; MER_STATUS_INVALID: the model has no such
 * modality, or noise would be added to text. */
MER_API mer_status mer_predict_disturbed(mer_predictions *predictions, mer_model *model,
                                         const mer_dataset *dataset, const mer_utterance *rows,
                                         int64_t n_rows, const mer_disturbance *disturbance,
                                         uint64_t seed, const mer_predict_options *options,
                                         mer_error *err);

/** What a model gives for rows that are disturbed in one way. */
typedef struct mer_disturbed {
  mer_disturbance disturbance;
  const mer_metrics *metrics;
  const mer_bootstrap *bootstrap; /* NULL: no intervals */
} mer_disturbed;

/** How much a model bears. Zero-initialize. */
typedef struct mer_robustness {
  mer_disturbed items[MER_MAX_DISTURBANCES]; /* [n] */
  int32_t n;
  mer_metrics *metrics;     /* [n], of the items */
  mer_bootstrap *bootstrap; /* [n], of the items */
} mer_robustness;

/** Predicts and measures all disturbances of `rows` [n_rows] that apply to `model`, one of one
 * label. `seed` is that of the disturbances and of the intervals; clips at fault are not told of.
 * Statuses as mer_predict_disturbed, with which `robustness` is as it was; MER_STATUS_INVALID: a
 * model of another target. */
MER_API mer_status mer_robustness_measure(mer_robustness *robustness, mer_model *model,
                                          const mer_dataset *dataset, const mer_utterance *rows,
                                          int64_t n_rows, uint64_t seed,
                                          const mer_predict_options *options, mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_robustness_clear(mer_robustness *robustness);

/** Whether the highest probability of a row of one label is below `min_confidence`, so that a
 * predictor that asks for so much answers "uncertain". */
MER_API bool mer_prediction_is_uncertain(const mer_predictions *predictions, int64_t index,
                                         double min_confidence);

/** What is left where uncertain answers do not count. */
typedef struct mer_coverage {
  double min_confidence;
  int64_t n, n_certain,
      n_right; /* rows; those that are not uncertain; those of them that are right */
} mer_coverage;

/** Of predictions of one label. */
MER_API void mer_coverage_compute(mer_coverage *coverage, const mer_predictions *predictions,
                                  double min_confidence);

#ifdef __cplusplus
}
#endif
#endif
