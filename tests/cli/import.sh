#!/bin/sh
# import.sh: published corpora become manifests. The folders are made up: names as the publishers write them, files of no content.
. "$(dirname "$0")/cli_test.sh"

# files NAME...: empty files, with the folders they need.
files() {
  for name in "$@"; do
    mkdir -p "$(dirname "$name")"
    : >"$name"
  done
}
# import CORPUS DIR ...: as `mer import`, without the m.csv of before, as none is replaced by another one.
import() {
  rm -f m.csv
  "$mer" import "$@"
}
# holds LINE: a line of the manifest m.csv.
holds() { grep -qxF -e "$1" m.csv || { fail "no line '$1'"; head m.csv; }; }

# Every corpus that is known by names: one file for each split where there are speakers.
files "rav/Actor_01/03-01-02-01-01-01-01.wav" rav/Actor_20/03-01-05-01-01-01-20.wav rav/Actor_24/03-01-08-02-01-01-24.wav \
  rav/Actor_24/03-02-03-01-01-01-24.wav rav/Actor_24/._03-01-08-02-01-01-24.wav rav/README.txt
find rav -exec ls -ld --time-style=full-iso {} + >before
expect 0 import ravdess rav --out m.csv
prints "calm                   neutral                      1       0       0"
prints "rows                                                1       1       1"
prints "other files: 3"
holds "split,label,native_label,audio,speaker"
holds "train,neutral,calm,rav/Actor_01/03-01-02-01-01-01-01.wav,actor01"
holds "dev,anger,angry,rav/Actor_20/03-01-05-01-01-01-20.wav,actor20"
holds "test,surprise,surprised,rav/Actor_24/03-01-08-02-01-01-24.wav,actor24"
[ "$(wc -l <m.csv)" -eq 4 ] || fail "not three rows"
find rav -exec ls -ld --time-style=full-iso {} + | cmp -s - before || fail "the corpus has changed"
cp m.csv first.csv
expect 0 "$mer" import ravdess ./rav/ -o m.csv --json
"$json_lines" <out || fail "not JSON"
cmp m.csv first.csv || fail "not the same bytes again"
expect 0 "$mer" import ravdess rav -o -
cmp out first.csv || fail "standard output differs"
expect 0 import ravdess rav -o m.csv --labels native
holds "train,calm,calm,rav/Actor_01/03-01-02-01-01-01-01.wav,actor01"

# Paths are relative to the manifest, wherever that is; links to the corpus and to files are followed.
mkdir -p a/b
ln -s ../rav a/link
ln -s b a/c
expect 0 import ravdess a/link -o a/c/m.csv
for name in $(sed -n 's/.*,\(\.\.[^,]*\),.*/\1/p' a/b/m.csv); do [ -f "a/b/$name" ] || fail "a/b/$name is not there"; done
[ "$(grep -c ',\.\./' a/b/m.csv)" -eq 3 ] || fail "paths of a/b/m.csv"

# EmoDB: boredom has no place among the emotions. A second copy of a recording is no second row.
files emodb/wav/03a01Fa.wav emodb/wav/12a01Na.wav emodb/wav/16a07La.wav emodb/copy/03a01Fa.wav
expect 0 import emodb emodb -o m.csv
prints "boredom                left out                     0       0       1"
prints "further files of a recording: 1"
holds "train,joy,happiness,emodb/copy/03a01Fa.wav,03"
holds "dev,neutral,neutral,emodb/wav/12a01Na.wav,12"
[ "$(wc -l <m.csv)" -eq 3 ] || fail "not two rows"
expect 0 import emodb emodb -o m.csv --labels native
holds "test,boredom,boredom,emodb/wav/16a07La.wav,16"

# CREMA-D: of each utterance the sound without loss, and the video.
files crema/AudioMP3/1001_DFA_ANG_XX.mp3 crema/AudioWAV/1001_DFA_ANG_XX.wav crema/VideoFlash/1001_DFA_ANG_XX.flv \
  crema/AudioWAV/1065_DFA_HAP_XX.wav crema/VideoFlash/1066_DFA_HAP_XX.flv crema/AudioWAV/1091_DFA_SAD_XX.wav
expect 0 import cremad crema -o m.csv
holds "train,anger,anger,crema/AudioWAV/1001_DFA_ANG_XX.wav,crema/VideoFlash/1001_DFA_ANG_XX.flv,1001"
holds "dev,joy,happy,crema/AudioWAV/1065_DFA_HAP_XX.wav,,1065"
holds "dev,joy,happy,crema/VideoFlash/1066_DFA_HAP_XX.flv,crema/VideoFlash/1066_DFA_HAP_XX.flv,1066"

# Only the names that the publishers give.
files crema/AudioWAV/9999_DFA_ANG_XX.wav crema/AudioWAV/1001_DFA_ANG_XXfoo.wav
expect 0 import cremad crema -o m.csv
prints "files or rows that cannot be used: 2"
[ "$(wc -l <m.csv)" -eq 5 ] || fail "not four rows"

files tess/OAF_back_ps.wav tess/YAF_back_sad.wav savee/DC/a01.wav savee/KL/sa02.wav urdu/Sad/SM24_F1_S013.wav \
  ck/anger/S010_004_00000017.png ck/contempt/S138_008_00000009.png fer/train/angry/Training_1.jpg fer/test/happy/PublicTest_2.jpg
expect 0 import tess tess -o m.csv
holds "train,surprise,pleasant surprise,tess/OAF_back_ps.wav,OAF"
expect 0 import savee savee -o m.csv
holds "test,sadness,sadness,savee/KL/sa02.wav,KL"
files savee/ALL/DC_a01.wav # the other name of DC/a01.wav
expect 0 import savee savee -o m.csv
prints "further files of a recording: 1"
[ "$(grep -c ',DC$' m.csv)" -eq 1 ] || fail "two rows of one recording"
expect 0 import urdu urdu -o m.csv
holds "test,sadness,sad,urdu/Sad/SM24_F1_S013.wav,SM24"
expect 0 import ck48 ck -o m.csv
prints "contempt               left out                     0       0       1"
holds "train,anger,anger,ck/anger/S010_004_00000017.png,S010"
files ck/happy/S010_004_00000017.png ck/copy/anger/S010_004_00000017.png ck/fear/S011_004_00000017.png # of two labels
expect 0 import ck48 ck -o m.csv
says "/S010_004_00000017.png: has another label than "
grep -q S010 m.csv && fail "a row of two labels"
grep -q S011 m.csv || fail "no row of another subject"
expect 0 import fer2013 fer -o m.csv
holds "dev,joy,happy,fer/test/happy/PublicTest_2.jpg"

# EMOVO: a copy with another ending, in another folder, is the same recording; DEMoS' guilt, capitals and denoised files are not EMOVO's.
files emovo/EMOVO/f1/dis-f1-b1.wav emovo/EMOVO/f2/tri-f2-l4.wav emovo/EMOVO/m3/sor-m3-d2.wav emovo/mp3/f1/dis-f1-b1.mp3 \
  emovo/EMOVO/documents/poster.pdf emovo/EMOVO/f1/col-f1-b1.wav emovo/EMOVO/f1/DIS-F1-B2.WAV emovo/EMOVO/f1/dis-f1-b1_noise.wav
expect 0 import emovo emovo -o m.csv
prints "files or rows that cannot be used: 3"
prints "further files of a recording: 1"
prints "other files: 1"
holds "train,disgust,disgust,emovo/EMOVO/f1/dis-f1-b1.wav,f1"
holds "dev,sadness,sadness,emovo/EMOVO/f2/tri-f2-l4.wav,f2"
holds "test,surprise,surprise,emovo/EMOVO/m3/sor-m3-d2.wav,m3"
[ "$(wc -l <m.csv)" -eq 4 ] || fail "not three rows"

# nEMO has its texts beside.
files nemo/samples/EB0_anger_1.wav nemo/samples/TP0_fear_2.wav
printf 'file_id\temotion\traw_text\tspeaker_id\nEB0_anger_1.wav\tanger\tA, b.\tEB0\n' >nemo/data.tsv
expect 0 import nemo nemo -o m.csv
holds 'train,anger,anger,"A, b.",nemo/samples/EB0_anger_1.wav,EB0'
holds "dev,fear,fear,,nemo/samples/TP0_fear_2.wav,TP0"

# Tables.
mkdir -p goe/data emory mosi/Raw/v ferp/FER2013Train
printf 'I "love" it\t18,26\tx1\n"He said ""no"", so"\t27\tx2\nnothing\t28\tx3\n\t2\tx4\nno tab\nlast\t2,\tx5\n' >goe/data/train.tsv
printf 'what\t3\tx5\n' >goe/data/test.tsv
expect 0 import goemotions goe -o m.csv
holds 'train,joy|surprise,love|surprise,"I ""love"" it"'
holds 'train,neutral,neutral,"He said ""no"", so"'
holds "test,anger,annoyance,what"
says "goe/data/train.tsv:3: expected a text, a tab, and numbers of labels from 0 to 27"
says "goe/data/train.tsv:4: "
says "goe/data/train.tsv:5: "
prints "files or rows that cannot be used: 4"
printf 'Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\nHi.,"['\''A B'\'', '\''C'\'']",Mad,2,3,1,4\nYes.,Ann,Sad,2,6,1,4\nOh.,["Joe'\''s"],Powerful,2,4,1,4\nNo.,['\''A'\''],Glad,2,5,1,4\n' \
  >emory/emorynlp_train_final.csv
expect 0 import emorynlp emory -o m.csv
holds 'train,anger,mad,Hi.,"A B, C",s1e4c2,3'
holds "train,sadness,sad,Yes.,Ann,s1e4c2,6"
says "emory/emorynlp_train_final.csv:5: expected"
prints "powerful               left out                     1       0       0"
prints "turns of dialogues left out, so that --context does not read them: 1"
expect 0 import emorynlp emory -o m.csv --labels native
holds "train,powerful,powerful,Oh.,Joe's,s1e4c2,4"
grep -q "left out, so" out && fail "turns are said to be left out"
mkdir spoken
printf '{"episodes": [{"scenes": [{"utterances": [{"utterance_id": "s01_e04_c02_u003", "speakers": ["A B", "C"], "transcript": "Hi.", "emotion": "Mad"},
 {"utterance_id": "s01_e04_c02_u004", "speakers": [], "transcript": "", "emotion": "Sad"}, {"utterance_id": "s01_e04_c02", "transcript": "x", "emotion": "Sad"}, 7]}]}, {}, 3]}' \
  >spoken/emotion-detection-trn.json
expect 0 import emorynlp spoken -o m.csv
holds 'train,anger,mad,Hi.,"A B, C",s1e4c2,3'
says "spoken/emotion-detection-trn.json: utterance 's01_e04_c02_u004': expected a transcript"
prints "files or rows that cannot be used: 3"
echo '{"episodes": [' >spoken/emotion-detection-tst.json
fails_with "spoken/emotion-detection-tst.json:2: expected JSON, found: " "$mer" import emorynlp spoken -o new.csv -q
echo '{}' >spoken/emotion-detection-tst.json
fails_with "spoken/emotion-detection-tst.json: expected a list 'episodes'" "$mer" import emorynlp spoken -o new.csv -q
: >mosi/Raw/v/2.mp4
printf 'video_id,clip_id,text,label,annotation,mode\nv,1,GOOD,2.4,Positive,train\nv,2,SO,0.0,Neutral,train\n../x,3,BAD,-1,Negative,test\ny,3,BAD,-1,Negative,valid\n' >mosi/label.csv
expect 0 import mosi mosi -o m.csv
holds "train,positive,positive,GOOD,,,v,v,1,2.4"
holds "train,positive,neutral,SO,mosi/Raw/v/2.mp4,mosi/Raw/v/2.mp4,v,v,2,0.0"
holds "dev,negative,negative,BAD,,,y,y,3,-1"
says "mosi/label.csv:4: expected a video"

# Faces as numbers, and votes for them.
face() { awk -v v="$1" 'BEGIN { for (i = 0; i < 2304; i++) printf "%s%d", i ? " " : "", v }'; }
printf 'emotion,pixels,Usage\n0,%s,Training\n3,%s,PublicTest\n9,%s,PrivateTest\n6,1 2,PrivateTest\n' "$(face 0)" "$(face 255)" "$(face 1)" >ferp/fer2013.csv
fails_with "ferp/fer2013.csv: has faces as numbers" "$mer" import fer2013 ferp -o new.csv
[ ! -e new.csv ] || fail "a manifest in spite of failure"
expect 0 import fer2013 ferp -o m.csv --images faces
holds "train,anger,angry,faces/fer0000000.bmp"
holds "dev,joy,happy,faces/fer0000001.bmp"
says "ferp/fer2013.csv:4: expected an emotion from 0 to 6"
says "ferp/fer2013.csv:5: expected 2304 values"
[ "$(ls faces)" = "$(printf 'fer0000000.bmp\nfer0000001.bmp')" ] || fail "not two faces"
cp faces/fer0000000.bmp face.bmp
echo mine >faces/fer0000001.bmp
fails_with "faces/fer0000001.bmp: is not the image that belongs there" "$mer" import fer2013 ferp -o m.csv --images faces
grep -q mine faces/fer0000001.bmp || fail "an image was replaced"
printf 'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\nTraining,fer0000000.png,1,0,0,0,8,1,0,0,0,0\nPublicTest,fer0000001.png,5,5,0,0,0,0,0,0,0,0\nPrivateTest,,0,0,0,0,0,0,0,0,0,10\nPrivateTest,fer0000003.png,0,0,0,0,0,0,0,11,0,0\n' >ferp/fer2013new.csv
expect 0 import ferplus ferp -o m.csv --images faces
holds "train,anger,anger,faces/fer0000000.bmp,1,0,0,0,8,1,0,0,0,0"
prints "as many votes for two  left out                     0       1       0"
says "ferp/fer2013new.csv:5: expected Training"
: >ferp/FER2013Train/fer0000000.png
expect 0 import ferplus ferp -o m.csv
holds "train,anger,anger,ferp/FER2013Train/fer0000000.png,1,0,0,0,8,1,0,0,0,0"

# Votes are of the face in the same row: tables of other rows are told.
mkdir joined
printf 'emotion, Usage, pixels\n0,Training,%s\n3,PrivateTest,%s\n' "$(face 0)" "$(face 255)" >joined/icml_face_data.csv
sed 3q ferp/fer2013new.csv | sed 's/5,5,0/6,4,0/' >joined/fer2013new.csv
expect 0 import ferplus joined -o m.csv --images joined/faces
says "joined/fer2013new.csv:3: the face is of another split"
[ "$(wc -l <m.csv)" -eq 2 ] || fail "not one row"
printf '6,PublicTest,%s\n' "$(face 7)" >>joined/icml_face_data.csv
fails_with "joined/icml_face_data.csv:4: a face after the last row of joined/fer2013new.csv, which has 2" \
  "$mer" import ferplus joined -o new.csv --images joined/faces -q
sed -i '3,$d' joined/icml_face_data.csv
fails_with "joined/icml_face_data.csv: faces: 1, expected one for each row" "$mer" import ferplus joined -o new.csv --images joined/faces -q
rm joined/icml_face_data.csv
fails_with "joined: no file fer2013.csv or icml_face_data.csv in this folder" "$mer" import ferplus joined -o new.csv --images joined/faces
[ ! -e new.csv ] || fail "a manifest in spite of failure"

# What is imported can be read: labels, splits, names that need quotes, and images.
mkdir 'odd, "dir'
cp -r rav 'odd, "dir/x'
expect 0 import ravdess 'odd, "dir' -o m.csv
tone high.wav 8000 10 9000
for name in $(cd rav && echo Actor_*/03-01*.wav); do cp high.wav "odd, \"dir/x/$name"; done
expect 0 "$mer" train audio --data m.csv --epochs 1 --out model -q
expect 0 "$mer" eval model --data m.csv --split test -q
says_nothing=$(cat err)
[ -z "$says_nothing" ] || fail "clips were not found: $says_nothing"

# Hostile names and things: told, counted, never followed out of the folder.
newline='
'
mkdir -p bad/deep
files "bad/03-01-05-01-01-01-01.wav" "bad/03-01-05-01-01-01-99.wav" "bad/x${newline}y.wav" bad/.wav bad/wav "bad/$(printf '\351').wav"
ln -s nowhere bad/broken.wav
ln -s .. bad/deep/up
mkfifo bad/03-01-05-01-01-01-02.wav
mkdir bad/03-01-05-01-01-01-03.wav
expect 0 import ravdess bad -o m.csv
[ "$(wc -l <m.csv)" -eq 2 ] || { fail "not one row"; cat m.csv; }
says "bad/03-01-05-01-01-01-99.wav: the name is not one of ravdess: expected as 03-01-05-01-02-01-12.wav"
says "bad/broken.wav: No such file or directory"
says "bad/deep/up: a link to a folder, which is not followed"
prints "files or rows that cannot be used: 5"
cp -r bad more
files more/a1.wav more/a2.wav more/a3.wav
expect 0 import ravdess more -o m.csv
says "files or rows that cannot be used, beside these: 3"

# Nothing that can be used, nothing there, what cannot be read: an error, and no manifest.
mkdir empty
fails_with "empty: nothing of savee that can be used in this folder: expected DC/a01.wav or DC_a01.wav" "$mer" import savee empty -o new.csv
fails_with "empty: no file label.csv in this folder or in one in it" "$mer" import mosi empty -o new.csv
fails_with "nothing of goemotions" "$mer" import goemotions empty -o new.csv
fails_with "nowhere: no such folder" "$mer" import savee nowhere -o new.csv
fails_with "high.wav: no such folder" "$mer" import savee high.wav -o new.csv
printf 'video_id,clip_id\nv,1\n' >mosi/label.csv
fails_with "mosi/label.csv:1: no column 'text' in the header" "$mer" import mosi mosi -o new.csv
if [ "$(id -u)" -ne 0 ]; then
  chmod 000 emory/emorynlp_train_final.csv rav/Actor_20
  fails_with "emory/emorynlp_train_final.csv" "$mer" import emorynlp emory -o new.csv
  fails_with "rav/Actor_20: cannot open the folder: Permission denied" "$mer" import ravdess rav -o new.csv
  chmod 755 rav/Actor_20
fi
[ ! -e new.csv ] || fail "a manifest in spite of failure"

# A file of the user is not replaced.
printf 'split,text,label\ntrain,a,joy\n' >mine.csv
cp mine.csv kept.csv
fails_with "mine.csv: is not a manifest of mer import, so it is not replaced" "$mer" import ravdess rav -o mine.csv
cmp -s mine.csv kept.csv || fail "a manifest of the user was replaced"
# Nor is a manifest of an import that has been edited since.
expect 0 import ravdess rav -o m.csv
sed -i '2s/neutral/joy/' m.csv
cp m.csv kept.csv
fails_with "m.csv: exists and differs; remove it or choose another name" "$mer" import ravdess rav -o m.csv
cmp -s m.csv kept.csv || fail "an edited manifest was replaced"
wrong_usage "--images is of fer2013 and ferplus, not of ravdess" "$mer" import ravdess rav -o m.csv --images faces
wrong_usage "--json is of the summary, which --out - does not print" "$mer" import ravdess rav -o - --json
wrong_usage "'mp3' is not a known corpus" "$mer" import mp3 rav -o m.csv
wrong_usage "a corpus, its folder, and --out" "$mer" import ravdess rav
wrong_usage "a corpus, its folder, and --out" "$mer" import ravdess -o m.csv

# Many files.
mkdir many
(cd many && awk 'BEGIN { for (i = 0; i < 10000; i++) printf "%d_%c%cA_ANG_XX.wav%c", 1001 + i % 91, 65 + i / 91 / 26, 65 + int(i / 91) % 26, 0 }' | xargs -0 touch)
expect 0 import cremad many -o m.csv
[ "$(wc -l <m.csv)" -eq 10001 ] || fail "not 10000 rows"
sort -c -t, -k4,4 m.csv 2>/dev/null || tail -n +2 m.csv | LC_ALL=C sort -c -t, -k4,4 || fail "the rows are not sorted"
finish
