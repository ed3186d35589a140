/* unload.c: a program that loads the library, computes with it in a thread, and unloads it before
 * that thread ends; what the library keeps for the thread is given back after that.
 * usage: unload LIBRARY ENCODER */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "mer/encoder.h"

/* The functions that are used of the library, which this program is not linked with. */
static __typeof__(mer_encoder_open) *encoder_open;
static __typeof__(mer_encoder_embed) *encoder_embed;
static __typeof__(mer_encoder_close) *encoder_close;

static const char *encoder_path;
static pthread_barrier_t computed, unloaded;

/* Long enough for the products that take a block of memory for each thread. */
static bool compute(void) {
  static float vector[1 << 12];
  char text[512] = "";
  mer_encoder *encoder = NULL;
  mer_error err = {0};
  while (strlen(text) + 8 < sizeof text) strcat(text, "a day, ");
  const char *texts[] = {text};
  bool good = encoder_open(&encoder, encoder_path, &err) == MER_OK &&
              encoder_embed(vector, encoder, texts, 1, 0, NULL, &err) == MER_OK;
  if (!good) fprintf(stderr, "unload: %s\n", err.message);
  encoder_close(encoder);
  return good;
}

static void *work(void *good) {
  *(bool *)good = compute();
  pthread_barrier_wait(&computed);
  pthread_barrier_wait(&unloaded);
  return NULL;
}

static void *find(void *library, const char *name) {
  void *function = dlsym(library, name);
  if (!function) fprintf(stderr, "unload: %s\n", dlerror());
  return function;
}

int main(int argc, char **argv) {
  pthread_t thread;
  bool good = false;
  void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library) return fprintf(stderr, "unload: %s\n", argc == 3 ? dlerror() : "usage"), 2;
  encoder_path = argv[2];
  encoder_open = find(library, "mer_encoder_open");
  encoder_embed = find(library, "mer_encoder_embed");
  encoder_close = find(library, "mer_encoder_close");
  if (!encoder_open || !encoder_embed || !encoder_close) return 1;
  pthread_barrier_init(&computed, NULL, 2);
  pthread_barrier_init(&unloaded, NULL, 2);
  if (pthread_create(&thread, NULL, work, &good) != 0) return 1;
  pthread_barrier_wait(&computed);
  if (dlclose(library) != 0) return 1;
  pthread_barrier_wait(&unloaded);
  pthread_join(thread, NULL);
  return good ? 0 : 1;
}
