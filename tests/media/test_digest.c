/* test_digest.c: SHA-256 of the examples of FIPS 180-4's test vectors. */
#include "base/file.h"
#include "mer/media.h"
#include "test_support.h"

static void known_answers(void **state) {
  (void)state;
  char hex[65];
  mer_memory_digest(hex, "", 0);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  mer_memory_digest(hex, "abc", 3);
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  mer_memory_digest(hex, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
  assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void files_have_the_digest_of_their_bytes(void **state) {
  (void)state;
  char folder[64], path[128], hex[65];
  mer_error err = {0};
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/x", folder);
  char *text = malloc(1000000);
  memset(text, 'a', 1000000);
  assert_ok(mer__file_write(path, text, 1000000, &err));
  assert_ok(mer_file_digest(hex, path, &err));
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(text);
  mer__folder_remove(folder);
  assert_int_equal(mer_file_digest(hex, path, &err), MER_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers),
                                     cmocka_unit_test(files_have_the_digest_of_their_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
