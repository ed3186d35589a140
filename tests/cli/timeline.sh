#!/bin/sh
# timeline.sh: `mer timeline`: who speaks when in a recording, a line for each segment, from sound of one and of two channels.
. "$(dirname "$0")/cli_test.sh"
golden=$root/tests/golden/timeline
small_data data
small_model audio audio
small_model text text
small_model fusion fusion --keep last

# The channels of a call are a speaker each; what the left hears of the right is not a segment of its own.
expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5
lines 3
[ "$(members channel speaker | tr '\n' ' ')" = "1 left 2 right 1 left " ] || fail "speakers: $(cat out)"
members start end | awk 'BEGIN { split("0.5 4 8", at) } { if ($1 < at[NR] - .2 || $1 > at[NR] + .5 || $2 < $1 + 1) exit 1 }' || fail "times: $(cat out)"
prints '"modalities":["audio"]'
cp out all

expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5 --speakers right
lines 1
[ "$(cat out)" = "$(grep '"right"' all)" ] || fail "one speaker: $(cat out)"
fails_with "call.opus: none of the speakers 'Ann' is here" "$mer" timeline audio "$golden/call.opus" --min-silence .5 --speakers Ann

# One room, as it is asked for, and where both channels carry the same.
expect 0 "$mer" timeline audio "$golden/call.opus" --min-silence .5 --channels mixed
[ "$(members channel speaker | sort -u)" = "0 null" ] || fail "mixed: $(cat out)"
expect 0 "$mer" timeline audio "$golden/same.opus" --min-silence .5
lines 1
[ "$(members channel)" = 0 ] || fail "the same: $(cat out)"
expect 0 "$mer" timeline audio "$golden/same.opus" --min-silence .5 --channels apart
lines 2

# A recording that cannot be used does not keep the others from being answered; silence has no segment.
tone loud.wav 16000 40 8000
tone silent.wav 16000 40 0
expect 1 "$mer" timeline audio none.wav "$golden/call.opus" silent.wav --min-silence .5
says "none.wav"
lines 4
[ "$(head -n 1 out)" = '{"id":"none.wav","start":null,"end":null,"channel":0,"speaker":null,"error":"none.wav: cannot open: No such file or directory"}' ] || fail "the row of a failure: $(head -n 1 out)"
expect 1 "$mer" timeline audio none.wav "$golden/call.opus" --min-silence .5 --format csv
[ "$(sed -n 2p out)" = '"none.wav",,,0,"","",,"",,,,,,,,"none.wav: cannot open: No such file or directory"' ] || fail "the row of a failure: $(sed -n 2p out)"

# What of a recording is damaged is told, and the rest is answered; so is one that has no sound.
head -c 20000 loud.wav >cut.wav
expect 0 "$mer" timeline audio cut.wav
says "warning: cut.wav: damaged: "
tone no_sound.wav 0 40 0
expect 0 "$mer" timeline audio no_sound.wav
says "warning: no_sound.wav: empty: it has no sound"
for format in jsonl csv srt vtt table html; do
  expect 0 "$mer" timeline audio silent.wav -o silent.$format
  [ "$(cat err)" = "mer: warning: silent.wav: no speech is found in its 1.0 s" ] || fail "silence: $(cat err)"
  expect 0 "$mer" timeline audio silent.wav -q -o silent.$format # replaces itself
  [ ! -s err ] || fail "silence is not quiet: $(cat err)"
done
[ "$(cut -c1-31 silent.csv)" = "recording,start,end,channel,spe" ] || fail "a table of silence: $(cat silent.csv)"
[ "$(head -n 1 silent.vtt)" = "WEBVTT - timeline of mer" ] || fail "subtitles of silence: $(cat silent.vtt)"
grep -q "There is no speech to show" silent.html && tail -n 1 silent.html | grep -q '^</html>$' || fail "a page of silence: $(tail -n 3 silent.html)"
[ ! -s silent.jsonl ] && [ ! -s silent.srt ] && [ ! -s silent.table ] || fail "answers of silence"
# stereo FILE: as a recording of two channels, of which the right one is silent.
stereo() {
  perl -e 'local $/; $_ = <STDIN>; $s = pack("s*", map { ($_, 0) } unpack("s*", substr($_, 44))); $n = length $s;
    print "RIFF", pack("V", 36 + $n), "WAVEfmt ", pack("VvvVVvv", 16, 1, 2, 16000, 64000, 4, 16), "data", pack("V", $n), $s' <"$1"
}
expect 1 "$mer" timeline audio "$golden/call.opus" --transcribe 'cp {wav} ./; echo nothing' -q
stereo left.wav >one_side.wav
expect 0 "$mer" timeline audio one_side.wav --channels apart --speakers right
grep -q '^mer: warning: one_side.wav: no speech of right is found in its [0-9.]* s$' err || fail "nobody who is asked for speaks: $(cat err)"

printf 'WEBVTT\n' >nothing.vtt
expect 0 "$mer" timeline text "$golden/call.opus" --transcript nothing.vtt
[ "$(cat err)" = "mer: warning: nothing.vtt: has no entries: nothing is said" ] && [ ! -s out ] || fail "a transcript of nothing: $(cat out err)"

# A transcript that goes on after the end of the recording is told once. Times are rough, so what ends shortly after it is not.
printf '1\n0 --> 0:00.5\na\n\n2\n0:00.5 --> 0:01.9\nb\n\n' >within.srt
expect 0 "$mer" timeline fusion loud.wav --transcript within.srt
[ ! -s err ] || fail "a rough end: $(cat err)"
{ cat within.srt; printf '3\n0:00.6 --> 0:03\nc\n\n4\n0:05 --> 0:06\nd\n\n5\n0:01.2 --> 0:01.3\ne\n'; } >over.srt
expect 0 "$mer" timeline fusion loud.wav --transcript over.srt
lines 5
[ "$(grep -cF '"modalities":["text","audio"]' out)" -eq 3 ] || fail "what is heard: $(cat out)"
[ "$(cat err)" = "mer: warning: loud.wav: is 1.0 s long, its transcript 6.0 s: entries after the end, which have no sound: 2; partly after it: 1; the first on line 10, from 0.6 s" ] ||
  fail "a transcript that is too long: $(cat err)"
printf 'RIFF\064\0\0\0WAVEfmt \020\0\0\0\003\0\001\0\200\076\0\0\0\372\0\0\004\0\040\0data\020\0\0\0' >nan.wav
printf '\0\0\300\177\0\0\0\0\0\0\0\0\0\0\0\0' >>nan.wav
expect 0 "$mer" timeline audio nan.wav
says "warning: nan.wav: 1 sample of a channel is not finite, the others are used"

# A name that is not UTF-8 is the same name in each format that must be.
odd=$(printf 'odd\351.opus')
cp "$golden/call.opus" "$odd"
expect 0 "$mer" timeline audio "$odd" --min-silence .5
prints '"id":"odd\\xE9.opus"'
expect 0 "$mer" timeline audio "$odd" --min-silence .5 --format csv
prints '"odd\xE9.opus",'

# A transcript brings segments, words and names; nothing of it is lost.
printf '1\n00:00:00,500 --> 00:00:03,500\nAnn: hi there\n\n2\n00:00:04,000 --> 00:00:07,000\nBob: how "are" you\n\n3\n00:00:09,000 --> 00:00:08,000\nAnn: a & <b>\n\n4\n00:01:00,000 --> 00:01:01,000\nAnn: late\n' >call.srt
expect 0 "$mer" timeline fusion "$golden/call.opus" --transcript call.srt --contributions
lines 4
says "call.srt:10: it ends before it begins"
[ "$(members channel speaker start | tr '\n' ' ')" = "1 Ann 0.5 2 Bob 4.0 0 Ann null 0 Ann 60.0 " ] || fail "entries: $(members channel speaker start)"
[ "$(sed -n 1p out | "$json_lines" modalities)" = '["text","audio"]' ] || fail "both: $(sed -n 1p out)"
[ "$(sed -n 4p out | "$json_lines" modalities)" = '["text"]' ] || fail "after the sound: $(sed -n 4p out)"
prints '"contributions":{"text":{'
prints '"text":"how \"are\" you"'
expect 0 "$mer" timeline text "$golden/call.opus" --transcript call.srt --speakers Bob
lines 1
fails_with "one of the transcript's is Ann" "$mer" timeline text "$golden/call.opus" --transcript call.srt --speakers Eve

# Words alone, with and without the recording, are the same answers; those of `mer predict`, too.
expect 0 "$mer" timeline text --text-only --transcript call.srt
lines 4
members probs >alone
expect 0 "$mer" timeline fusion none.wav --text-only --transcript call.srt
lines 4
expect 0 "$mer" timeline text "$golden/call.opus" --transcript call.srt
members probs | cmp -s - alone || fail "text with and without sound: $(cat out)"
expect 0 "$mer" predict text --text "hi there"
members probs | cmp -s - "$(head -n 1 alone >first; echo first)" || fail "not as predict: $(cat out first)"

# Other formats, printed and in a file.
expect 0 "$mer" timeline text --text-only --transcript call.srt --format csv
[ "$(head -n 1 out | cut -d, -f1-8)" = "recording,start,end,channel,speaker,label,intensity,text" ] || fail "csv: $(head -n 1 out)"
[ "$(wc -l <out)" -eq 5 ] || fail "csv: $(cat out)"
prints ',"how ""are"" you",'
expect 0 "$mer" timeline text --text-only --transcript call.srt -o again.srt
[ ! -s out ] || fail "printed in spite of -o"
grep -q '^00:00:04,000 --> 00:00:07,000$' again.srt && grep -q '^Bob: \[.* %\] how "are" you$' again.srt || fail "srt: $(cat again.srt)"
expect 0 "$mer" timeline text --text-only --transcript call.srt -o again.vtt
expect 0 "$mer" timeline text --text-only --transcript again.vtt --format vtt
prints '<v Ann>['
expect 0 "$mer" timeline text --text-only --transcript call.srt --format table
prints '00:00:04.000    3.0 s  Bob '
# A text stays as it is, also where a spreadsheet would see a formula: what reads the table gets the same.
printf '{"start":1,"end":2,"speaker":"@Ann","text":"=1+1"}\n{"start":3,"end":4,"speaker":"-Bob","text":"+2"}\n' >formulas.jsonl
expect 0 "$mer" timeline text --text-only --transcript formulas.jsonl -o formulas.csv
expect 0 "$mer" timeline text --text-only --transcript formulas.csv
[ "$(members speaker text)" = "$("$json_lines" speaker text <formulas.jsonl)" ] || fail "formulas: $(cat out)"
printf '{"start":1,"end":2,"speaker":"\303\204\\u001b[31m","text":"a\\u0007b"}\n' >escapes.jsonl # nothing of it reaches a terminal
expect 0 "$mer" timeline text --text-only --transcript escapes.jsonl --format table
grep -q "^00:00:01.000    1.0 s  $(printf '\303\204') \[31m       [a-z]" out && grep -q '  a b$' out || fail "a table: $(cat -v out)"
printf 'mine' >mine.vtt
fails_with "is not a timeline of mer" "$mer" timeline text --text-only --transcript call.srt -o mine.vtt

# What is read is not written over, nor is a file of somebody else, whatever its format.
cp call.srt kept.srt
wrong_usage "call.srt would be replaced by its timeline" "$mer" timeline text --text-only --transcript call.srt -o ./call.srt
wrong_usage "loud.wav would be replaced" "$mer" timeline audio loud.wav --format jsonl -o loud.wav
cmp -s call.srt kept.srt || fail "the transcript is gone"
printf '{"id": 1, "text": "mine"}\n' >mine.jsonl
printf 'WEBVTT\n\n00:01.000 --> 00:02.000\nmine\n' >mine.vtt
for mine in mine.jsonl mine.vtt kept.srt; do
  fails_with "is not a timeline of mer" "$mer" timeline text --text-only --transcript call.srt -o $mine
done
fails_with "is not a timeline of mer" "$mer" timeline text --text-only --transcript call.srt --format table -o kept.srt
for format in jsonl csv srt vtt table html; do
  expect 0 "$mer" timeline text --text-only --transcript call.srt --format $format -o own
  expect 0 "$mer" timeline text --text-only --transcript call.srt --format $format -o own
  rm own
done
# Nor does a recording that cannot be decoded leave an empty file in the place of a timeline.
expect 0 "$mer" timeline audio "$golden/call.opus" -o call.csv
cp call.csv kept.csv
expect 1 "$mer" timeline audio none.wav -o call.csv
cmp -s call.csv kept.csv || fail "an earlier timeline is gone"
wrong_usage "no format has this ending" "$mer" timeline text --text-only --transcript call.srt -o a.doc
# Endings are read as those of inputs are.
expect 0 "$mer" timeline text --text-only --transcript call.srt -o capitals.CSV
[ "$(head -n 1 capitals.CSV | cut -d, -f1-3)" = "recording,start,end" ] || fail "capitals: $(head -n 1 capitals.CSV)"
expect 0 "$mer" timeline text --text-only --transcript call.srt -o capitals.CSV # replaces itself

# How far it is is told by entries, on a terminal alone in a short run; on Ctrl-C what is printed stays, what -o would have is lost.
# The warning about the first entry shows that it has been answered.
awk 'BEGIN { print "0 -->\nAnn: turn\n"; for (i = 0; i < 300000; i++) printf "%d --> %d\nAnn: turn %d\n\n", i, i + 1, i }' >long.srt
if command -v script >/dev/null; then
  script -qec "'$mer' timeline text --text-only --transcript call.srt" /dev/null >typed 2>&1 </dev/null || fail "on a terminal: $(cat typed)"
  grep -q 'timeline \[####################\] 4/4 ' typed || fail "no progress: $(cat typed)"
fi
for output in "" lost.csv lost.html; do
  : >err
  # shellcheck disable=SC2086 # a list of words
  $heeding "$mer" timeline text --text-only --transcript long.srt ${output:+-o $output} >out 2>err </dev/null &
  process=$!
  for _ in $(seq 1500); do
    grep -q "its end is not a time" err && break
    sleep 0.02
  done
  kill -INT $process
  ends_by INT
  says "mer: interrupted"
  if [ -z "$output" ]; then
    [ "$(wc -l <out)" -ge 16 ] && "$json_lines" <out || fail "what was answered before Ctrl-C is lost"
    ! grep -q "lost" err || fail "said to be lost: $(cat err)"
  else
    [ ! -e "$output" ] || fail "$output in spite of Ctrl-C"
    grep -q "^mer: $output is not written; answers lost: [1-9]" err || fail "nothing is said of what is lost: $(cat err)"
  fi
done
rm long.srt

# A page: everything is in it but the recording, which it finds by its name; a browser, where there is one, runs its script.
cp "$golden/call.opus" "a call.opus"
printf '{"segments":[{"start":0.5,"end":3.5,"text":" Hi <b> you","speaker":"Ann & Co","words":[{"word":" Hi","start":0.5,"end":1},{"word":" <b>","start":1,"end":1.5}]},{"start":4,"end":7,"text":"no","speaker":"Bob"},{"start":9,"end":8,"text":"backwards"}]}' >call.json
expect 0 "$mer" timeline fusion "a call.opus" --transcript call.json -o page.html
grep -q 'src="a%20call.opus"' page.html || fail "the page does not know its recording"
grep -q 'Ann &amp; Co' page.html && ! grep -q 'Ann & Co' page.html || fail "names are not escaped"
grep -q '<span data-t="1.00">&lt;b&gt;</span>' page.html || fail "words: $(grep data-t page.html)"
[ "$(grep -c '<tr id="s' page.html)" -eq 3 ] || fail "rows: $(grep -c '<tr id=' page.html)"
[ "$(grep -c 'class="wave"' page.html)" -ge 2 ] || fail "no waveforms"
! grep -Eq '(src|href)="https?:' page.html || fail "the page needs the network"
expect 0 "$mer" timeline fusion "a call.opus" --transcript call.json -o page.html # replaces itself
# Nor does a page that lies elsewhere tell where the recording does.
mkdir -p kept/secret
cp "a call.opus" kept/secret
expect 0 "$mer" timeline fusion "$work/kept/secret/a call.opus" --transcript call.json -o other.html
grep -q 'src="a%20call.opus"' other.html && ! grep -q 'secret' other.html || fail "the page tells the folder of its recording"
expect 0 "$mer" timeline text --text-only --transcript call.json --format html
prints "Timeline of a transcript"
wrong_usage "those of one recording" "$mer" timeline audio a.wav b.wav -o page.html
# Of more speakers than a page has lanes each keeps the name, and the others share a lane; a name is cut before the lane.
awk 'BEGIN { for (i = 1; i <= 18; i++) printf "%d\n00:00:%02d,000 --> 00:00:%02d,900\nSpeaker %d: hi\n\n", i, i, i, i }' >many.srt
expect 0 "$mer" timeline text --text-only --transcript many.srt -o many.html
for i in 1 15 16 17 18; do
  [ "$(grep -c "<tr id=.*<td>Speaker $i</td>" many.html)" -eq 1 ] || fail "rows of speaker $i: $(grep '<tr id=' many.html)"
done
[ "$(grep -c '<th scope="row">' many.html)" -eq 16 ] || fail "lanes: $(grep '<th scope="row">' many.html)"
grep -q '<th scope="row">Speaker 15</th>' many.html && grep -q '<th scope="row">others</th>' many.html || fail "no lane of others"
grep -q '<svg class="name" [^>]*width="104" [^>]*><title>Speaker 1</title>' many.html || fail "names: $(grep 'class="name"' many.html)"
if command -v chromium >/dev/null; then
  sed 's|</main>|<script>document.querySelectorAll("svg .seg")[1].dispatchEvent(new MouseEvent("click",{bubbles:true}));var one=document.getElementById("now").textContent;document.dispatchEvent(new KeyboardEvent("keydown",{key:"ArrowLeft"}));document.title=one+"; "+document.getElementById("now").textContent;</script></main>|' page.html >run.html
  chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --dump-dom "file://$work/run.html" >dom 2>/dev/null || true
  grep -q '<title>Bob .*no; Ann &amp; Co .*Hi &lt;b&gt;</title>' dom || fail "the script of the page: $(grep '<title>' dom)"
  # On a telephone nothing but the lanes is wider than the page. They scroll by the keys, and to the segment at hand; the
  # names stay in sight.
  cat >narrow.js <<'END'
var box = document.querySelector(".scroll"), n = document.documentElement.clientWidth, last = document.querySelectorAll("svg .seg")[1];
function key(on) { return on.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true, cancelable: true})); }
function within(e) { return e.getBoundingClientRect().right <= n; }
var facts = [innerWidth, document.documentElement.scrollWidth === n, [].every.call(document.querySelectorAll(".segments td, #player *"), within),
  box.scrollWidth > n, box.tabIndex, box.getAttribute("role"), box.getAttribute("aria-label"), key(box), key(document.body), box.scrollLeft];
box.style.width = last.getBoundingClientRect().left - 10 + "px";
last.dispatchEvent(new MouseEvent("click", {bubbles: true}));
facts.push(box.scrollLeft > 0 && last.getBoundingClientRect().left < box.getBoundingClientRect().right);
setTimeout(function() {
  var name = document.querySelector(".name").getBoundingClientRect().left - box.getBoundingClientRect().left;
  parent.postMessage(facts.concat(Math.abs(name) < 2 || name).join("; "), "*");
}, 200);
END
  sed "s|</main>|<script src=\"narrow.js\"></script></main>|" page.html >narrow.html
  echo '<title></title><script>onmessage=function(e){document.title=e.data}</script><iframe width=400 height=800 style="border:0" src="narrow.html"></iframe>' >frame.html
  chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --virtual-time-budget=5000 --dump-dom "file://$work/frame.html" >dom 2>/dev/null || true
  grep -q '<title>400; true; true; true; 0; region; The lanes of the speakers; true; false; 0; true; true</title>' dom ||
    fail "the page on a telephone: $(grep '<title>' dom)"
fi

fails_with "does not hear: --transcript brings the words" "$mer" timeline text "$golden/call.opus"
fails_with "does not read" "$mer" timeline audio --text-only --transcript call.srt
wrong_usage "--text-only needs --transcript" "$mer" timeline text --text-only
wrong_usage "those of one recording" "$mer" timeline text a.wav b.wav --transcript call.srt
wrong_usage "expected a recording" "$mer" timeline audio
wrong_usage "expected a recording" "$mer" timeline
wrong_usage "--release is above --threshold" "$mer" timeline audio loud.wav --threshold .1
wrong_usage "--min-silence is above --longest" "$mer" timeline audio loud.wav --min-silence 15.1
wrong_usage "--min-speech is above --longest" "$mer" timeline audio loud.wav --min-speech 6 --longest 5
fails_with "nowhere/model.safetensors" "$mer" timeline audio loud.wav --voice nowhere

# Without a MODEL: the ones that come with the program, here in a folder of one's own, or those that options name.
mkdir own && ln -s ../text own/text && ln -s ../audio own/speech && ln -s "$root/models/vad" own/vad
own() { expect 0 env MER_MODELS="$work/own" "$mer" timeline "$@"; }
own "$golden/call.opus" --min-silence .5
cmp -s out all || fail "not what the model of sound answers: $(cat out)"
own "$golden/call.opus" --transcript call.srt
[ "$(members modalities | tr '\n' ' ')" = '["text","audio"] ["text","audio"] ["text"] ["text"] ' ] || fail "both: $(cat out)"
cp out both
expect 0 "$mer" timeline --text-model text --speech-model audio "$golden/call.opus" --transcript call.srt
cmp -s out both || fail "the options give other answers than the folder"
own --text-only --transcript call.srt
members probs | cmp -s - alone || fail "the words alone: $(cat out)"
fails_with "$work/none/speech: not there" env MER_MODELS="$work/none" "$mer" timeline loud.wav --voice "$root/models/vad"
# A name that is neither may be a model: nothing is answered by another one.
fails_with "nowhere: not there: expected the folder of a model, or a recording" "$mer" timeline nowhere loud.wav
for names in "data loud.wav" data; do
  # shellcheck disable=SC2086 # words
  fails_with "data: a folder without a config.json: expected the folder of a model, or a recording" "$mer" timeline $names
done
wrong_usage "in the place of a MODEL" "$mer" timeline audio --speech-model audio loud.wav
wrong_usage "--text-model needs --transcript" "$mer" timeline --text-model text loud.wav
wrong_usage "--speech-model has nothing to hear" "$mer" timeline --speech-model audio --text-only --transcript call.srt
finish
