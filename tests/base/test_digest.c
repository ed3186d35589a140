/* test_digest.c: SHA-256 of the examples of FIPS 180-4's test vectors; XXH3 in pieces and whole. */
#include "base/digest.h"
#include "base/file.h"
#include "test_support.h"

static void sha256_gives_the_known_answers(void **state) {
  (void)state;
  char hex[MER__SHA256_BYTES];
  mer__sha256(hex, "", 0);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  mer__sha256(hex, "abc", 3);
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  mer__sha256(hex, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
  assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* Where the last block has just room for the length, or none. */
static void ends_of_all_lengths(void **state) {
  (void)state;
  static const struct {
    size_t size;
    const char *digest;
  } cases[] = {
      {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
      {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
      {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
      {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
      {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
      {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
      {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
      {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
  };
  char text[128], hex[MER__SHA256_BYTES];
  memset(text, 'a', sizeof text);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer__sha256(hex, text, cases[i].size);
    assert_string_equal(hex, cases[i].digest);
  }
}

/* The published values of xxHash 0.8 for no bytes. */
static void xxh3_gives_the_known_answers(void **state) {
  (void)state;
  char hex[MER__HASH_BYTES];
  mer__hash hash;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, NULL, 0);
  mer__hash_end(hex, &hash);
  assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
  assert_true(mer__checksum(0, "", 0) == 0x2d06800538d394c2u);
  assert_true(mer__checksum(1, "abc", 3) != mer__checksum(2, "abc", 3));
}

static bool yes(void *user) { return (void)user, true; }

static void pieces_have_the_hash_of_the_whole(void **state) {
  (void)state;
  enum { SIZE = 1000000 };
  char folder[64], path[128], whole[MER__HASH_BYTES], hex[MER__HASH_BYTES];
  mer_error err = {0};
  mer__hash hash;
  char *text = malloc(SIZE);
  for (int i = 0; i < SIZE; i++) text[i] = (char)(i * 31 >> 3);
  mer__hash_begin(&hash);
  mer__hash_add(&hash, text, SIZE);
  mer__hash_end(whole, &hash);
  mer__hash_begin(&hash);
  for (size_t at = 0, n = 1; at < SIZE; at += n, n = 3 * n % 1009) {
    if (n > SIZE - at) n = SIZE - at;
    mer__hash_add(&hash, text + at, n);
  }
  mer__hash_end(hex, &hash);
  assert_string_equal(hex, whole);
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/x", folder);
  assert_ok(mer__file_write(path, text, SIZE, &err));
  assert_ok(mer__hash_file(hex, path, NULL, &err));
  assert_string_equal(hex, whole);
  const mer_monitor monitor = {.should_stop = yes};
  assert_int_equal(mer__hash_file(hex, path, &monitor, &err), MER_STATUS_INTERRUPTED);
  free(text);
  remove_test_folder(folder);
  assert_int_equal(mer__hash_file(hex, path, NULL, &err), MER_STATUS_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sha256_gives_the_known_answers),
                                     cmocka_unit_test(ends_of_all_lengths),
                                     cmocka_unit_test(xxh3_gives_the_known_answers),
                                     cmocka_unit_test(pieces_have_the_hash_of_the_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
