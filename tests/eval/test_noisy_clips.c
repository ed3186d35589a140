/* test_noisy_clips.c: noise has the power that was asked for, and nothing of it stays on the disk.
 */
#include <sys/stat.h>

#include "base/file.h"
#include "eval/noisy_clips.h"
#include "test_support.h"

enum { N = 16000, CLIPS = 3 };

static char folder[] = "/tmp/mer-test-noise-XXXXXX", tone[64], silence[64];

/* A WAV of 16 bits: a square wave of the level. */
static void write_clip(const char *path, int16_t level) {
  static int16_t samples[N];
  uint8_t header[44] = "RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\200>\0\0\0}\0\0\2\0\20\0data";
  const uint32_t n_bytes = sizeof samples, all = n_bytes + 36;
  for (int i = 0; i < N; i++) samples[i] = i / 20 % 2 ? level : (int16_t)-level;
  memcpy(header + 4, &all, 4);
  memcpy(header + 40, &n_bytes, 4);
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(header, 1, sizeof header, out), sizeof header);
  assert_int_equal(fwrite(samples, 1, sizeof samples, out), sizeof samples);
  assert_int_equal(fclose(out), 0);
}

static int make_clips(void **state) {
  (void)state;
  assert_non_null(mkdtemp(folder));
  snprintf(tone, sizeof tone, "%s/tone.wav", folder);
  snprintf(silence, sizeof silence, "%s/silence.wav", folder);
  write_clip(tone, 3000);
  write_clip(silence, 0);
  return 0;
}

static int remove_clips(void **state) {
  (void)state;
  remove(tone);
  remove(silence);
  return remove(folder);
}

static mer__white_noise below(double snr_db) {
  return mer__white_noise_of(&(mer_disturbance){MER_DISTURB_NOISE, snr_db, "audio"}, 1);
}

/* Power of the difference of two sounds, in decibels below the first one's. */
static double snr_of(const mer_audio *clean, const mer_audio *noisy) {
  double signal = 0, noise = 0;
  assert_int_equal(clean->n_samples, noisy->n_samples);
  for (int64_t i = 0; i < clean->n_samples; i++) {
    const double d = (double)noisy->samples[i] - (double)clean->samples[i];
    signal += (double)clean->samples[i] * (double)clean->samples[i];
    noise += d * d;
  }
  return 10 * log10(signal / noise);
}

static void has_the_power_asked_for(void **state) {
  (void)state;
  const double asked[] = {20, 0, -5};
  const mer_utterance rows[CLIPS] = {{.audio = tone}, {.audio = silence}, {.audio = NULL}};
  mer_audio clean, noisy;
  mer_error err = {0};
  assert_ok(mer_audio_decode(&clean, tone, NULL, &err));
  for (int k = 0; k < 3; k++) {
    mer__noisy_clips clips = {0};
    const mer__white_noise noise = below(asked[k]);
    assert_ok(mer__noisy_clips_make(&clips, rows, CLIPS, &noise, 60, NULL, &err));
    assert_null(clips.paths[1]);
    assert_null(clips.paths[2]);
    assert_ok(mer_audio_decode(&noisy, clips.paths[0], NULL, &err));
    assert_near(snr_of(&clean, &noisy), asked[k], 0.2);
    mer_audio_clear(&noisy);
    char *made = strdup(clips.folder);
    mer__noisy_clips_clear(&clips);
    struct stat info;
    assert_int_not_equal(stat(made, &info), 0);
    free(made);
  }
  mer_audio_clear(&clean);
}

static void noise_alone_is_as_loud_as_the_clip(void **state) {
  (void)state;
  const mer_utterance row = {.audio = tone};
  const mer__white_noise noise =
      mer__white_noise_of(&(mer_disturbance){MER_DISTURB_REPLACED, 0, "audio"}, 1);
  mer_audio clean, noisy;
  mer_error err = {0};
  mer__noisy_clips clips = {0};
  double power[2] = {0}, both = 0;
  assert_ok(mer_audio_decode(&clean, tone, NULL, &err));
  assert_ok(mer__noisy_clips_make(&clips, &row, 1, &noise, 60, NULL, &err));
  assert_ok(mer_audio_decode(&noisy, clips.paths[0], NULL, &err));
  assert_int_equal(noisy.n_samples, clean.n_samples);
  for (int64_t i = 0; i < clean.n_samples; i++) {
    power[0] += (double)clean.samples[i] * (double)clean.samples[i];
    power[1] += (double)noisy.samples[i] * (double)noisy.samples[i];
    both += (double)clean.samples[i] * (double)noisy.samples[i];
  }
  assert_near(power[1] / power[0], 1, 0.05);
  assert_near(both / power[0], 0, 0.05);
  mer_audio_clear(&noisy);
  mer_audio_clear(&clean);
  mer__noisy_clips_clear(&clips);
}

/* A folder in the place of a clip, and one that this user may not read: the others have noise. */
static void leaves_out_what_cannot_be_read(void **state) {
  (void)state;
  const mer_utterance rows[CLIPS] = {{.audio = folder}, {.audio = silence}, {.audio = tone}};
  mer__noisy_clips clips = {0};
  mer_error err = {0};
  assert_int_equal(chmod(folder, 0755) | chmod(silence, 0), 0);
  const bool dropped = drop_rights();
  const mer__white_noise noise = below(5);
  const mer_status status = mer__noisy_clips_make(&clips, rows, CLIPS, &noise, 60, NULL, &err);
  regain_rights();
  assert_int_equal(chmod(silence, 0600), 0);
  assert_int_equal(status, MER_OK);
  assert_null(clips.paths[0]);
  assert_null(clips.paths[1]);
  assert_non_null(clips.paths[2]);
  mer__noisy_clips_clear(&clips);
  if (!dropped) skip();
}

static bool stop(void *user) {
  (void)user;
  return true;
}

/* Before all clips are made. */
static void is_interrupted(void **state) {
  (void)state;
  const mer_utterance rows[] = {{.audio = tone}, {.audio = tone}, {.audio = tone}};
  const mer_monitor monitor = {.should_stop = stop};
  const int n_threads = mer_threads_get();
  mer__noisy_clips clips = {0};
  mer_error err = {0};
  const mer__white_noise noise = below(5);
  mer_threads_set(1);
  assert_int_equal(mer__noisy_clips_make(&clips, rows, 3, &noise, 60, &monitor, &err),
                   MER_STATUS_INTERRUPTED);
  mer_threads_set(n_threads);
  assert_non_null(clips.paths[0]);
  assert_null(clips.paths[2]);
  assert_int_equal(err.status, MER_STATUS_INTERRUPTED);
  mer__noisy_clips_clear(&clips);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_power_asked_for),
      cmocka_unit_test(noise_alone_is_as_loud_as_the_clip),
      cmocka_unit_test(leaves_out_what_cannot_be_read),
      cmocka_unit_test(is_interrupted),
  };
  return cmocka_run_group_tests(tests, make_clips, remove_clips);
}
