/* predict_sound.c: the emotion of a recording that is in memory, as a file's bytes or as samples.
 * Nothing is written to disk.
 *
 *   cc predict_sound.c $(pkg-config --cflags --libs mer) -o predict_sound
 *   ./predict_sound audio-model < answer.wav */
#include <mer/mer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything on standard input; NULL if memory is out. */
static char *read_all(size_t *size) {
  char *bytes = NULL;
  *size = 0;
  for (size_t room = 1 << 16;; room *= 2) {
    char *larger = realloc(bytes, room);
    if (!larger) break;
    bytes = larger;
    *size += fread(bytes + *size, 1, room - *size, stdin);
    if (*size < room) return bytes;
  }
  free(bytes);
  return NULL;
}

static int print(const char *title, const mer_predictor *predictor, const mer_request *request) {
  mer_error err = {0};
  mer_answer answer;
  mer_status status = mer_predictor_answer(&answer, predictor, request, 1, &err);
  if (status == MER_OK && answer.status == MER_OK) {
    printf("%s: %s %.3f\n", title, mer_model_label(mer_predictor_model(predictor), answer.label),
           answer.probs[answer.label]);
    return 0;
  }
  /* A silent or damaged recording is not a failure of the call: the answer says what is wrong. */
  fprintf(stderr, "%s: %s\n", title, status == MER_OK ? answer.message : err.message);
  return 1;
}

int main(int argc, char **argv) {
  mer_error err = {0};
  mer_predictor *predictor = NULL;
  if (argc != 2) {
    fprintf(stderr, "usage: predict_sound MODEL < FILE\n");
    return 2;
  }
  if (mer_predictor_open(&predictor, argv[1], &err) != MER_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }

  /* Any audio or video file that FFmpeg reads, whole in memory. */
  size_t size;
  char *bytes = read_all(&size);
  const mer_request file = {.sound = {.bytes = bytes, .n_bytes = size}};
  int failed = bytes ? print("file", predictor, &file) : 1;

  /* Samples from a microphone or a decoder of your own: floats from -1 to 1, at any rate. Here: a
   * second of a square wave in two channels at 8 kHz. */
  static float samples[8000][2];
  for (int i = 0; i < 8000; i++) samples[i][0] = samples[i][1] = i / 20 % 2 ? 0.3f : -0.3f;
  const mer_request made = {
      .sound = {.samples = samples[0], .n_samples = 8000, .n_channels = 2, .rate_hz = 8000}};
  failed |= print("samples", predictor, &made);

  free(bytes);
  mer_predictor_close(predictor);
  return failed;
}
