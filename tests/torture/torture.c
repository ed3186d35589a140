/* torture.c: lets each call of a scenario fail once: its n-th allocation, its n-th read or write.
 * Then the status must name the kind of the failure, or the result be the one without a failure;
 * what is written must be absent, the earlier one or whole; no temporary file may stay; and the
 * same call must succeed afterwards. Leaks are found by the sanitizer. */
#include "torture.h"

#include "base/alloc.h"
#include "base/file.h"
#include "failing.h"
#include "test_support.h"

/* Points tried of a scenario and kind in the ordinary run; in the exhaustive one all are. */
enum { FEW_POINTS = 10 };

#define HASH_START UINT64_C(14695981039346656037)

static uint64_t hash_add(uint64_t hash, const void *data, size_t size) {
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(1099511628211);
  return hash;
}

static uint64_t given;

void give(const void *data, size_t size) { given = hash_add(given, data, size); }

/* Of a file's bytes, or of all below a folder but the training log, which holds times, and a lock,
 * which is harmless if it stays; 0 if there is nothing. */
static uint64_t tree_hash(const char *path) {
  char **names, *data;
  size_t n;
  if (access(path, F_OK) != 0) return 0;
  uint64_t hash = hash_add(HASH_START, mer__path_name(path), strlen(mer__path_name(path)));
  if (mer__file_read(&data, &n, path, 1 << 28, NULL) == MER_OK) {
    hash = hash_add(hash, data, n);
    mer__free(data);
  } else if (mer__folder_list(&names, &n, path, NULL) == MER_OK) {
    for (size_t i = 0; i < n; i++) {
      char *child = mer__path_join(path, names[i]);
      uint64_t below = strcmp(names[i], "train.jsonl") == 0 ? 1 : tree_hash(child);
      if (strcmp(names[i], ".mer-lock") != 0) hash = hash_add(hash, &below, sizeof below);
      mer__free(child);
    }
    mer__folder_free(names, n);
  }
  return hash;
}

static void path_of(char path[200], const char *name, const char *ending) {
  snprintf(path, 200, "%s/%s%s", fixture_folder(), name, ending);
}

/* Puts a copy of the fixture `from`, or nothing if that is NULL, at `to`. */
static void put_copy(const char *to, const char *from) {
  char command[600], path[200];
  int n = snprintf(command, sizeof command, "rm -rf '%s'", to);
  if (from) path_of(path, from, "");
  if (from) snprintf(command + n, sizeof command - (size_t)n, "; cp -R '%s' '%s'", path, to);
  if (system(command) != 0) fail_msg("%s", command);
}

/* Puts everything into the state before a run. */
static void reset(const scenario *s) {
  char out[200], partial[200];
  if (!s->out) return;
  path_of(out, s->out, "");
  path_of(partial, s->out, ".partial");
  put_copy(out, s->old);
  put_copy(partial, s->partial);
}

static uint64_t out_hash(const scenario *s) {
  char out[200];
  if (!s->out) return 0;
  path_of(out, s->out, "");
  return tree_hash(out);
}

static mer_status run(const scenario *s, mer_error *err) {
  *err = (mer_error){0};
  given = HASH_START;
  return s->run(err);
}

/* Names in the test's folder, but for the output's. */
static uint64_t other_names(const scenario *s) {
  char **names;
  size_t n;
  mer_error err = {0};
  uint64_t hash = HASH_START;
  assert_ok(mer__folder_list(&names, &n, fixture_folder(), &err));
  for (size_t i = 0; i < n; i++)
    if (!s->out || strncmp(names[i], s->out, strlen(s->out)) != 0 ||
        strstr(names[i], MER__TEMPORARY))
      hash = hash_add(hash, names[i], strlen(names[i]) + 1);
  mer__folder_free(names, n);
  return hash;
}

/* What a run without a failure gives. */
typedef struct expected {
  uint64_t given, before, after, others;
} expected;

/* The call that fails at present, for messages, and how many times something was wrong. */
static struct {
  const scenario *scenario;
  failing_kind kind;
  long n;
  bool on;
  int n_faults;
} now;

static void fault(const char *format, ...) {
  static const char *const kinds[] = {"allocation", "read or write"};
  char text[700];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  printf("%s: %s %ld%s fails: %s\n", now.scenario->name, kinds[now.kind], now.n,
         now.on ? " and all after it" : "", text);
  now.n_faults++;
}

/* The result may be another one. */
static bool may_lose(void) { return now.kind == FAILING_IO && now.scenario->may_lose; }

static void check_failed(mer_status status, const mer_error *err) {
  const mer_status right = now.kind == FAILING_MEMORY ? MER_STATUS_NO_MEMORY : MER_STATUS_IO;
  if (status != right || err->status != right || !err->message[0])
    fault("status %s, message \"%s\"", mer_status_name(status), err->message);
}

static void check_out(const expected *e, bool must_be_whole) {
  uint64_t hash = out_hash(now.scenario);
  if (hash == e->after) return;
  if (must_be_whole) fault("the output is not what it should be");
  else if (hash != e->before) fault("the output is neither the earlier one nor whole");
}

static void try_point(const expected *e) {
  const scenario *s = now.scenario;
  mer_error err;
  reset(s);
  failing_arm(now.kind, now.n, now.on);
  mer_status status = run(s, &err);
  failing_disarm();
  if (status != MER_OK) check_failed(status, &err);
  else if (given != e->given && !may_lose()) fault("another result, and no error");
  if (status != MER_OK || !may_lose()) check_out(e, status == MER_OK);
  if (other_names(s) != e->others) fault("a file was left behind");
  /* A whole result that could not be put in its place is kept and in the way; and what has been
   * resumed to its end cannot be again. */
  if (strstr(err.message, "it stays in") || (status == MER_OK && s->partial)) reset(s);
  if (run(s, &err) != MER_OK) fault("the same call fails afterwards: %s", err.message);
  else if (given != e->given) fault("another result afterwards");
  check_out(e, true);
}

/* The next point after `n`: each of the first ones, then some, spread evenly; or all. */
static long next_point(long n, long n_points, bool all) {
  long step = n_points / (FEW_POINTS / 2) + 1;
  return all || n < FEW_POINTS / 2 ? n + 1 : n + step;
}

static long try_points(const expected *e, failing_kind kind, bool on) {
  mer_error err;
  reset(now.scenario);
  failing_arm(kind, 0, false);
  assert_ok(run(now.scenario, &err));
  long n_points = failing_disarm(), tried = 0;
  bool all = getenv("MER_TORTURE_ALL") != NULL;
  now.kind = kind;
  now.on = on;
  for (now.n = 1; now.n <= n_points; now.n = next_point(now.n, n_points, all), tried++)
    try_point(e);
  return tried;
}

void torture(void **state) {
  const scenario *s = now.scenario = *state;
  mer_error err;
  expected e = {0};
  now.n_faults = 0;
  reset(s);
  e.before = out_hash(s);
  assert_ok(run(s, &err));
  e.given = given;
  e.after = out_hash(s);
  e.others = other_names(s);
  long memory = try_points(&e, FAILING_MEMORY, false);
  long io = try_points(&e, FAILING_IO, false) + try_points(&e, FAILING_IO, true);
  printf("%s: allocation failures: %ld points; reads and writes: %ld points\n", s->name, memory,
         io);
  assert_int_equal(now.n_faults, 0);
}
