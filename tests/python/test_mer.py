"""The Python package against the program: the same answers, vectors and features; errors; eight threads. Run by python.sh in a
folder with the models text, audio and fusion and the clips of data/."""

import json
import os
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import mer

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SPEECH = Path(__file__).resolve().parents[2] / "models" / "speech"
PROGRAM, ENCODER = os.environ["MER_TEST_PROGRAM"], os.environ["MER_TEST_ENCODER"]
TEXTS = ["what a lovely day", "stop that at once", "she is gone now", "", "caf\u00e9 \U0001f600"]
CLIPS = ["data/high.wav", "data/low.wav", "data/soft.wav"]


def program(*arguments: str, text: str = "") -> str:
    return subprocess.run([PROGRAM, *arguments], input=text, capture_output=True, text=True, check=True).stdout


def samples(path: str) -> np.ndarray:
    with wave.open(path) as clip:
        return np.frombuffer(clip.readframes(clip.getnframes()), np.int16)


@pytest.fixture(scope="module")
def fusion() -> mer.Model:
    return mer.load("fusion")


def test_the_library_of_the_wheel_is_used() -> None:
    package = Path(mer.__file__).parent
    assert any(package.glob("libmer.so.*"))
    assert mer._library.lib._name == str(package / mer._library.SONAME)
    assert program("--version").strip() == f"mer {mer.__version__}"


def test_a_model_describes_itself(fusion: mer.Model) -> None:
    assert fusion.kind == "fusion"
    assert fusion.modalities == ("text", "audio")
    assert fusion.labels[:2] == ("neutral", "surprise") and len(fusion.labels) == 7
    assert fusion.config["labels"] == list(fusion.labels)


@pytest.mark.parametrize("kind, text, audio", [("text", TEXTS[0], None), ("audio", None, CLIPS[0]), ("fusion", TEXTS[1], CLIPS[1]),
                                               ("fusion", TEXTS[4], None), ("fusion", None, CLIPS[2])])
def test_answers_are_the_programs(kind, text, audio) -> None:
    arguments = ["predict", kind] + (["--text", text] if text else []) + (["--audio", audio] if audio else [])
    expected = json.loads(program(*arguments))
    answer = mer.load(kind).predict(text=text, audio=audio)
    assert answer.label == expected["label"]
    assert list(answer.modalities) == expected["modalities"]
    assert list(answer.probs) == list(expected["probs"])
    assert answer.probs == pytest.approx(expected["probs"], abs=1e-6)  # six digits are printed


def test_sound_from_path_bytes_and_samples_is_the_same(fusion: mer.Model) -> None:
    for clip in CLIPS:
        whole = samples(clip)
        forms = [clip, Path(clip), Path(clip).read_bytes(), (whole, 16000), (whole.astype(np.float32) / 32768, 16000),
                 (np.stack([whole, whole], 1), 16000)]
        answers = [fusion.predict(audio=form) for form in forms]
        assert all(answer == answers[0] for answer in answers)
        assert all(np.array_equal(fusion.features(form), fusion.features(clip)) for form in forms)


def test_a_context_is_the_programs() -> None:
    model = mer.load("context")
    turns = [{"speaker": "Ann", "text": TEXTS[2]}, {"text": TEXTS[4]}]
    line = {"text": TEXTS[0], "speaker": "Bob", "context": turns, "future": ["stop"]}
    expected = json.loads(program("predict", "context", "--jsonl", "-", text=json.dumps(line) + "\n"))
    context = [("Ann", TEXTS[2]), TEXTS[4]]
    answer = model.predict(TEXTS[0], speaker="Bob", context=context, future=["stop"])
    assert answer.probs == pytest.approx(expected["probs"], abs=1e-6)
    assert model.predict_batch([mer.Utterance(TEXTS[0], speaker="Bob", context=context, future=[(None, "stop")])]) == [answer]
    assert model.predict(TEXTS[0]).probs != answer.probs
    assert mer.load("text").predict(TEXTS[0], speaker="Bob", context=context) == mer.load("text").predict(TEXTS[0])
    for wrong in ({"context": "so"}, {"context": [5]}, {"context": [("a", "b", "c")]}, {"context": [("a", None)]}, {"speaker": 5}):
        with pytest.raises(TypeError):
            model.predict(TEXTS[0], **wrong)
    with pytest.raises(ValueError):
        model.predict(TEXTS[0], speaker="a\0b")


def test_a_model_adapts_to_speakers_as_the_program_does() -> None:
    model = mer.load(SPEECH)
    turns = [("Ann", CLIPS[0]), ("Bob", CLIPS[1]), ("Ann", CLIPS[2]), (None, CLIPS[0]), ("Ann", CLIPS[1])]
    lines = "".join(json.dumps({"speaker": name, "audio": clip}) + "\n" for name, clip in turns)
    expected = [json.loads(line) for line in program("predict", str(SPEECH), "--jsonl", "-", text=lines).splitlines()]
    speakers = {"Ann": model.speaker("Ann"), "Bob": model.speaker(), None: None}
    answers = model.predict_batch([mer.Utterance(audio=clip, speaker=speakers[name]) for name, clip in turns])
    for answer, line in zip(answers, expected, strict=True):
        assert answer.probs == pytest.approx(line["probs"], abs=1e-5)
    ann = model.speaker("Ann")  # from one call to the next
    one_by_one = [model.predict(audio=clip, speaker=ann) for name, clip in turns if name == "Ann"]
    assert one_by_one[2].probs == pytest.approx(answers[4].probs, abs=1e-4)
    alone = model.predict(audio=CLIPS[1])
    assert alone.probs != pytest.approx(answers[4].probs, abs=1e-3)
    assert model.predict(audio=CLIPS[1], speaker="Ann") == alone  # a name alone


def test_speakers_belong_to_a_model_that_adapts() -> None:
    model, other = mer.load(SPEECH), mer.load(SPEECH)
    assert model.adapts and not mer.load("audio").adapts
    with pytest.raises(mer.Error, match="does not adapt to speakers"):
        mer.load("audio").speaker("Ann")
    with pytest.raises(mer.Error, match="another predictor"):
        other.predict(audio=CLIPS[0], speaker=model.speaker())
    with pytest.raises(TypeError, match="not str or mer.Speaker"):
        model.predict(audio=CLIPS[0], speaker=5)
    ann = mer.load(SPEECH).speaker()  # whose model nobody else holds
    assert ann._model.predict(audio=CLIPS[0], speaker=ann).label in model.labels


def test_answers_of_several_labels_and_of_values() -> None:
    several, values = mer.load("several"), mer.load("values")
    assert (several.target, values.target, mer.load("text").target) == ("labels", "values", "label")
    answer, expected = several.predict(TEXTS[0]), json.loads(program("predict", "several", "--text", TEXTS[0]))
    assert list(answer.labels) == expected["labels"] and answer.values == {}
    assert answer.probs == pytest.approx(expected["probs"], abs=1e-6)
    answer, expected = values.predict(TEXTS[0]), json.loads(program("predict", "values", "--text", TEXTS[0]))
    assert answer.label is None and answer.probs == {} and answer.labels == ()
    assert answer.values == pytest.approx(expected["values"], rel=1e-5)


def test_labels_are_mapped() -> None:
    own, mapped = mer.load("text").predict(TEXTS[0]), mer.load("text", map_labels={"anger": "bad", "fear": "bad", "disgust": None})
    assert mapped.labels == ("neutral", "surprise", "bad", "sadness", "joy")
    answer, rest = mapped.predict(TEXTS[0]), 1 - own.probs["disgust"]
    assert answer.probs["bad"] == pytest.approx((own.probs["anger"] + own.probs["fear"]) / rest, rel=1e-4)
    assert answer.probs["joy"] == pytest.approx(own.probs["joy"] / rest, rel=1e-4)
    with pytest.raises(mer.Error, match="no label 'happy'"):
        mer.load("text", map_labels={"happy": "joy"})
    with pytest.raises(ValueError, match="comma"):
        mer.load("text", map_labels={"joy": "a,b"})


def test_a_label_that_is_not_sure_is_uncertain() -> None:
    model, careful = mer.load("text"), mer.load("text", min_confidence=1)
    assert model.temperature == 1
    answer = careful.predict(TEXTS[0])
    assert answer.label == "uncertain" and answer.probs == model.predict(TEXTS[0]).probs
    with pytest.raises(mer.Error, match="expected 0 to 1"):
        mer.load("text", min_confidence=2)


def test_contributions_are_answers_without_a_modality(fusion: mer.Model) -> None:
    answer = fusion.predict(TEXTS[0], CLIPS[0], contributions=True)
    assert set(answer.contributions) == {"text", "audio"} and not fusion.predict(TEXTS[0], CLIPS[0]).contributions
    alone = {"text": fusion.predict(audio=CLIPS[0]), "audio": fusion.predict(TEXTS[0])}
    for name, without in answer.contributions.items():
        assert without.label == alone[name].label and without.values == {}
        assert without.probs == pytest.approx(alone[name].probs, rel=1e-5)
        assert without.difference == pytest.approx(answer.probs[answer.label] - alone[name].probs[answer.label], abs=1e-5)
    assert fusion.predict(TEXTS[0], contributions=True).contributions == {}


def test_a_batch_is_its_utterances(fusion: mer.Model) -> None:
    batch = [mer.Utterance(text=text) for text in TEXTS if text] + [mer.Utterance(TEXTS[0], clip) for clip in CLIPS]
    for answer, utterance in zip(fusion.predict_batch(batch), batch):
        alone = fusion.predict(utterance.text, utterance.audio)
        assert answer.modalities == alone.modalities
        assert answer.probs == pytest.approx(alone.probs, rel=1e-5)
    assert fusion.predict_batch([]) == []


def test_what_cannot_be_used_is_said(fusion: mer.Model) -> None:
    silence = (np.zeros(16000, np.float32), 16000)
    answer = fusion.predict(TEXTS[0], silence)
    assert answer.modalities == ("text",) and answer.missing == {"audio": "silent"}
    answers = fusion.predict_batch([mer.Utterance(audio=silence), mer.Utterance(audio="nowhere.wav"), mer.Utterance(TEXTS[0])])
    assert [isinstance(answer, mer.Error) for answer in answers] == [True, True, False]
    assert "nowhere.wav" in str(answers[1])


def test_probabilities_are_the_softmax_of_the_logits(fusion: mer.Model) -> None:
    answer = fusion.predict(TEXTS[0], CLIPS[0])
    exponentials = np.exp(np.array(list(answer.logits.values())))
    assert np.allclose(list(answer.probs.values()), exponentials / exponentials.sum(), atol=1e-6)


def test_vectors_are_the_programs(fusion: mer.Model) -> None:
    lines = program("embed", "--encoder", ENCODER, text="".join(text + "\n" for text in TEXTS)).splitlines()
    expected = np.array([json.loads(line)["cls"] for line in lines], np.float32)
    vectors = mer.load_encoder(ENCODER).embed(TEXTS)
    assert vectors.shape == expected.shape
    assert np.allclose(vectors, expected, atol=1e-6)
    assert fusion.embed(TEXTS).shape == vectors.shape
    assert mer.load_encoder(ENCODER).embed([]).shape == (0, vectors.shape[1])


@pytest.mark.parametrize("kind", ["mfcc", "logmel"])
def test_features_of_natural_length(kind: str) -> None:
    found = mer.features((np.sin(np.arange(16000) / 9), 16000), kind, n_frames=0)
    assert found.shape[1] == 1 + 16000 // 200
    assert np.array_equal(found, mer.features((np.sin(np.arange(16000) / 9), 16000), kind, n_frames=found.shape[1]))


@pytest.mark.parametrize("kind", ["mfcc", "logmel"])
def test_features_are_the_programs(kind: str) -> None:
    program("features", *CLIPS, "--kind", kind, "--frames", "50", "-o", "features.npy")
    expected = np.load("features.npy")
    found = np.stack([mer.features(clip, kind, n_frames=50) for clip in CLIPS])
    assert np.array_equal(found.reshape(expected.shape), expected)


def test_features_that_do_not_apply() -> None:
    with pytest.raises(ValueError, match="n_coefficients does not apply to logmel"):
        mer.features(CLIPS[0], "logmel", n_coefficients=13)
    assert mer.features(CLIPS[0], n_coefficients=7).shape[0] == 7


def test_errors_are_exceptions(fusion: mer.Model) -> None:
    with pytest.raises(mer.Error, match="nowhere") as caught:
        mer.load("nowhere")
    assert caught.value.status == "NOT_FOUND"
    with pytest.raises(mer.Error, match="nowhere.wav"):
        fusion.features("nowhere.wav")
    with pytest.raises(mer.Error) as caught:
        fusion.features(b"no sound")
    assert caught.value.status == "FORMAT"
    with pytest.raises(mer.Error, match="n_mels"):
        mer.features(CLIPS[0], n_mels=0)
    with pytest.raises(ValueError, match="no sound"):
        mer.load("text").features(CLIPS[0])
    with pytest.raises(mer.Error, match="takes"):
        fusion.predict()
    with pytest.raises(TypeError, match="int64"):
        fusion.features((np.zeros(9, np.int64), 16000))
    with pytest.raises(ValueError, match="dimensions"):
        fusion.features((np.zeros((1, 2, 3)), 16000))
    with pytest.raises(TypeError, match="texts is one str, not a sequence of str"):
        fusion.embed("abc")
    with pytest.raises(TypeError, match="int, not str"):
        fusion.predict(text=5)
    with pytest.raises(TypeError, match="dict, not mer.Utterance"):
        fusion.predict_batch([{"text": "hi"}])
    with pytest.raises(TypeError, match="path is one int, not a sequence of paths or a single path"):
        mer.load(5)
    with pytest.raises(TypeError, match="not int"):
        mer.load([5])
    with pytest.raises(ValueError, match="zero byte"):
        mer.load("fusion\0x")
    with pytest.raises(ValueError, match="zero byte"):
        fusion.predict(audio=CLIPS[0] + "\0x")


@pytest.mark.parametrize("error, match, texts", [
    (ValueError, "zero byte in text 1", ["a", "b\0c"]), (TypeError, "text 0 is NoneType, not str", [None]),
    (TypeError, "text 1 is bytes, not str", ["a", b"b"]), (TypeError, "text 0 is int", (5,)),
    (TypeError, "texts is one NoneType", None), (TypeError, "texts is one bytes", b"abc")])
def test_texts_of_other_types_are_refused(fusion: mer.Model, error, match, texts) -> None:
    with pytest.raises(error, match=match):
        fusion.embed(texts)


def test_texts_come_in_any_sequence(fusion: mer.Model) -> None:
    expected = fusion.embed(TEXTS)
    for texts in (tuple(TEXTS), iter(TEXTS), np.array(TEXTS)):
        assert np.array_equal(fusion.embed(texts), expected)
    assert fusion.embed(()).shape == (0, expected.shape[1])
    assert np.array_equal(fusion.embed(["\ud800"]), fusion.embed(["?"]))  # half a surrogate pair


@pytest.mark.parametrize("error, match, audio", [
    (TypeError, "a sound is int", 5), (TypeError, "a sound is list", [np.zeros(9), 16000]), (TypeError, "a sound is ndarray", np.zeros(9)),
    (ValueError, "tuple of 3", (np.zeros(9), 16000, 1)), (TypeError, "rate is float", (np.zeros(9), 16000.0)),
    (TypeError, "rate is str", (np.zeros(9), "16000")), (ValueError, "32 bits", (np.zeros(9), 2**32 + 16000)),
    (TypeError, "int32", (np.zeros(9, np.int32), 16000)), (TypeError, "uint8", (np.zeros(9, np.uint8), 16000)),
    (TypeError, "bool", (np.zeros(9, bool), 16000)), (TypeError, "complex", (np.zeros(9, complex), 16000)),
    (TypeError, "object", ([None, 1.0], 16000)), (ValueError, "0 dimensions", (np.float32(1), 16000)),
    (mer.Error, "0 channels", (np.zeros((9, 0)), 16000)), (mer.Error, "16000 channels", (np.zeros((2, 16000)), 16000)),
    (mer.Error, "sampling rate -1", (np.ones(9), -1)), (mer.Error, "", "")])
def test_sounds_of_other_types_are_refused(fusion: mer.Model, error, match, audio) -> None:
    for use in (lambda: fusion.predict(audio=audio), lambda: fusion.features(audio)):
        with pytest.raises(error, match=match):
            use()


def test_images_are_given_as_pixels() -> None:
    model = mer.load(GOLDEN / "vision/vit")
    pixels = np.random.default_rng(0).integers(0, 256, (31, 40, 3)).astype(np.uint8)
    answer = model.predict(image=pixels)
    assert answer.modalities == ("image",)
    assert model.predict(image=pixels[:, ::-1][:, ::-1]) == answer  # not contiguous
    assert model.predict(image=255 - pixels) != answer
    for wrong in pixels.astype(np.float32), pixels[:, :, :2], pixels[:, :, 0]:
        with pytest.raises(ValueError, match="not of uint8"):
            model.predict(image=wrong)


def test_images_are_given_as_paths_or_bytes() -> None:
    model = mer.load(GOLDEN / "vision/vit")
    path = GOLDEN / "images/photo.png"
    expected = model.predict(image=path)
    assert expected.modalities == ("image",)
    assert model.predict(image=str(path)) == model.predict(image=path.read_bytes()) == expected
    with pytest.raises(mer.Error, match="empty"):
        model.predict(image=b"")
    with pytest.raises(TypeError, match="an image is int"):
        model.predict(image=5)


def test_videos_are_seen() -> None:
    clip = GOLDEN / "videos/plain.mp4"
    model = mer.load(GOLDEN / "vision/vit", face_detector=GOLDEN / "faces/network")
    answer = model.predict(video=clip)
    assert answer.modalities == ("image",) and answer.frames[0] == 6 and 1 <= answer.frames[1] <= 6
    assert model.predict(video=clip.read_bytes()) == answer
    assert model.predict(video=clip, image=GOLDEN / "images/photo.png").frames == (0, 0)
    with pytest.raises(mer.Error, match="no face detector"):
        mer.load(GOLDEN / "vision/vit").predict(video=clip)
    with pytest.raises(TypeError, match="a video is int"):
        model.predict(video=5)


def test_samples_of_any_layout_are_the_same_sound(fusion: mer.Model) -> None:
    whole = samples(CLIPS[0])
    real = whole.astype(np.float64) / 32768
    both = np.stack([real, real], 1)
    forms = [real, real.astype(">f4"), whole.astype(">i2"), np.repeat(real, 2)[::2], both, np.asfortranarray(both), both[:, :1],
             list(real), np.stack([real, np.full_like(real, np.nan)], 1)]
    expected = fusion.predict(audio=CLIPS[0])
    for form in forms:
        assert fusion.predict(audio=(form, np.int64(16000))) == expected
    contents = Path(CLIPS[0]).read_bytes()
    assert fusion.predict(audio=bytearray(contents)) == fusion.predict(audio=memoryview(contents)) == expected


def test_sounds_without_samples_say_so(fusion: mer.Model) -> None:
    for audio, state in [((np.zeros(0, np.float32), 16000), "empty"), ((np.zeros((0, 2)), 16000), "empty"), (b"", "empty"),
                         ((np.full(16000, np.nan), 16000), "not finite"), ((np.full((99, 2), -np.inf), 8000), "not finite")]:
        assert fusion.predict(TEXTS[0], audio).missing == {"audio": state}
        with pytest.raises(mer.Error) as caught:
            fusion.predict(audio=audio)
        assert caught.value.status == "FORMAT"


def test_numbers_of_other_types_are_refused(fusion: mer.Model) -> None:
    for call in (lambda n: mer.set_threads(n), lambda n: fusion.embed(["a"], n), lambda n: mer.features(CLIPS[0], n_mels=n)):
        with pytest.raises(TypeError, match="not a whole number"):
            call(1.5)
        with pytest.raises(ValueError, match="bits"):
            call(2**64 + 8)
    with pytest.raises(TypeError, match="utterances is one Utterance"):
        fusion.predict_batch(mer.Utterance("a"))
    with pytest.raises(TypeError, match="NoneType"):
        mer.load(None)
    assert len(fusion.predict_batch(mer.Utterance(text) for text in TEXTS[:2])) == 2


def test_models_answer_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = json.loads(program("predict", "--text-model", "text", "--speech-model", "audio", "--text", TEXTS[0], "--audio", CLIPS[0]))
    for name, model in ("text", "text"), ("speech", "audio"):
        (tmp_path / name).symlink_to(Path(model).resolve())
    monkeypatch.setenv("MER_MODELS", str(tmp_path))
    for model in mer.load(["text", "audio"]), mer.load():
        answer = model.predict(TEXTS[0], CLIPS[0])
        assert answer.modalities == ("text", "audio")
        assert answer.probs == pytest.approx(expected["probs"], abs=1e-6)
    monkeypatch.setenv("MER_MODELS", str(tmp_path / "none"))
    with pytest.raises(mer.Error, match="MER_MODELS") as caught:
        mer.load()
    assert caught.value.status == "NOT_FOUND"


def test_a_text_without_words_is_absent(fusion: mer.Model) -> None:
    for text in ("", " \n\t"):
        assert fusion.predict(text, CLIPS[0]) == fusion.predict(audio=CLIPS[0])
        with pytest.raises(mer.Error, match="nothing here") as caught:
            fusion.predict(text)
        assert caught.value.status == "INVALID"


def test_the_status_of_a_sound_is_kept(fusion: mer.Model) -> None:
    for audio, status in [("nowhere.wav", "NOT_FOUND"), (".", "IO"), (b"no sound", "FORMAT")]:
        with pytest.raises(mer.Error) as caught:
            fusion.predict(audio=audio)
        assert caught.value.status == status


def test_eight_threads_share_a_model(fusion: mer.Model) -> None:
    def answer(i: int) -> mer.Answer:
        mer.set_threads(1)
        clip = CLIPS[i % 3]
        audio = [clip, Path(clip).read_bytes(), (samples(clip), 16000)][i // 3 % 3]
        return fusion.predict(TEXTS[i % len(TEXTS)], audio)

    expected = [answer(i) for i in range(90)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, range(90))) == expected
