/* soak.c: answers N short utterances on eight threads and compares the resident memory after the
 * first 10,000 with that at the end. usage: soak MODEL WAV N PERCENT: fails if it has grown by
 * more.
 *
 * Texts have 1 to 60 words, calls 1 to 8 utterances, and the first of every fifth call has a sound,
 * whose file is in memory. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mer/predict.h"

/* Sanitizers keep memory that was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool measures = false;
#else
static const bool measures = true;
#endif

enum { N_THREADS = 8, MOST_CALL = 8, MOST_WORDS = 60, FIRST = 10000, TEXT_BYTES = 512 };

typedef struct soak {
  mer_predictor *predictor;
  char *wav;
  size_t wav_size;
  int64_t n;
  atomic_llong done;
  atomic_bool failed;
  long first_pages, last_pages; /* resident */
} soak;

typedef struct worker {
  soak *soak;
  pthread_t thread;
  unsigned seed;
} worker;

static long resident_pages(void) {
  long size, resident = 0;
  FILE *in = fopen("/proc/self/statm", "r");
  if (!in) return 0;
  if (fscanf(in, "%ld %ld", &size, &resident) != 2) resident = 0;
  fclose(in);
  return resident;
}

/* A number below `n`, the same for the same seed (a linear congruence). */
static unsigned draw(worker *w, unsigned n) {
  w->seed = w->seed * 1664525U + 1013904223U;
  return (w->seed >> 8) % n;
}

static mer_request make_request(worker *w, char text[TEXT_BYTES], bool first) {
  static const char *const words[] = {"what", "a", "lovely", "day", "stop", "that", "she", "gone"};
  size_t size = 0;
  for (unsigned n = 1 + draw(w, MOST_WORDS); n > 0; n--)
    size += (size_t)snprintf(text + size, TEXT_BYTES - size, "%s ", words[draw(w, 8)]);
  mer_request request = {.text = text, .text_size = size};
  if (first && draw(w, 5) == 0) {
    request.sound.bytes = w->soak->wav;
    request.sound.n_bytes = w->soak->wav_size;
  }
  return request;
}

/* Counts answers, and looks at the memory at the two moments. */
static int64_t count(soak *s, int n) {
  int64_t before = atomic_fetch_add(&s->done, n), after = before + n;
  if (before < FIRST && after >= FIRST) s->first_pages = resident_pages();
  if (before < s->n && after >= s->n) s->last_pages = resident_pages();
  return after;
}

static void *work(void *argument) {
  worker *w = argument;
  soak *s = w->soak;
  char texts[MOST_CALL][TEXT_BYTES];
  mer_request requests[MOST_CALL];
  mer_answer answers[MOST_CALL];
  mer_error err = {0};
  int n;
  do {
    n = 1 + (int)draw(w, MOST_CALL);
    for (int i = 0; i < n; i++) requests[i] = make_request(w, texts[i], i == 0);
    bool failed = mer_predictor_answer(answers, s->predictor, requests, n, &err) != MER_OK;
    for (int i = 0; i < n && !failed; i++) failed = answers[i].status != MER_OK;
    if (failed) atomic_store(&s->failed, true);
  } while (!atomic_load(&s->failed) && count(s, n) < s->n);
  return NULL;
}

static bool read_file(soak *s, const char *path) {
  FILE *in = fopen(path, "rb");
  s->wav = malloc(1 << 20);
  if (in && s->wav) s->wav_size = fread(s->wav, 1, 1 << 20, in);
  if (in) fclose(in);
  return s->wav_size > 0;
}

static bool report(const soak *s, double most_percent) {
  const long kib = sysconf(_SC_PAGESIZE) / 1024;
  const double growth = 100.0 * (double)(s->last_pages - s->first_pages) / (double)s->first_pages;
  printf("resident after %d answers: %ld KiB, after %lld: %ld KiB (%+.2f %%)\n", FIRST,
         s->first_pages * kib, (long long)s->n, s->last_pages * kib, growth);
  return growth <= most_percent || !measures;
}

int main(int argc, char **argv) {
  static soak s;
  worker workers[N_THREADS];
  mer_error err = {0};
  if (argc != 5 || (s.n = atoll(argv[3])) <= FIRST || !read_file(&s, argv[2])) return 2;
  if (!measures) s.n = FIRST + 1;
  if (mer_predictor_open(&s.predictor, argv[1], &err) != MER_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  for (int t = 0; t < N_THREADS; t++) {
    workers[t] = (worker){.soak = &s, .seed = (unsigned)t};
    if (pthread_create(&workers[t].thread, NULL, work, &workers[t]) != 0) return 1;
  }
  for (int t = 0; t < N_THREADS; t++) pthread_join(workers[t].thread, NULL);
  bool good = !atomic_load(&s.failed) && report(&s, atof(argv[4]));
  mer_predictor_close(s.predictor);
  free(s.wav);
  return good ? 0 : 1;
}
