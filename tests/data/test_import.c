/* test_import.c: what names of files say, and faces that become images. tests/cli/import.sh imports
 * whole corpora. */
#include "data/face_table.h"
#include "data/import.h"
#include "data_support.h"
#include "image/image_load.h"

/* A name, and "<split> <speaker> <label>" as the publishers call it, or how it is refused. */
static const struct {
  const char *corpus, *path, *expected;
} names[] = {
    {"ravdess", "Actor_12/03-01-02-01-01-01-12.wav", "actor12 calm"},
    {"ravdess", "03-01-08-01-01-01-24.flac", "actor24 surprised"},
    {"ravdess", "03-01-09-01-01-01-24.wav", "bad"},
    {"ravdess", "03-01-08-01-01-01-25.wav", "bad"},
    {"ravdess", "03-01-08-01-01-01-24-1.wav", "bad"},
    {"ravdess", "03-02-03-01-01-01-24.wav", "other"},
    {"ravdess", "02-01-03-01-01-01-24.mp4", "other"},
    {"tess", "a/b/YAF_back_ps.wav", "YAF pleasant surprise"},
    {"tess", "OA_bite_neutral.wav", "OAF neutral"},
    {"tess", "OAF_angry.wav", "bad"},
    {"tess", "OAF_back_.wav", "bad"},
    {"tess", "OAF_.wav", "bad"},
    {"emodb", "wav/16b10Wb.wav", "16 anger"},
    {"emodb", "03a07La.wav", "03 boredom"},
    {"emodb", "03a07Xa.wav", "bad"},
    {"savee", "AudioData/KL/su15.wav", "KL surprise"},
    {"savee", "ALL/JE_sa01.wav", "JE sadness"},
    {"savee", "a01.wav", "bad"},
    {"savee", "dc/a01.wav", "bad"},
    {"savee", "DC/a1.wav", "bad"},
    {"nemo", "samples/WR0_surprised_64.wav", "WR0 surprised"},
    {"nemo", "WR0_surprised_.wav", "bad"},
    {"nemo", "WR0__1.wav", "bad"},
    {"urdu", "Sad/SM24_F10_S022.wav", "SM24 sad"},
    {"urdu", "SM24_F10.wav", "bad"},
    {"urdu", "SM2444444444444444444444_F10_S1.wav", "bad"},
    {"cremad", "AudioWAV/1040_ITH_SAD_X.wav", "train 1040 sad"},
    {"cremad", "1040_ITH_SUR_XX.wav", "bad"},
    {"cremad", "1091_ITH_SAD_HI.wav", "test 1091 sad"},
    {"cremad", "1092_ITH_SAD_HI.wav", "bad"},
    {"cremad", "1000_ITH_SAD_HI.wav", "bad"},
    {"cremad", "1001_DFA_ANG_XXfoo.wav", "bad"},
    {"cremad", "1001_DFA_ANG_AB.wav", "bad"},
    {"cremad", "1001_DFA_ANG_.wav", "bad"},
    {"fer2013", "a/test/angry/PublicTest_1.jpg", "dev angry"},
    {"fer2013", "test/angry/PrivateTest_1.jpg", "test angry"},
    {"fer2013", "Validation/Happy/im0.png", "dev happy"},
    {"fer2013", "angry/im0.png", "bad"},
    {"fer2013", "im0.png", "bad"},
    {"fer2013", "/im0.png", "bad"},
    {"ck48", "CK+48/contempt/S138_008_00000009.png", "test S138 contempt"},
    {"ck48", "fear/S066_003_00000011.png", "dev S066 fear"},
    {"ck48", "S066_003_00000011.png", "bad"},
    {"emovo", "EMOVO/f1/dis-f1-b1.wav", "f1 disgust"},
    {"emovo", "gio-m3-n5.WAV", "m3 joy"},
    {"emovo", "rab-f4-b1.wav", "bad"},
    {"emovo", "rab-m0-b1.wav", "bad"},
    {"emovo", "rab-x1-b1.wav", "bad"},
    {"emovo", "rab-f1-b4.wav", "bad"},
    {"emovo", "rab-f1-c1.wav", "bad"},
    {"emovo", "col-f1-b1.wav", "bad"},
    {"emovo", "Dis-f1-b1.wav", "bad"},
    {"emovo", "dis-F1-b1.wav", "bad"},
    {"emovo", "dis-f1-b1_noise.wav", "bad"},
    {"emovo", "dis-f1.wav", "bad"},
};

static void names_say_who_and_what(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const mer__corpus *corpus = mer__corpus_find(names[i].corpus);
    mer__file_name name = {0};
    char found[100];
    const mer__name_kind kind = corpus->parse(&name, corpus, names[i].path);
    const bool lists = corpus->dev != NULL; /* the split follows from the speaker */
    snprintf(found, sizeof found, "%s%s%s%s%s", lists ? "" : mer_split_name(name.split),
             lists ? "" : " ", name.speaker, *name.speaker ? " " : "",
             corpus->labels[name.label < 0 ? 0 : name.label].name);
    assert_string_equal(kind == MER__NAME_BAD     ? "bad"
                        : kind == MER__NAME_OTHER ? "other"
                                                  : found,
                        names[i].expected);
  }
}

/* Value of a pixel of the test's face. */
static int value_at(int i) { return (7 * i + i / 48) % 256; }

static void put_face_table(int n_pixels, const char *end) {
  char *text = mer__malloc(4 * MER__FACE_PIXELS + 200, 1);
  int n = sprintf(text, "emotion, Usage, pixels\r\n3,Training,\"");
  for (int i = 0; i < n_pixels; i++) n += sprintf(text + n, "%s%d", i ? " " : "", value_at(i));
  sprintf(text + n, "%s", end);
  put("fer2013.csv", text);
  mer__free(text);
}

static mer__face read_face(void) {
  mer__face face;
  mer__face_table *table;
  mer_error err = {0};
  bool more;
  assert_ok(mer__face_table_open(&table, in_folder("fer2013.csv"), &err));
  assert_ok(mer__face_table_next(&face, &more, table, &err));
  assert_true(more);
  mer__face_table_close(table);
  return face;
}

static void a_face_keeps_its_pixels_as_an_image(void **state) {
  (void)state;
  mer_error err = {0};
  mer__image image = {0};
  put_face_table(MER__FACE_PIXELS, "\"\r\n");
  const mer__face face = read_face();
  assert_null(face.fault);
  assert_string_equal(face.emotion, "3");
  assert_string_equal(face.usage, "Training");
  assert_ok(mer__face_write(in_folder("face.bmp"), face.pixels, &err));
  assert_ok(mer__face_write(in_folder("face.bmp"), face.pixels, &err));
  const mer__media_file file = {.path = in_folder("face.bmp")};
  assert_ok(mer__image_load(&image, &file, &err));
  assert_int_equal(image.width, MER__FACE_SIZE);
  assert_int_equal(image.height, MER__FACE_SIZE);
  for (int i = 0; i < 3 * MER__FACE_PIXELS; i++) assert_int_equal(image.pixels[i], value_at(i / 3));
  mer__image_clear(&image);
  put("face.bmp", "mine");
  assert_int_equal(mer__face_write(in_folder("face.bmp"), face.pixels, &err), MER_STATUS_INVALID);
}

static void faces_at_fault_are_told(void **state) {
  (void)state;
  const struct {
    int n_pixels;
    const char *end;
  } faults[] = {{MER__FACE_PIXELS - 1, "\""},       {MER__FACE_PIXELS, " 1\""},
                {MER__FACE_PIXELS - 1, " 256\""},   {MER__FACE_PIXELS - 1, " -1\""},
                {MER__FACE_PIXELS - 1, " 00001\""}, {0, ""}};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    put_face_table(faults[i].n_pixels, faults[i].end);
    assert_non_null(read_face().fault);
  }
  put("fer2013.csv", "emotion,pixels,Usage\n0,1 2\n");
  assert_string_equal(read_face().fault, "fewer cells than in the header");
}

static bool stop(void *user) {
  (void)user;
  return true;
}

/* Imports the corpus whose folder has its name. */
static mer_status import_to(const char *manifest, const char *corpus,
                            const mer_import_options *options, mer_error *err) {
  mer_import_summary summary;
  return mer_corpus_import(&summary, in_folder(manifest), corpus, in_folder(corpus), options, err);
}

/* Every corpus asks whether to go on, also those of tables. */
static void each_corpus_can_be_interrupted(void **state) {
  (void)state;
  static const struct {
    const char *corpus, *file, *text;
  } corpora[] = {
      {"savee", "savee/DC/a01.wav", ""},
      {"goemotions", "goemotions/train.tsv", "good\t17\tx\n"},
      {"mosi", "mosi/label.csv", "video_id,clip_id,text,label,mode\nv,1,a,1.0,train\n"},
      {"emorynlp", "emorynlp/emorynlp_train_final.csv",
       "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\na,b,Mad,1,1,1,1\n"}};
  const mer_monitor monitor = {.should_stop = stop};
  mer_import_options options;
  mer_import_options_init(&options, sizeof options);
  for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++) {
    mer_error err = {0};
    put(corpora[i].file, corpora[i].text);
    options.monitor = &monitor;
    assert_int_equal(import_to("m.csv", corpora[i].corpus, &options, &err), MER_STATUS_INTERRUPTED);
    assert_false(mer__path_is_there(in_folder("m.csv")));
    options.monitor = NULL;
    assert_ok(import_to("out.csv", corpora[i].corpus, &options, &err));
    assert_int_equal(remove(in_folder("out.csv")), 0);
  }
}

/* What is not fetched yet is no absent file: no split, and no text, is lost in silence. */
static void a_link_that_leads_nowhere_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *corpus, *file, *text, *link;
  } corpora[] = {
      {"nemo", "nemo/samples/WR0_surprised_64.wav", "", "nemo/data.tsv"},
      {"goemotions", "goemotions/train.tsv", "good\t17\tx\n", "goemotions/dev.tsv"},
      {"emorynlp", "emorynlp/emorynlp_train_final.csv",
       "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\na,b,Mad,1,1,1,1\n",
       "emorynlp/emotion-detection-dev.json"}};
  mer_import_options options;
  mer_import_options_init(&options, sizeof options);
  for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++) {
    mer_error err = {0};
    put(corpora[i].file, corpora[i].text);
    assert_int_equal(symlink("nowhere/SHA256E-s42--0", in_folder(corpora[i].link)), 0);
    assert_int_equal(import_to("m.csv", corpora[i].corpus, &options, &err), MER_STATUS_NOT_FOUND);
    assert_non_null(strstr(err.message, in_folder(corpora[i].link)));
    assert_false(mer__path_is_there(in_folder("m.csv")));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_say_who_and_what),
      cmocka_unit_test_setup_teardown(a_face_keeps_its_pixels_as_an_image, set_up, tear_down),
      cmocka_unit_test_setup_teardown(faces_at_fault_are_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(each_corpus_can_be_interrupted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_link_that_leads_nowhere_is_refused, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
