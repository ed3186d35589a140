/* test_output_folder.c: a folder takes the place of another; nothing that is not mer's is lost. The
 * program is linked so that the library's calls of rename pass here (--wrap, see CMakeLists.txt).
 */
#define _DEFAULT_SOURCE /* mknod */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "test_support.h"

static char root[64];

static mer_status has_model(bool *found, const char *path, mer_error *err) {
  (void)err;
  char *file = mer__path_join(path, "model");
  *found = file && mer__path_is_file(file);
  mer__free(file);
  return MER_OK;
}

static const mer__output_kind kind = {(const char *const[]){"model", "log", NULL},
                                      (const char *const[]){"state", NULL}, has_model};

static const char *at(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", root, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(root);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", root);
  return system(command);
}

static void put(const char *name, const char *text) {
  mer_error err = {0};
  char *parent = mer__path_folder(at(name));
  assert_ok(mer__folder_make(parent, &err));
  mer__free(parent);
  assert_ok(mer__file_write(at(name), text, strlen(text), &err));
}

static void assert_holds(const char *name, const char *expected) {
  char *data;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&data, &size, at(name), 100, &err));
  assert_string_equal(data, expected);
  mer__free(data);
}

/* The names in a folder, each with a blank after it. */
static void assert_names(const char *path, const char *expected) {
  char **names, text[512] = "";
  size_t n;
  mer_error err = {0};
  assert_ok(mer__folder_list(&names, &n, at(path), &err));
  for (size_t i = 0; i < n; i++) {
    strcat(text, names[i]);
    strcat(text, " ");
  }
  mer__folder_free(names, n);
  assert_string_equal(text, expected);
}

static void begin(mer__output_folder *folder, const char *name) {
  mer_error err = {0};
  assert_ok(mer__output_folder_begin(folder, at(name), &kind, &err));
}

/* Writes a whole folder, as a training does. */
static void write_model(const char *name, const char *text) {
  mer__output_folder folder;
  mer_error err = {0};
  char path[128];
  begin(&folder, name);
  mer__output_folder_clear(&folder);
  const char *const names[] = {"model", "state", "log"};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", folder.work, names[i]);
    assert_ok(mer__file_write(path, text, strlen(text), &err));
  }
  assert_ok(mer__output_folder_commit(&folder, &err));
}

static void assert_refused(const char *path, const char *message) {
  mer__output_folder folder;
  mer_error err = {0};
  assert_int_not_equal(mer__output_folder_begin(&folder, path, &kind, &err), MER_OK);
  if (!strstr(err.message, message)) fail_msg("%s: no '%s'", err.message, message);
  mer__output_folder_abandon(&folder, false);
}

static void folder_appears_whole(void **state) {
  (void)state;
  write_model("deep/m", "1");
  assert_names("deep", "m ");
  assert_names("deep/m", "log model ");
  assert_int_equal(mkdir(at("empty"), 0777), 0);
  write_model("empty", "2");
  assert_names("empty", "log model ");
  assert_names("", "deep empty ");
}

static void users_entries_are_carried_over(void **state) {
  (void)state;
  write_model("m", "1");
  put("m/notes.txt", "mine");
  put("m/plots/a", "deep");
  put("m/model.tmp-99-0", "left by a crash");
  put("m/model.bak", "mine too");
  assert_int_equal(symlink("nowhere", at("m/link")), 0);
  assert_int_equal(chmod(at("m"), 0710), 0);
  write_model("m", "2");
  struct stat info;
  assert_int_equal(stat(at("m"), &info), 0);
  assert_int_equal(info.st_mode & 07777, 0710);
  assert_names("", "m ");
  assert_names("m", "link log model model.bak notes.txt plots ");
  assert_holds("m/model", "2");
  assert_holds("m/notes.txt", "mine");
  assert_holds("m/plots/a", "deep");
}

static void links_are_followed(void **state) {
  (void)state;
  struct stat info;
  write_model("runs/7", "1");
  assert_int_equal(symlink("runs/7", at("best")), 0);
  assert_int_equal(symlink("runs/8//", at("next")), 0); /* not there yet */
  write_model("best/", "2");
  write_model("next", "3");
  assert_true(lstat(at("best"), &info) == 0 && S_ISLNK(info.st_mode));
  assert_holds("runs/7/model", "2");
  assert_holds("runs/8/model", "3");
  assert_names("", "best next runs ");
  assert_names("runs", "7 8 ");
}

static void what_cannot_be_replaced_is_refused(void **state) {
  (void)state;
  char path[200];
  put("file", "x");
  put("thesis/chapter", "x");
  assert_int_equal(mkfifo(at("fifo"), 0600), 0);
  assert_refused("", "expected a model directory");
  assert_refused("/", "cannot be replaced");
  assert_refused(".", "cannot be replaced");
  assert_refused("..//", "cannot be replaced");
  snprintf(path, sizeof path, "%s/.", at("thesis"));
  assert_refused(path, "cannot be replaced");
  assert_refused(at("file"), "file: is a file, expected a folder");
  assert_refused(at("file/m"), "a file has that name");
  assert_refused(at("fifo"), "fifo: is a FIFO, expected a folder");
  assert_refused(at("thesis"), "holds no model of mer, so it is not replaced");
  assert_refused("/proc", "proc: is a mount point");
  if (mknod(at("device"), S_IFCHR | 0600, 0) == 0) /* of no driver */
    assert_refused(at("device"), "device: is a device, expected a folder");
  unlink(at("device"));
  assert_names("", "fifo file thesis ");
}

static void folder_without_rights_is_refused(void **state) {
  (void)state;
  write_model("m", "1");
  pid_t child = fork();
  if (child == 0) { /* as root everything is allowed */
    mer__output_folder folder;
    mer_error err = {0};
    bool is_root = geteuid() == 0;
    if (chmod(root, is_root ? 0755 : 0555) != 0 || (is_root && setuid(65534) != 0)) _exit(77);
    mer_status status = mer__output_folder_begin(&folder, at("new"), &kind, &err);
    _exit(status == MER_STATUS_IO && strstr(err.message, "Permission denied") ? 0 : 1);
  }
  int code;
  waitpid(child, &code, 0);
  chmod(root, 0755);
  if (WIFEXITED(code) && WEXITSTATUS(code) == 77) {
    print_message("skipped: cannot become another user\n");
    skip();
  }
  assert_int_equal(code, 0);
}

static void foreign_partial_is_left_alone(void **state) {
  (void)state;
  put("m.partial/state", "of another program");
  assert_refused(at("m"), "m.partial: is in the way");
  assert_names("m.partial", "state ");
  put("file.partial", "a download");
  assert_refused(at("file"), "file.partial: is in the way");
  assert_int_equal(symlink("m.partial", at("link.partial")), 0);
  assert_refused(at("link"), "link.partial: is in the way");
  assert_names("", "file.partial link.partial m.partial ");
}

static void unfinished_output_is_kept_or_removed(void **state) {
  (void)state;
  mer__output_folder folder;
  begin(&folder, "m");
  put("m.partial/state", "half");
  put("m.partial/state.tmp-1-0", "left by a crash");
  mer__output_folder_abandon(&folder, true);
  begin(&folder, "m");
  assert_names("m.partial", ".mer-lock state ");
  put("m.partial/notes", "mine");
  mer__output_folder_abandon(&folder, false);
  assert_names("m.partial", ".mer-lock notes "); /* and it is still known as mer's */
  write_model("m", "1");
  assert_names("m", "log model notes ");
  begin(&folder, "n");
  mer__output_folder_abandon(&folder, false);
  mer__output_folder_abandon(&folder, false);
  assert_names("", "m ");
}

/* The folders on the way that were not there before. */
static void what_is_given_up_leaves_no_folder(void **state) {
  (void)state;
  mer__output_folder folder;
  put("mine/notes", "x");
  begin(&folder, "mine/a//b/m");
  mer__output_folder_abandon(&folder, false);
  assert_names("mine", "notes ");
  begin(&folder, "mine/a/b/m");
  put("mine/a/other", "came meanwhile");
  mer__output_folder_abandon(&folder, false);
  assert_names("mine/a", "other ");
  begin(&folder, "new/m");
  mer__output_folder_abandon(&folder, true);
  assert_names("new", "m.partial "); /* for a later run */
  begin(&folder, "new/m");
  mer__output_folder_abandon(&folder, false);
  assert_names("new", ""); /* it was there before this one */
  assert_refused(at("new/a/.."), "cannot be replaced");
  put("file", "x");
  assert_refused(at("file/a/m"), "a file has that name");
  assert_int_equal(symlink("nowhere", at("link")), 0);
  assert_refused(at("link/m"), "link: cannot make the folder: a link that leads nowhere has");
  assert_int_equal(unlink(at("link")), 0);
  assert_names("", "file mine new ");
}

/* A folder of somebody else that has come to the place, with a name that mer writes. */
static void what_has_come_meanwhile_is_not_lost(void **state) {
  (void)state;
  mer__output_folder folder;
  mer_error err = {0};
  begin(&folder, "m");
  put("m.partial/log", "of mer");
  put("m/log", "mine");
  assert_int_equal(mer__output_folder_commit(&folder, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "a folder that is no model of mer has come there"));
  assert_holds("m/log", "mine");
  assert_holds("m.partial/log", "of mer");
  begin(&folder, "n");
  put("n.partial/log", "of mer");
  put("n/notes", "mine"); /* nothing of it would be lost */
  assert_ok(mer__output_folder_commit(&folder, &err));
  assert_names("n", "log notes ");
}

static void second_writer_is_refused(void **state) {
  (void)state;
  mer__output_folder folder;
  begin(&folder, "m");
  put("m.partial/state", "of the first");
  assert_refused(at("m"), "m.partial: another process is writing there");
  assert_int_equal(symlink("m", at("other")), 0);
  assert_refused(at("other"), "m.partial: another process is writing there");
  assert_names("m.partial", ".mer-lock state ");
  mer__output_folder_abandon(&folder, false);
  write_model("m", "2");

  int lock, second;
  mer_error err = {0};
  assert_ok(mer__folder_lock(&lock, at("m"), &err));
  assert_int_equal(mer__folder_lock(&second, at("m"), &err), MER_STATUS_INVALID);
  mer__folder_unlock(lock, at("m"));
  assert_names("m", "log model ");
}

static void room_is_asked_for_before(void **state) {
  (void)state;
  mer__output_folder folder;
  mer_error err = {0};
  begin(&folder, "m");
  assert_ok(mer__output_folder_need(&folder, 1, 1, &err));
  assert_int_equal(mer__output_folder_need(&folder, UINT64_MAX / 2, 1, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "MB are free"));
  struct rlimit before, low;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  low = (struct rlimit){1000, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
  assert_ok(mer__output_folder_need(&folder, 3000, 1000, &err));
  assert_int_equal(mer__output_folder_need(&folder, 3000, 1001, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "limit on files is 0.001 MB (ulimit -f)"));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  mer__output_folder_abandon(&folder, false);
}

/* Makes renameat2 with `flag` fail with `reason` in this process, for ever. */
static bool forbid_rename(unsigned flag, int reason) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)reason),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* Runs `body` where the file system knows no such flags; 77 if that cannot be had. */
static int run_without(unsigned flags, int reason, int (*body)(void)) {
  pid_t child = fork();
  if (child == 0) _exit(forbid_rename(flags, reason) ? body() : 77);
  int code;
  waitpid(child, &code, 0);
  if (WIFEXITED(code) && WEXITSTATUS(code) == 77) {
    print_message("skipped: no system call filters\n");
    skip();
  }
  return code;
}

/* Which calls of rename fail from now on: bit n for the n-th. */
static unsigned renames_that_fail;
/* A file that somebody puts there before the next call; or NULL. */
static const char *arrives;

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
  bool fails = (renames_that_fail & 1) != 0;
  renames_that_fail >>= 1;
  const char *name = arrives;
  arrives = NULL;
  if (name) put(name, "mine"); /* which renames, too */
  errno = EIO;
  return fails ? -1 : __real_rename(from, to);
}

static int replace_model(void) {
  write_model("m", "2");
  return 0;
}

/* The same at the last moment: the folders have been exchanged when it is seen. */
static void what_has_come_at_the_end_is_not_lost(void **state) {
  (void)state;
  mer__output_folder folder;
  mer_error err = {0};
  begin(&folder, "m");
  put("m.partial/log", "of mer");
  arrives = "m/log";
  assert_int_equal(mer__output_folder_commit(&folder, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "m.partial: a folder that is no model of mer has come"));
  assert_holds("m/log", "of mer");
  assert_holds("m.partial/log", "mine");
  assert_names("m.partial", "log ");
  assert_refused(at("m"), "holds no model of mer"); /* what is there now has no "model" */
}

static void file_system_without_exchange(void **state) {
  (void)state;
  write_model("m", "1");
  put("m/notes", "mine");
  assert_int_equal(run_without(3, EINVAL, replace_model), 0); /* neither NOREPLACE nor EXCHANGE */
  assert_names("", "m ");
  assert_names("m", "log model notes ");
  assert_holds("m/model", "2");
}

static int fail_to_replace(void) {
  mer__output_folder folder;
  mer_error err = {0};
  if (mer__output_folder_begin(&folder, at("m"), &kind, &err) != MER_OK) return 1;
  put("m.partial/model", "2");
  if (mer__output_folder_commit(&folder, &err) != MER_STATUS_IO) return 2;
  if (!strstr(err.message, "m: cannot put the new folder in its place: ")) return 3;
  if (!strstr(err.message, "; it stays in ") || !strstr(err.message, "m.partial")) return 4;
  return mer__output_folder_begin(&folder, at("m"), &kind, &err) == MER_OK ? 5 : 0;
}

static void neither_folder_is_lost(void **state) {
  (void)state;
  write_model("m", "1");
  put("m/notes", "mine");
  assert_int_equal(run_without(2, EBUSY, fail_to_replace), 0);
  assert_names("m", "log model notes ");
  assert_names("m.partial", "model ");
  assert_holds("m/model", "1");
  assert_holds("m.partial/model", "2");
  assert_refused(at("m"), "m.partial: is finished, but"); /* no later run empties it */
  assert_refused(at("m"), "m` does it when nothing is there any more");
}

/* A file that has come to the place meanwhile stays, and so does the new folder, with its rights.
 */
static void file_in_the_place_is_not_taken_for_a_folder(void **state) {
  (void)state;
  struct stat info;
  mer_error err = {0};
  mer__output_folder folder;
  begin(&folder, "m");
  put("m.partial/model", "1");
  put("m", "mine");
  assert_int_equal(chmod(at("m"), 0600), 0);
  assert_int_equal(mer__output_folder_commit(&folder, &err), MER_STATUS_IO);
  assert_holds("m", "mine");
  assert_int_equal(stat(at("m.partial"), &info), 0);
  assert_int_not_equal(info.st_mode & S_IXUSR, 0);
  assert_int_equal(unlink(at("m")), 0);
  assert_refused(at("m"), "m.partial: is finished, but");
  assert_int_equal(rename(at("m.partial"), at("m")), 0);
  write_model("m", "2");
  assert_names("", "m ");
}

static void files_that_would_not_outlive_it_are_known(void **state) {
  (void)state;
  mer__output_folder folder;
  write_model("m", "1");
  put("other/log", "");
  assert_int_equal(symlink("m", at("link")), 0);
  assert_int_equal(symlink("m.partial/x", at("into")), 0);
  begin(&folder, "link");
  static const char *const taken[] = {"m",    "link",  "m/",         "other/../m",   "m.partial",
                                      "into", "m/log", "link/model", "m.partial/log"};
  static const char *const free_ones[] = {"log", "m/notes", "other/log", "other/m", "n/log"};
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
    assert_true(mer__output_folder_takes(&folder, at(taken[i])));
  for (size_t i = 0; i < sizeof free_ones / sizeof free_ones[0]; i++)
    assert_false(mer__output_folder_takes(&folder, at(free_ones[i])));
  mer__output_folder_abandon(&folder, false);
}

/* Without an exchange the calls of rename are: the new folder to its place, as if nothing was
 * there; the earlier one aside, the new one to its place, the earlier one to where the new one was;
 * then the user's entries. */
enum { TO_PLACE = 1 << 2, ON_FROM_ASIDE = 1 << 3, ENTRY = 1 << 4 };

static unsigned failing_renames;

/* Replaces the model m by another while those renames fail; the error is in the file `message`. */
static int replace_while_renames_fail(void) {
  mer__output_folder folder;
  mer_error err = {0};
  if (mer__output_folder_begin(&folder, at("m"), &kind, &err) != MER_OK) return 1;
  put("m.partial/model", "2");
  put("m.partial/state", "2");
  renames_that_fail = failing_renames;
  mer_status status = mer__output_folder_commit(&folder, &err);
  put("message", err.message);
  return status == MER_OK ? 0 : status == MER_STATUS_IO ? 2 : 3;
}

/* Does that with an earlier model and a note of the user; the message must hold each of `expected`.
 */
static void fail_renames(unsigned calls, bool succeeds, const char *const expected[3]) {
  char *message;
  size_t size;
  mer_error err = {0};
  write_model("m", "1");
  put("m/notes", "mine");
  failing_renames = calls;
  int code = run_without(3, EINVAL, replace_while_renames_fail);
  assert_int_equal(WEXITSTATUS(code), succeeds ? 0 : 2);
  assert_ok(mer__file_read(&message, &size, at("message"), 1000, &err));
  for (int i = 0; i < 3 && expected[i]; i++)
    if (!strstr(message, expected[i])) fail_msg("%s: no '%s'", message, expected[i]);
  mer__free(message);
  assert_int_equal(unlink(at("message")), 0);
}

/* The name of the folder m while it is aside. */
static const char *find_aside(void) {
  static char name[64];
  char **names;
  size_t n;
  mer_error err = {0};
  name[0] = 0;
  assert_ok(mer__folder_list(&names, &n, root, &err));
  for (size_t i = 0; i < n; i++)
    if (strstr(names[i], MER__TEMPORARY)) snprintf(name, sizeof name, "%s", names[i]);
  mer__folder_free(names, n);
  return name;
}

static void folder_that_stays_aside_is_carried_over(void **state) {
  (void)state;
  fail_renames(ON_FROM_ASIDE, true, (const char *const[3]){""});
  assert_names("", "m ");
  assert_names("m", "model notes ");
  assert_holds("m/model", "2");
}

static void folder_aside_that_cannot_come_back_is_named(void **state) {
  (void)state;
  fail_renames(TO_PLACE | ON_FROM_ASIDE, false,
               (const char *const[3]){"it stays in ", "m.partial, the earlier one in ", "/m.tmp-"});
  assert_names(find_aside(), "log model notes ");
  assert_names("m.partial", "model ");
}

static void entry_that_cannot_be_carried_over_is_named(void **state) {
  (void)state;
  fail_renames(
      ENTRY, false,
      (const char *const[3]){"m: is finished, but not all", "stays in ", "m.partial: notes: "});
  assert_names("m", "model ");
  assert_names("m.partial", ".mer-lock notes ");
  write_model("m", "3"); /* the next run finds it */
  assert_names("", "m ");
  assert_names("m", "log model notes ");
}

static void entry_that_stays_aside_is_named(void **state) {
  (void)state;
  fail_renames(ON_FROM_ASIDE | ENTRY, false,
               (const char *const[3]){"m: is finished, but not all", "/m.tmp-", ": notes: "});
  assert_names("m", "model ");
  assert_names(find_aside(), ".mer-lock notes ");
}

/* What a crash between the exchange and its end leaves is put right by the next run. */
static void crash_in_the_last_step(void **state) {
  (void)state;
  write_model("m", "2");
  put("m/.mer-lock", "");
  put("m/state", "of the new one");
  put("m.partial/.mer-lock", "");
  put("m.partial/model", "1");
  put("m.partial/notes", "mine");
  write_model("m", "3");
  assert_names("", "m ");
  assert_names("m", "log model notes ");
  assert_holds("m/model", "3");
}

/* What is made on the way to a folder must not change which folder that is. */
static void a_way_through_a_missing_folder_is_refused(void **state) {
  (void)state;
  static const char *const names[] = {"new/../mine", "mine/new/../../mine", "new/more/../../mine",
                                      "new/.././mine"};
  put("mine/model", "not of mer");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    mer__output_folder folder;
    mer_error err = {0};
    assert_int_equal(mer__output_folder_begin(&folder, at(names[i]), &kind, &err),
                     MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, ": is no folder, so '..' cannot follow it"));
    assert_false(mer__path_is_there(at("new")));
    assert_false(mer__path_is_there(at("mine/new")));
    assert_false(mer__path_is_there(at("mine.partial")));
    assert_true(mer__path_is_file(at("mine/model")));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(folder_appears_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_way_through_a_missing_folder_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(users_entries_are_carried_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_are_followed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_cannot_be_replaced_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folder_without_rights_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(foreign_partial_is_left_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unfinished_output_is_kept_or_removed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_given_up_leaves_no_folder, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_has_come_meanwhile_is_not_lost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(second_writer_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(room_is_asked_for_before, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_has_come_at_the_end_is_not_lost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(file_system_without_exchange, set_up, tear_down),
      cmocka_unit_test_setup_teardown(neither_folder_is_lost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(file_in_the_place_is_not_taken_for_a_folder, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(files_that_would_not_outlive_it_are_known, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folder_that_stays_aside_is_carried_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folder_aside_that_cannot_come_back_is_named, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(entry_that_cannot_be_carried_over_is_named, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(entry_that_stays_aside_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(crash_in_the_last_step, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
