/* shell_command.c: `sh -c` with the values of placeholders as parameters ("${1}"), which the shell
 * does not read as words of its own. The command has a process group, so that all of it can be
 * ended; Ctrl-C does not reach it but through the program. */
#define _GNU_SOURCE /* strsignal, waitid */
#include "cli/shell_command.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

extern char **environ;

enum {
  MAX_PLACEHOLDERS = 9,
  MAX_NESTED = 31, /* $(..) in others */
  WAIT_MS = 10,
  PATIENCE_MS = 2000, /* for a command that is asked to end */
};
static const off_t MAX_FILE_BYTES = (off_t)1 << 30; /* of what is printed, and of what is said */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t running; /* the shell, and its process group; 0: none */

/* --- the text --- */

/* Bytes of the placeholder at `text`, and its index; 0: none. */
static size_t find_placeholder(int *index, const char *text, const cli_placeholder *all, int n) {
  for (int i = 0; i < n && *text == '{'; i++) {
    const size_t size = strlen(all[i].name);
    if (strncmp(text + 1, all[i].name, size) != 0 || text[size + 1] != '}') continue;
    *index = i;
    return size + 2;
  }
  return 0;
}

/* Whether the character after this one begins no placeholder, nor is it a quote: "${name}" is a
 * variable of the shell. */
static bool is_escape(const char *at, char quote) {
  return (*at == '\\' && quote != '\'' && at[1]) || (*at == '$' && at[1] == '{');
}

/* The quotes around a place of the text: what is in "$(..)" has quotes of its own. */
typedef struct quotes {
  char around[MAX_NESTED + 1]; /* at the depth at hand: ', " or 0 */
  int depth;
} quotes;

/* Notes a character that is no placeholder and not escaped. */
static void note_character(quotes *q, char c, char before) {
  char *quote = &q->around[q->depth];
  const bool opens = c == '(' && (before == '$' || !*quote) && *quote != '\'';
  if (opens && q->depth < MAX_NESTED) q->around[++q->depth] = 0;
  else if (c == ')' && !*quote && q->depth > 0) q->depth--;
  else if (c == *quote) *quote = 0;
  else if (!*quote && (c == '\'' || c == '"')) *quote = c;
}

/* The text with parameters in the place of placeholders, each quoted as its place needs; for
 * free(). */
static char *make_script(const cli_shell_command *command) {
  char *script = NULL, before = 0;
  quotes q = {{0}, 0};
  size_t size;
  FILE *out = open_memstream(&script, &size);
  if (!out) return NULL;
  for (const char *at = command->text; *at; at++) {
    int index;
    const char quote = q.around[q.depth];
    const size_t n = find_placeholder(&index, at, command->placeholders, command->n_placeholders);
    if (n) {
      const char *around = quote == '"' ? "" : quote == '\'' ? "'\"" : "\"";
      fprintf(out, "%s${%d}%s", around, index + 1, quote == '\'' ? "\"'" : around);
      at += n - 1;
      before = 0;
      continue;
    }
    fputc(*at, out);
    const bool escaped = is_escape(at, quote);
    if (escaped) fputc(*++at, out);
    else note_character(&q, *at, before);
    before = escaped ? 0 : *at;
  }
  if (fclose(out) == 0) return script;
  free(script);
  return NULL;
}

bool cli_shell_command_has(const char *text, const char *name) {
  const cli_placeholder one = {name, ""};
  int index;
  for (; *text; text++) {
    if (is_escape(text, 0)) text++;
    else if (find_placeholder(&index, text, &one, 1)) return true;
  }
  return false;
}

/* --- the process --- */

static mer_status fail(mer_error *err, mer_status status, const char *what, const char *more) {
  snprintf(err->message, sizeof err->message, "%s%s", what, more);
  return err->status = status;
}

/* Signals that the program awaits or ignores are for the command what they are for others. */
static int set_attributes(posix_spawnattr_t *attributes) {
  sigset_t mask, defaults;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  sigdelset(&mask, SIGINT);
  sigdelset(&mask, SIGTERM);
  sigdelset(&mask, SIGHUP);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGXFSZ);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setsigmask(attributes, &mask);
  posix_spawnattr_setsigdefault(attributes, &defaults);
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* errno, or 0. */
static int spawn(const cli_shell_command *command, char *script) {
  static char shell[] = "sh", option[] = "-c", name[] = "mer";
  enum { WRITE = O_WRONLY | O_CREAT | O_TRUNC, MODE = 0600 };
  char *argv[4 + MAX_PLACEHOLDERS + 1] = {shell, option, script, name};
  for (int i = 0; i < command->n_placeholders; i++)
    argv[4 + i] = (char *)command->placeholders[i].value;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int fault = posix_spawn_file_actions_init(&files);
  if (fault) return fault;
  fault = posix_spawnattr_init(&attributes);
  if (!fault) {
    fault = set_attributes(&attributes);
    if (!fault) fault = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!fault) fault = posix_spawn_file_actions_addopen(&files, 1, command->printed, WRITE, MODE);
    if (!fault && command->said)
      fault = posix_spawn_file_actions_addopen(&files, 2, command->said, WRITE, MODE);
    pthread_mutex_lock(&lock);
    if (!fault) fault = posix_spawn(&running, "/bin/sh", &files, &attributes, argv, environ);
    if (fault) running = 0;
    pthread_mutex_unlock(&lock);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&files);
  return fault;
}

static void signal_group(int number) {
  pthread_mutex_lock(&lock);
  if (running) kill(-running, number);
  pthread_mutex_unlock(&lock);
}

void cli_shell_command_kill(void) { signal_group(SIGKILL); }

/* Whether the shell has ended; it is still to be reaped, so that no other process gets its number.
 */
static bool has_ended(void) {
  siginfo_t info = {0};
  return waitid(P_PID, (id_t)running, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static void sleep_shortly(void) {
  const struct timespec time = {.tv_nsec = WAIT_MS * 1000000L};
  nanosleep(&time, NULL);
}

/* Ends all of the command: first it is asked to, then made to. */
static void end_command(void) {
  signal_group(SIGTERM);
  for (int ms = 0; ms < PATIENCE_MS && !has_ended(); ms += WAIT_MS) sleep_shortly();
  signal_group(SIGKILL);
  while (!has_ended()) sleep_shortly();
}

static bool is_too_large(const char *path) {
  struct stat info;
  return path && stat(path, &info) == 0 && info.st_size > MAX_FILE_BYTES;
}

static mer_status watch(const cli_shell_command *command, const mer_monitor *monitor,
                        mer_error *err) {
  while (!has_ended()) {
    if (cli_check_interrupt(monitor, err) != MER_OK) {
      end_command();
      return err->status;
    }
    if (is_too_large(command->printed) || is_too_large(command->said)) {
      end_command();
      return fail(err, MER_STATUS_LIMIT, "prints more than 1 GiB", "");
    }
    sleep_shortly();
  }
  return MER_OK;
}

/* What the end of the shell says; of a program that a signal has ended it makes the code 128 and
 * more. */
static mer_status judge(int how, mer_error *err) {
  enum { SIGNALS = 128, MAX_SIGNAL = 64 };
  char text[64];
  const int code = WIFEXITED(how) ? WEXITSTATUS(how) : SIGNALS + WTERMSIG(how);
  if (code == 0) return MER_OK;
  snprintf(text, sizeof text, "%d", code);
  if (code > SIGNALS && code <= SIGNALS + MAX_SIGNAL)
    snprintf(text, sizeof text, "%d (signal %d: %s)", code, code - SIGNALS,
             strsignal(code - SIGNALS));
  if (code == 127) snprintf(text, sizeof text, "127: it was not found");
  if (code == 126) snprintf(text, sizeof text, "126: it cannot be executed");
  return fail(err, MER_STATUS_IO, "failed with exit code ", text);
}

mer_status cli_shell_command_run(const cli_shell_command *command, const mer_monitor *monitor,
                                 mer_error *err) {
  int how = 0;
  char *script = make_script(command);
  if (!script) return cli_no_memory(err);
  signal(SIGCHLD, SIG_DFL); /* ignored, there would be no exit code */
  const int fault = spawn(command, script);
  free(script);
  if (fault) return fail(err, MER_STATUS_IO, "cannot be run: ", strerror(fault));
  const mer_status status = watch(command, monitor, err);
  signal_group(SIGKILL); /* what it has left in the background */
  pthread_mutex_lock(&lock);
  const bool reaped = waitpid(running, &how, 0) == running;
  running = 0;
  pthread_mutex_unlock(&lock);
  if (status != MER_OK) return status;
  return reaped ? judge(how, err) : fail(err, MER_STATUS_IO, "cannot be waited for", "");
}
