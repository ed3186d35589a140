/* peak_memory.c: runs a command and prints the most resident memory that it had, in KiB. The exit
 * code is the command's, 125 if it could not be run or was ended by a signal. */
#define _DEFAULT_SOURCE /* wait4 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct rusage usage;
  int status;
  const pid_t child = argc > 1 ? fork() : -1;
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(125);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return 125;
  printf("%ld\n", usage.ru_maxrss);
  return WEXITSTATUS(status);
}
