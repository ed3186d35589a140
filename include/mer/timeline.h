/* mer/timeline.h: the emotion of a recording over time: speech is found in each channel, or is that
 * of a transcript, and answered segment by segment, in memory that does not grow with the
 * recording. Not stable (mer/experimental.h). */
#ifndef MER_TIMELINE_H
#define MER_TIMELINE_H

#include "mer/media.h"
#include "mer/predict.h"
#include "mer/transcript.h"
#include "mer/voice.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the two channels of a stereo recording are. */
typedef enum mer_channels {
  MER_CHANNELS_AUTO,  /* a speaker each, unless they carry the same */
  MER_CHANNELS_APART, /* a speaker each */
  MER_CHANNELS_MIXED, /* one room */
} mer_channels;

typedef struct mer_timeline_options {
  size_t size;                      /* of this struct; set by mer_timeline_options_init */
  const mer_speech_options *speech; /* borrowed; NULL: the defaults */
  mer_channels channels;            /* default MER_CHANNELS_AUTO */
  const char *speakers;             /* borrowed: names, separated by commas, of those alone who are
                                       answered; NULL: all */
  const mer_transcript *transcript; /* borrowed: its entries are the segments, and bring text and
                                       context; NULL: speech is found */
  int rate_hz; /* of what is pushed, 100 to 768000; default MER_VOICE_RATE_HZ; a file has its own */
  bool contributions; /* items say what each modality contributes; default false */
  bool immediate;     /* each segment is answered as soon as it has ended, not with others; default
                         false */
  const mer_monitor *monitor; /* borrowed; asked whether to stop, and told what of a recording is
                                 damaged, that nobody speaks in it, and which entries of the
                                 transcript lie after its end; default NULL */
  bool adapt; /* a model that adapts to speakers hears each segment beside what its speaker has said
                 until then (docs/speakers.md); default true */
  const char *profiles; /* borrowed: a folder with what is known of speakers before, NAME.profile as
                           mer_speaker_write makes it; who has none there is new; NULL: all are */
  bool update_profiles; /* at the end what is known of each is written there; default false */
} mer_timeline_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_timeline_options_init(mer_timeline_options *options, size_t size);

/** A segment of speech and its answer. Everything is borrowed. */
typedef struct mer_timeline_item {
  double start_s, end_s; /* NaN: an entry of the transcript has times that cannot be used */
  int channel;           /* 0: the only one, the mean of all, or none; 1 left, 2 right */
  const char *speaker; /* of the transcript; else "left" and "right" of channels; NULL: not known */
  const mer_transcript_entry *entry;      /* of the transcript; NULL: none */
  const mer_contributions *contributions; /* NULL unless they are asked for */
  mer_answer answer;
  float intensity;  /* 0 (calm) to 1 (agitated), as mer_timeline_intensity; NaN: not known */
  int32_t before;   /* where the prevailing label of the speaker changes, the one before; else -1 */
  bool provisional; /* it has not ended; another item says more */
  int32_t after;    /* and the one that prevails from here on; else -1 */
  uint64_t reserved[8]; /* zeros; members of later versions take their place here */
} mer_timeline_item;

/** How agitated an answer is: the sum of the probabilities of labels, each times its arousal
 * (docs/timeline.md has the table), as a share of those of all labels that have one; of values that
 * named arousal, within 0 and 1. NaN: no answer, or no such label. */
MER_API float mer_timeline_intensity(const mer_answer *answer, const mer_model *model);

/** Takes the items, in the order of their beginnings; a status other than MER_OK ends the call that
 * gave it with it. */
typedef mer_status mer_timeline_sink(void *user, const mer_timeline_item *item, mer_error *err);

/** A sound that is answered as it comes. */
typedef struct mer_timeline mer_timeline;

/** One of `n_channels` (1 or 2); with a transcript also 0: no sound, its texts
 * alone are answered. `voice` may be NULL with a transcript. All but `options` is borrowed until
 * the timeline is freed. MER_STATUS_INVALID (options, channels, none of the speakers is known,
 * profiles for a model that does not adapt), MER_STATUS_NOT_FOUND (their folder),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_timeline_create(mer_timeline **out, const mer_predictor *predictor,
                                       const mer_voice_model *voice, int n_channels,
                                       const mer_timeline_options *options, mer_timeline_sink *sink,
                                       void *user, mer_error *err);
/** Accepts NULL. */
MER_API void mer_timeline_free(mer_timeline *timeline);
/** Adds the next `n_samples` of each channel, channels [n_channels][n_samples], and gives what has
 * ended to the sink. Statuses of mer_predictor_answer and of the sink. */
MER_API mer_status mer_timeline_push(mer_timeline *timeline, const float *const *channels,
                                     int64_t n_samples, mer_error *err);
/** Gives what is said at the moment, as far as it has been heard, to the sink: an item for each
 * channel on which somebody speaks, which is provisional. */
MER_API mer_status mer_timeline_provisional(mer_timeline *timeline, mer_error *err);
/** Ends the sound; nothing can be pushed any more. Statuses of mer_speaker_write, too, with
 * `update_profiles`. */
MER_API mer_status mer_timeline_finish(mer_timeline *timeline, mer_error *err);

#define MER_TIMELINE_CHANNELS 2
/** Most pieces of a waveform. */
#define MER_TIMELINE_PEAKS 4096

/** What a recording was. */
typedef struct mer_recording {
  double duration_s;
  int n_channels;   /* of the file */
  bool apart;       /* its two channels were answered apart */
  int64_t n_errors; /* as in mer_audio */
  int64_t n_peaks;  /* its waveform: the loudest sample of each `peak_s` seconds, of which 255
                       is the loudest of all; of the channels that were answered apart */
  double peak_s;
  uint8_t peaks[MER_TIMELINE_CHANNELS][MER_TIMELINE_PEAKS];
  uint64_t reserved[12]; /* zeros; members of later versions take their place here */
} mer_recording;

/** Answers a whole audio or video file, which is decoded as a stream; `path` NULL: there is none,
 * and the transcript alone is answered. `recording` may be NULL; after an error it has what is
 * known. With a transcript the monitor is told how many of its entries are done. Statuses of
 * mer_audio_decode, mer_timeline_push and mer_timeline_finish; MER_STATUS_INTERRUPTED. */
MER_API mer_status mer_timeline_run(mer_recording *recording, const char *path,
                                    const mer_predictor *predictor, const mer_voice_model *voice,
                                    const mer_timeline_options *options, mer_timeline_sink *sink,
                                    void *user, mer_error *err);

/** Takes the next samples of each channel, channels [n_channels][n_samples]; a status other than
 * MER_OK ends the decoding with it. */
typedef mer_status mer_channels_sink(void *user, const float *const *channels, int n_channels,
                                     int64_t n_samples, mer_error *err);

/** Decodes a recording as a stream into what a timeline hears: one channel, or two that are a
 * speaker each. `options` may be NULL; their monitor is told what is damaged. Statuses of
 * mer_audio_decode and of the sink. */
MER_API mer_status mer_recording_decode(const char *path, mer_channels channels,
                                        const mer_audio_options *options, mer_channels_sink *sink,
                                        void *user, mer_error *err);

/** A page of HTML that shows a timeline: a lane for each speaker, what prevails, all segments; with
 * a player of the recording, which is not in it. */
typedef struct mer_timeline_page mer_timeline_page;

/** `model` is borrowed. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_timeline_page_create(mer_timeline_page **out, const mer_model *model,
                                            mer_error *err);
/** Accepts NULL. */
MER_API void mer_timeline_page_free(mer_timeline_page *page);
/** Adds the next item; what it needs of it is copied. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_timeline_page_add(mer_timeline_page *page, const mer_timeline_item *item,
                                         mer_error *err);
/** The page as text of `*size` bytes, for mer_text_free. `sound` is where the page finds the
 * recording, relative to itself or as an address; NULL: the reader is asked for it.
 * MER_STATUS_NO_MEMORY, MER_STATUS_LIMIT. */
MER_API mer_status mer_timeline_page_write(char **html, size_t *size, const mer_timeline_page *page,
                                           const mer_recording *recording, const char *title,
                                           const char *sound, mer_error *err);

typedef struct mer_window_options {
  size_t size;     /* of this struct; set by mer_window_options_init */
  double window_s; /* length of a window, .1 to 3600; there is no default */
  double hop_s;    /* from the beginning of one to that of the next, .1 to window_s; default 0: as
                      window_s */
  bool contributions;         /* windows say what each modality contributes; default false */
  const mer_monitor *monitor; /* borrowed; asked whether to stop; default NULL */
} mer_window_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_window_options_init(mer_window_options *options, size_t size);

/** Whether a predictor can answer such windows. MER_STATUS_INVALID: options; the model does not
 * hear, or not as much as a window. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_window_options_check(const mer_predictor *predictor,
                                            const mer_window_options *options, mer_error *err);

/** A window of a sound and its answer. Everything is borrowed. */
typedef struct mer_window {
  double start_s, end_s; /* NaN: the utterance has no sound that comes in windows */
  const mer_answer *answer;
  const mer_contributions *contributions; /* NULL unless they are asked for */
  uint64_t reserved[8]; /* zeros; members of later versions take their place here */
} mer_window;

/** Takes the windows, in their order; a status other than MER_OK ends the call with it. */
typedef mer_status mer_window_sink(void *user, const mer_window *window, mer_error *err);

/** Answers an utterance window by window of its sound, a file, which is decoded as a stream: memory
 * does not grow with it. What else the utterance has, its text, is with each window. The last
 * window ends with the sound; a sound that is not longer than a window is one. Without a sound, or
 * with one that cannot be decoded, the rest of the utterance is answered once. A window that is
 * silent has that as its answer's fault; what of the sound is damaged its last window tells.
 * Statuses of mer_window_options_check, of
 * mer_predictor_answer and of the sink, MER_STATUS_INTERRUPTED; of a sound that ends in a fault,
 * those of mer_audio_decode. */
MER_API mer_status mer_windows_run(const mer_predictor *predictor, const mer_request *request,
                                   const mer_window_options *options, mer_window_sink *sink,
                                   void *user, mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
