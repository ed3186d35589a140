/* interrupt.c: the signals that ask the program to stop. It ends what it does, says what is kept,
 * and then ends by the signal itself, so that a shell's loop around it ends, too. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

static atomic_int interrupted; /* the first signal; 0: none */
static atomic_bool ending;     /* by a second one */
static _Atomic(void (*)(void)) at_end;

/* Signals are awaited by a thread of their own and blocked in all others: no handler interrupts a
 * computing thread or a system call, so that nothing has to be safe against it. A signal that is
 * ignored when the program begins stays so: nohup does that to SIGHUP, a script to SIGINT for what
 * it runs in the background. */
static sigset_t awaited;

static const int interrupting[] = {SIGINT, SIGTERM, SIGHUP}; /* the last: the terminal is gone */
enum { N_INTERRUPTING = sizeof interrupting / sizeof *interrupting };

static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The program ends by a signal that has no handler, once this thread lets it through. */
static void end_by(int number) {
  raise(number);
  pthread_sigmask(SIG_UNBLOCK, &awaited, NULL);
}

static void *await_signals(void *unused) {
  int number;
  (void)unused;
  sigwait(&awaited, &number);
  atomic_store(&interrupted, number);
  /* The second one ends the program; but a terminal that closes sends two, the system's and that of
   * the shell. */
  do sigwait(&awaited, &number);
  while (number == SIGHUP);
  atomic_store(&ending, true);
  void (*const clear)(void) = atomic_load(&at_end);
  if (clear) clear();
  end_by(number);
  return NULL;
}

void cli_catch_interrupt(void) {
  pthread_t thread;
  sigset_t before;
  sigemptyset(&awaited);
  for (int i = 0; i < N_INTERRUPTING; i++)
    if (!is_ignored(interrupting[i])) sigaddset(&awaited, interrupting[i]);
  pthread_sigmask(SIG_BLOCK, &awaited, &before);
  if (pthread_create(&thread, NULL, await_signals, NULL) == 0) pthread_detach(thread);
  else pthread_sigmask(SIG_SETMASK, &before, NULL); /* then the first one ends the program */
}

void cli_before_interrupted_end(void (*clear)(void)) {
  while (atomic_load(&ending)) pause();
  atomic_store(&at_end, clear);
}

bool cli_is_interrupted(void) { return atomic_load(&interrupted) != 0; }

mer_status cli_check_interrupt(const mer_monitor *monitor, mer_error *err) {
  if (!monitor->should_stop || !monitor->should_stop(monitor->user)) return MER_OK;
  snprintf(err->message, sizeof err->message, "interrupted");
  return err->status = MER_STATUS_INTERRUPTED;
}

int cli_end(int code) {
  const int number = atomic_load(&interrupted);
  if (number) end_by(number);
  return code;
}
