/* private_folder.c: makes the folder by mkdtemp, whose mode is 0700, and removes it without
 * following links. */
#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */
#include "cli/private_folder.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/path_join.h"

enum { OPEN_FOLDERS = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *folder; /* NULL: there is none */

mer_status cli_private_folder_create(const char **path, mer_error *err) {
  const char *base = getenv("TMPDIR");
  if (!base || !*base) base = "/tmp";
  char *whole = realpath(base, NULL); /* it is found from any working directory */
  char *made = whole ? cli_path_join(whole, "mer-XXXXXX") : NULL;
  free(whole);
  if (whole && !made) return cli_no_memory(err);
  if (!made || !mkdtemp(made)) {
    snprintf(err->message, sizeof err->message,
             "%.300s: cannot make a folder for temporary files in it (TMPDIR names another): %s",
             base, strerror(errno));
    free(made);
    return err->status = MER_STATUS_IO;
  }
  pthread_mutex_lock(&lock);
  *path = folder = made;
  pthread_mutex_unlock(&lock);
  return MER_OK;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  (void)remove(path); /* the folder itself tells whether something is left */
  return 0;
}

void cli_private_folder_remove(void) {
  struct stat info;
  pthread_mutex_lock(&lock);
  if (folder) nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  if (folder && lstat(folder, &info) == 0)
    fprintf(stderr, "mer: %s: cannot be removed; it holds what is said in a recording\n", folder);
  free(folder);
  folder = NULL;
  pthread_mutex_unlock(&lock);
}
