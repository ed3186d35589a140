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


def test_a_batch_is_its_utterances(fusion: mer.Model) -> None:
    batch = [mer.Utterance(text=text) for text in TEXTS] + [mer.Utterance(TEXTS[0], clip) for clip in CLIPS]
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
    with pytest.raises(TypeError, match="one string"):
        fusion.embed("abc")
    with pytest.raises(TypeError, match="int, not str"):
        fusion.predict(text=5)
    with pytest.raises(TypeError, match="dict, not mer.Utterance"):
        fusion.predict_batch([{"text": "hi"}])
    with pytest.raises(ValueError, match="zero byte"):
        mer.load("fusion\0x")
    with pytest.raises(ValueError, match="zero byte"):
        fusion.predict(audio=CLIPS[0] + "\0x")


def test_eight_threads_share_a_model(fusion: mer.Model) -> None:
    def answer(i: int) -> mer.Answer:
        mer.set_threads(1)
        clip = CLIPS[i % 3]
        audio = [clip, Path(clip).read_bytes(), (samples(clip), 16000)][i // 3 % 3]
        return fusion.predict(TEXTS[i % len(TEXTS)], audio)

    expected = [answer(i) for i in range(90)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, range(90))) == expected
