/* noisy_clips.c: clips with noise, as WAV files of 32-bit floats in a temporary folder: so that
 * whatever hears them, hears them in its usual way. */
#include "eval/noisy_clips.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "base/rng.h"
#include "data/clip_features.h"

enum { RATE_HZ = 16000, HEADER_BYTES = 44, FLOATS = 3 };

/* RIFF's header of mono floats. */
static void make_header(uint8_t out[HEADER_BYTES], uint32_t n_bytes) {
  memcpy(out, "RIFF....WAVEfmt ", 16);
  mer__put_u32(out + 4, n_bytes + HEADER_BYTES - 8);
  mer__put_u32(out + 16, 16);
  mer__put_u32(out + 20, FLOATS | 1u << 16); /* and one channel */
  mer__put_u32(out + 24, RATE_HZ);
  mer__put_u32(out + 28, RATE_HZ * sizeof(float));
  mer__put_u32(out + 32, sizeof(float) | 32u << 16); /* bytes of a frame, bits of a sample */
  memcpy(out + 36, "data", 4);
  mer__put_u32(out + 40, n_bytes);
}

static mer_status write_wav(const char *path, const mer_audio *audio, mer_error *err) {
  uint8_t header[HEADER_BYTES];
  const size_t n = (size_t)audio->n_samples;
  make_header(header, (uint32_t)(n * sizeof(float)));
  FILE *out = fopen(path, "wbe");
  bool good = out && fwrite(header, sizeof header, 1, out) == 1 &&
              fwrite(audio->samples, sizeof(float), n, out) == n;
  const int reason = errno;
  if (out && fclose(out) != 0) good = false;
  if (good) return MER_OK;
  return mer__fail(err, MER_STATUS_IO, "%s: cannot write: %s", path, strerror(reason));
}

static void add_noise(mer_audio *audio, const mer__white_noise *noise, uint64_t row) {
  mer__rng rng = {.seed = noise->seed, .stream = row};
  double power = 0;
  for (int64_t i = 0; i < audio->n_samples; i++)
    power += (double)audio->samples[i] * (double)audio->samples[i];
  const double level = sqrt(power / (double)audio->n_samples) * noise->level;
  for (int64_t i = 0; i < audio->n_samples; i++)
    audio->samples[i] =
        (noise->alone ? 0 : audio->samples[i]) + (float)level * mer__rng_normal(&rng);
}

/* What is not to be used without noise is not with it either; but what could not be read this time
 * may be read the next. */
static bool is_own_fault(mer_status status) {
  return status != MER_OK && status != MER_STATUS_NO_MEMORY && status != MER_STATUS_INTERRUPTED &&
         status != MER_STATUS_IO;
}

static mer_status make_one(mer__noisy_clips *clips, const mer_utterance *row, int64_t index,
                           const mer__white_noise *noise, const mer_audio_options *options,
                           mer_error *err) {
  mer_audio audio = {0};
  const size_t size = strlen(clips->folder) + 32;
  if (!row->audio) return MER_OK;
  const mer_clip_state state = mer__clip_examine(row->audio, err);
  if (state != MER_CLIP_OK) return state == MER_CLIP_UNREADABLE ? MER_STATUS_IO : MER_OK;
  mer_status status = mer_audio_decode(&audio, row->audio, options, err);
  const bool usable = status == MER_OK && audio.peak > 0 && audio.n_samples < INT32_MAX / 8;
  if (is_own_fault(status)) status = MER_OK;
  if (usable) {
    clips->paths[index] = mer__malloc(size, 1);
    if (clips->paths[index]) {
      snprintf(clips->paths[index], size, "%s/%lld.wav", clips->folder, (long long)index);
      add_noise(&audio, noise, (uint64_t)index);
      status = write_wav(clips->paths[index], &audio, err);
    } else {
      status = mer__fail_memory(err);
    }
  }
  mer_audio_clear(&audio);
  return status;
}

static mer_status make_folder(mer__noisy_clips *clips, mer_error *err) {
  static const char end[] = "/mer-noise-XXXXXX";
  const char *given = getenv("TMPDIR"), *above = given && *given ? given : "/tmp";
  const size_t size = strlen(above) + sizeof end;
  char *folder = mer__malloc(size, 1);
  if (!folder) return mer__fail_memory(err);
  snprintf(folder, size, "%s%s", above, end);
  if (mkdtemp(folder)) {
    clips->folder = folder;
    return MER_OK;
  }
  mer_status status =
      mer__fail(err, MER_STATUS_IO, "%s: cannot make a folder: %s", above, strerror(errno));
  mer__free(folder);
  return status;
}

mer_status mer__noisy_clips_check(mer_error *err) {
  mer__noisy_clips none = {0};
  const mer_status status = make_folder(&none, err);
  mer__noisy_clips_clear(&none);
  return status;
}

mer_status mer__noisy_clips_make(mer__noisy_clips *clips, const mer_utterance *rows, int64_t n,
                                 const mer__white_noise *noise, double max_duration_s,
                                 const mer_monitor *monitor, mer_error *err) {
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = RATE_HZ;
  options.max_duration_s = max_duration_s;
  clips->paths = mer__calloc((size_t)n, sizeof *clips->paths);
  if (!clips->paths) return mer__fail_memory(err);
  clips->n = n;
  mer_status status = make_folder(clips, err);
#pragma omp parallel for schedule(dynamic)
  for (int64_t i = 0; i < n; i++) {
    mer_error fault = {0};
    mer_status own;
#pragma omp atomic read
    own = status;
    if (own != MER_OK) continue;
    own = make_one(clips, &rows[i], i, noise, &options, &fault);
    if (own == MER_OK && omp_get_thread_num() == 0 && mer__should_stop(monitor))
      own = mer__fail(&fault, MER_STATUS_INTERRUPTED, "interrupted");
    if (own == MER_OK) continue;
#pragma omp critical(mer__noisy_clips)
    {
#pragma omp atomic write
      status = own;
      if (err) *err = fault;
    }
  }
  return status;
}

void mer__noisy_clips_clear(mer__noisy_clips *clips) {
  for (int64_t i = 0; i < clips->n; i++) {
    if (clips->paths[i]) unlink(clips->paths[i]);
    mer__free(clips->paths[i]);
  }
  if (clips->folder) rmdir(clips->folder);
  mer__free(clips->folder);
  mer__free(clips->paths);
  *clips = (mer__noisy_clips){0};
}
