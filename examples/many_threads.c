/* many_threads.c: one predictor, shared by eight threads that answer text and sound from memory.
 *
 *   cc many_threads.c $(pkg-config --cflags --libs mer) -pthread -o many_threads
 *   ./many_threads fusion-model "You did all this for me?" 1000 */
#include <mer/mer.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_THREADS = 8, RATE_HZ = 16000 };

/* What one thread works on. Only the predictor is shared; it never changes after it is opened. */
typedef struct worker {
  pthread_t thread;
  const mer_predictor *predictor;
  const char *text;
  long n_answers;
  mer_answer last;
  mer_error err; /* each thread has an error of its own */
} worker;

static void *work(void *argument) {
  worker *w = argument;
  float *samples = malloc(RATE_HZ * sizeof *samples);
  if (!samples) return "out of memory";
  for (int i = 0; i < RATE_HZ; i++) samples[i] = i / 25 % 2 ? 0.25f : -0.25f;

  /* The answers come from many threads already, so each call computes on its own alone. */
  mer_threads_set(1);
  const mer_request request = {
      .text = w->text,
      .text_size = strlen(w->text),
      .sound = {.samples = samples, .n_samples = RATE_HZ, .n_channels = 1, .rate_hz = RATE_HZ}};
  mer_status status = MER_OK;
  for (long i = 0; i < w->n_answers && status == MER_OK; i++)
    status = mer_predictor_answer(&w->last, w->predictor, &request, 1, &w->err);
  free(samples);
  if (status != MER_OK) return w->err.message;
  return w->last.status == MER_OK ? NULL : w->last.message;
}

int main(int argc, char **argv) {
  static worker workers[N_THREADS];
  mer_error err = {0};
  mer_predictor *predictor = NULL;
  if (argc != 4) {
    fprintf(stderr, "usage: many_threads MODEL TEXT ANSWERS-PER-THREAD\n");
    return 2;
  }
  if (mer_predictor_open(&predictor, argv[1], &err) != MER_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int n_started = 0, failed = 0;
  for (; n_started < N_THREADS; n_started++) {
    worker *w = &workers[n_started];
    *w = (worker){.predictor = predictor, .text = argv[2], .n_answers = atol(argv[3])};
    if (pthread_create(&w->thread, NULL, work, w) != 0) break;
  }
  for (int i = 0; i < n_started; i++) {
    void *fault;
    pthread_join(workers[i].thread, &fault);
    if (fault) fprintf(stderr, "thread %d: %s\n", i, (char *)fault);
    failed |= fault != NULL;
  }
  const mer_answer *first = &workers[0].last;
  for (int i = 0; i < n_started && !failed; i++) /* the same input, the same answer */
    failed |= memcmp(workers[i].last.probs, first->probs, (size_t)first->n_labels * sizeof(float));
  if (!failed)
    printf("%d threads: %s %.3f\n", n_started,
           mer_model_label(mer_predictor_model(predictor), first->label),
           first->probs[first->label]);
  mer_predictor_close(predictor);
  return failed || n_started < N_THREADS;
}
