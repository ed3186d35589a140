/* mer/predict.h: from utterances (text, sound, images, vectors) to answers, and both as JSON.
 * Stable (mer/mer.h). */
#ifndef MER_PREDICT_H
#define MER_PREDICT_H

#include "mer/base.h"
#include "mer/media.h"
#include "mer/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most labels of a model. */
#define MER_MAX_LABELS 64

/** A recording: a file, or a file's bytes in memory, or samples. The first that is not NULL counts;
 * all NULL: there is no sound. Everything is borrowed. */
typedef struct mer_sound {
  const char *path;
  const void *bytes; /* [n_bytes]: a file in memory */
  size_t n_bytes;
  const float *samples; /* [n_samples, n_channels] at rate_hz */
  int64_t n_samples;
  int n_channels, rate_hz;
  uint64_t reserved[4]; /* zeros; members of later versions take their place here */
} mer_sound;

/** A picture: a file, or a file's bytes in memory, or its pixels. The first that is not NULL
 * counts; all NULL: there is none. Of a video the first picture counts, or with `faces` the faces
 * in it: in three pictures a second of its first minute faces are found, and those of the track
 * that is seen longest and largest, at most 8 of them, are looked at. Everything is borrowed. */
typedef struct mer_image {
  const char *path;
  const void *bytes; /* [n_bytes]: a file in memory */
  size_t n_bytes;
  const uint8_t *pixels; /* [height, width, 3]: red, green, blue */
  int64_t height, width;
  bool faces;           /* of a file: as a video, the faces in its pictures count */
  uint64_t reserved[3]; /* zeros; members of later versions take their place here */
} mer_image;

/** Vectors of sounds [n] by an encoder that hears, its last layer's mean over time or what its
 * mer_encoder_options say, into `vectors` [n, hidden_size]: of the sound's own length, as it is, in
 * windows of at most 30 s. MER_STATUS_INVALID (the encoder reads texts), MER_STATUS_NOT_FOUND,
 * MER_STATUS_IO, MER_STATUS_FORMAT, MER_STATUS_LIMIT, MER_STATUS_UNSUPPORTED (a sound cannot be
 * used: the position of the error is its index), MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED.
 * `monitor` may be NULL. */
MER_API mer_status mer_encoder_embed_sounds(float *vectors, const mer_encoder *encoder,
                                            const mer_sound *sounds, int64_t n,
                                            const mer_monitor *monitor, mer_error *err);

/** What a model has heard of a speaker: mean and deviation of what its speech encoder gives, so
 * that an utterance is answered beside what is usual for its speaker (docs/speakers.md). No sound
 * is kept, and nothing is stored but by mer_speaker_write. A call that fails may have let it hear
 * some sounds. For one thread at a time. */
typedef struct mer_speaker mer_speaker;

/** One utterance. What is NULL is absent, which is an ordinary case: the rest answers. */
typedef struct mer_request {
  const char *text; /* UTF-8; bytes that are not are left out. One without tokens, empty or blanks
                       alone, is absent */
  size_t text_size;
  mer_sound sound;
  const float *vectors[MER_MAX_MODALITIES]; /* of precomputed modalities, by index: [width] */
  mer_image image;
  const mer_context *context; /* what is said around it, for models that read it; or NULL */
  mer_speaker *speaker; /* who says it, of a model that adapts to speakers; or NULL. Its sound is
                           heard before it is answered; those of a call one after the other */
  uint64_t reserved[2]; /* zeros; members of later versions take their place here */
} mer_request;

/** What a model says of an utterance. */
typedef struct mer_answer {
  mer_status status; /* MER_OK, or why there is no answer */
  int32_t label;     /* index of the label of the highest probability; -1: no answer, uncertain, or
                        values */
  int32_t n_labels;
  float probs[MER_MAX_LABELS], logits[MER_MAX_LABELS]; /* [n_labels]; of MER_TARGET_VALUES both
                                                          are the values */
  bool present[MER_MAX_MODALITIES];                    /* the modalities that have answered */
  const char *missing[MER_MAX_MODALITIES]; /* why one that was given has not ("silent"), in static
                                              memory; else NULL */
  char message[sizeof((mer_error *)0)->message]; /* in one line: the fault of the status, or of the
                                                     first modality that is missing, or what is
                                                     damaged in a sound that was used; or "" */
  bool uncertain; /* no probability is as high as mer_predictor_set_min_confidence asks for */
  int32_t n_frames, n_with_face; /* of a video whose faces count: pictures that were looked at, and
                                    those with a face; else 0 */
  uint64_t reserved[14];         /* zeros; members of later versions take their place here */
} mer_answer;

/** A model that is ready to answer. Immutable; many threads may use one at the same time, and none
 * waits for another. */
typedef struct mer_predictor mer_predictor;

/** Opens a model directory. Statuses as mer_model_open, and MER_STATUS_INVALID (its features of
 * sound). */
MER_API mer_status mer_predictor_open(mer_predictor **out, const char *folder, mer_error *err);
/** Opens models of one modality each, `folders` [n_folders] (one of text, one of sound), which
 * answer together: by the geometric mean of the probabilities of those that can read an utterance,
 * each calibrated by its own temperature, made to sum to 1. The predictor is like that of one model
 * of the kind "fusion" with these modalities, in their order and with the labels of the first; of
 * an answer `present` says which models it is from. With one folder it is mer_predictor_open.
 * Statuses as mer_predictor_open, MER_STATUS_INVALID, too: no folder or more than
 * MER_MAX_MODALITIES, a model of several modalities or not of one label, two of the same modality,
 * models that have not the same labels. */
MER_API mer_status mer_predictor_open_joint(mer_predictor **out, const char *const *folders,
                                            int n_folders, mer_error *err);
/** Accepts NULL. No call may be under way. */
MER_API void mer_predictor_close(mer_predictor *predictor);
/** mer_model_map_labels of its model, with the names that `map` gives. Before any call. */
MER_API mer_status mer_predictor_map_labels(mer_predictor *predictor, const char *map,
                                            mer_error *err);
/** Opens what finds faces in videos, a directory as tools/get-encoder makes it of 'centerface'; in
 * the place of one that was opened before. Without it the image of a video is missing: "no face
 * detector". Before any call. MER_STATUS_NOT_FOUND, MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED,
 * MER_STATUS_LIMIT, MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_predictor_set_face_detector(mer_predictor *predictor, const char *folder,
                                                   mer_error *err);
/** From now on an answer whose highest probability is below `min_confidence` is uncertain: it has
 * no label. 0: none is. Before any call. MER_STATUS_INVALID: not from 0 to 1, or above 0 with a
 * model of several labels or of values. */
MER_API mer_status mer_predictor_set_min_confidence(mer_predictor *predictor, double min_confidence,
                                                    mer_error *err);
/** Forgets the vectors of turns that it remembers, if its model reads turns by their vectors: the
 * next call computes them again, with the same answers. */
MER_API void mer_predictor_forget_turns(mer_predictor *predictor);
/** Its model, borrowed. */
MER_API const mer_model *mer_predictor_model(const mer_predictor *predictor);

/** Whether the model adapts to speakers: it was trained by `mer train --by-speaker`. */
MER_API bool mer_predictor_adapts(const mer_predictor *predictor);
/** A speaker of whom nothing has been heard, for requests to this predictor, which must stay open.
 * MER_STATUS_INVALID (it does not adapt), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speaker_create(mer_speaker **out, const mer_predictor *predictor,
                                      mer_error *err);
/** Accepts NULL. */
MER_API void mer_speaker_free(mer_speaker *speaker);
/** Another speaker of the same predictor, of whom as much is known as of `from`.
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speaker_copy(mer_speaker **out, const mer_speaker *from, mer_error *err);
/** A speaker as a file of mer_speaker_write knows him or her. MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_FORMAT (not such a file, or damaged), MER_STATUS_INVALID (another model's, or this one
 * does not adapt), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speaker_read(mer_speaker **out, const char *path,
                                    const mer_predictor *predictor, mer_error *err);
/** Writes what is known of a speaker, atomically: a count, means and deviations, from which no word
 * can be heard, but which may tell a voice apart from others. A file that is there is replaced only
 * if it is one of these; a new one can be read by its owner alone. MER_STATUS_INVALID (not one of
 * these is there), MER_STATUS_IO, MER_STATUS_NOT_FOUND (the folder), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_speaker_write(const mer_speaker *speaker, const char *path, mer_error *err);

/** Fills `answers` [n] for `requests` [n]. A sound or image that cannot be used (missing, damaged,
 * silent) is a missing modality: the others answer, and `missing` and `message` say what was not
 * used. An utterance of which nothing is left has no answer, and its status is that of the first
 * fault: MER_STATUS_NOT_FOUND (no such file, or no sound in it), MER_STATUS_IO (it cannot be read),
 * MER_STATUS_LIMIT (an image of more than 2^26 pixels, or that cannot be resized within them),
 * MER_STATUS_UNSUPPORTED (as mer_audio_decode), MER_STATUS_FORMAT (any other content), or
 * MER_STATUS_INVALID (pixels without height or width, or nothing that the model takes); the others
 * are answered. Of a long recording the first seconds count, as many as the model has seen in
 * training. Of what is cut to a fixed number of frames (MFCC) nothing is decoded after the length
 * of the longest clip that the training took (60 s). Nothing is stored on disk. An answer does not
 * depend on the others of its call but for rounding. Short calls are answered by the calling thread
 * alone, long ones by mer_threads_get() threads. MER_STATUS_INVALID (a speaker of another
 * predictor), MER_STATUS_NO_MEMORY, MER_STATUS_IO (int8 weights: their file was changed in place),
 * MER_STATUS_FORMAT (what the encoder gives for a turn, or for the sound of a speaker, is not of
 * finite numbers, as its weights are too large): then the answers say nothing. */
MER_API mer_status mer_predictor_answer(mer_answer *answers, const mer_predictor *predictor,
                                        const mer_request *requests, int64_t n, mer_error *err);

/** What an answer would be without each of its modalities: what it contributes. */
typedef struct mer_contributions {
  bool known[MER_MAX_MODALITIES];     /* it has answered, and not alone; else nothing is said */
  int32_t labels[MER_MAX_MODALITIES]; /* of one label: that of the highest probability without it;
                                         else -1 */
  float differences[MER_MAX_MODALITIES]; /* of one label: the probability of the answer's (or, if it
                                            is uncertain, the most probable) label less that without
                                            the modality: above 0, it speaks for the label */
  float probs[MER_MAX_MODALITIES][MER_MAX_LABELS]; /* probabilities, or values, without it */
  uint64_t reserved[8]; /* zeros; members of later versions take their place here */
} mer_contributions;

/** mer_predictor_answer, and `contributions` [n] of the answers, or NULL. Without a modality is as
 * if the utterance lacked it; what the encoders make is made once. A model that was not trained to
 * lack modalities (`mer train --modality-dropout`, `--unimodal-loss`) answers without one, too, but
 * has not learned to: then a difference says how much the model leans on it, not what it would have
 * learned from the others. */
MER_API mer_status mer_predictor_contributions(mer_answer *answers,
                                               mer_contributions *contributions,
                                               const mer_predictor *predictor,
                                               const mer_request *requests, int64_t n,
                                               mer_error *err);

/** Contributions as a member of the JSON object of their answer, for mer_answer_json:
 * `"contributions":{"text":{"difference","label","probs"},..}` of those that are known; of several
 * labels "probs", of values "values" alone. `*members` is the caller's and is freed by
 * mer_text_free. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_contributions_json(char **members, const mer_contributions *contributions,
                                          const mer_model *model, mer_error *err);

/** An answer as a JSON object in one line, without a line's end: {"id", "label", "probs",
 * "modalities"}, "missing" where something is, or {"id", "error"} if there is no answer, the
 * further members before it. The label of one that is uncertain is "uncertain". A model of several
 * labels has "labels", those of a probability of at least .5, in the place of "label"; one of
 * values has "values" in the place of both. `id` is a JSON value as text, which is copied as it is,
 * but for ends of lines, or NULL; one that is not JSON (NaN) is copied as a text; `members` are
 * further ones as text
 * (`"speaker":"Joey"`), or NULL. `*json` is the caller's and is freed by mer_text_free.
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_answer_json(char **json, const mer_answer *answer, const mer_model *model,
                                   const char *id, const char *members, mer_error *err);

/** An utterance that was read from JSON. Zero-initialize; freed by clear. */
typedef struct mer_json_request {
  mer_request request; /* borrows from the members below */
  char *id;            /* the value of "id" as JSON text, as it is written; NULL: none */
  char *text;          /* and after its end the context, if there is one */
  char *path;          /* of the sound, and after its end that of the image; empty: there is none */
} mer_json_request;

/** Reads {"id", "text", "audio", "image", "video"} of `size` bytes of UTF-8; further members may
 * hold anything. A video is the sound, unless there is "audio", and the image, whose faces count,
 * unless there is "image". A value null is absent, and so is one of "" but for the id. Paths are
 * relative to `folder`, or to where the program stands if that is NULL. Half a surrogate pair in a
 * text is read as U+FFFD; NaN and Infinity are accepted, and one as the id becomes a text. On
 * failure `id` is set if all of it stands before the fault. MER_STATUS_FORMAT (not an object;
 * "text", "audio", "image" or "video" is another value or there twice), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_json_request_read(mer_json_request *read, const char *json, size_t size,
                                         const char *folder, mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_json_request_clear(mer_json_request *read);

/** What is said in dialogues whose utterances are read from JSON, as far as a model reads it: the
 * last turns of the 1000 dialogues that were used last, at most 64 MiB. One thread at a time. */
typedef struct mer_dialogues mer_dialogues;

/** MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_dialogues_create(mer_dialogues **out, const mer_predictor *predictor,
                                        mer_error *err);
/** Accepts NULL. */
MER_API void mer_dialogues_free(mer_dialogues *dialogues);
/** mer_json_request_read, and what is said around the utterance, if the model reads that. "speaker"
 * is who says it. "context" is a list of the turns before it, the oldest first, each a text or
 * {"speaker", "text"}, and "future" one of those after it. Without "context" they are the last ones
 * that were read before with the same "dialogue", which may be any value. What is read with a
 * dialogue is its next turn, unless it is at fault. MER_STATUS_FORMAT, too: "context" or "future"
 * is not such a list, "speaker" is not a text or a number, or one of them is there twice. A model
 * that reads no context ignores them all, but for "speaker" if it adapts to speakers: then the
 * request's context says who speaks, and its `speaker` is the caller's to set. */
MER_API mer_status mer_dialogues_request_read(mer_json_request *read, mer_dialogues *dialogues,
                                              const char *json, size_t size, const char *folder,
                                              mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
