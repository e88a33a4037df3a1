"""The classifier on the model that ships, and its thread on models that are slow, broken or wrong."""

import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from moderation.cli.models import CATEGORIES
from moderation.core.errors import BadSetup
from moderation.core.finding import Finding, Verdict
from moderation.core.submission import Kind, Scene
from moderation.detectors.classifier import (
    RUN_TOKENS,
    RUN_WINDOWS,
    Calibration,
    Logits,
    Model,
    TextClassifier,
    load_classifier,
)
from moderation.detectors.windows import Cutter, Ids
from moderation.settings import Settings
from moderation.wiring import read_policy

FOLDER = Path(__file__).parents[2] / "models" / "text"
INSULT = "河南人都是骗子小偷"
CHAT = "今天天气真好,一起去吃饭吧"
CHATTER = "今天天气真好,一起去吃饭吧,晚上再看一场电影。" * 60


@pytest.fixture(scope="module")
def classifier() -> Iterator[TextClassifier]:
    with load_classifier(FOLDER) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return Cutter(Tokenizer.from_file(str(FOLDER / "tokenizer.json")), 96)


class Gate:
    """A model that waits at a gate, and keeps what it was given: the logit of a window is its number of tokens."""

    def __init__(self) -> None:
        self.gate, self.reached = threading.Event(), threading.Event()
        self.runs: list[tuple[int, int]] = []
        self.lengths: list[list[int]] = []

    def __call__(self, ids: Ids, mask: Ids) -> Logits:
        self.runs.append((ids.shape[0], ids.shape[1]))
        self.lengths.append(mask.sum(1).tolist())
        self.reached.set()
        assert self.gate.wait(10)
        return np.asarray(mask.sum(1, keepdims=True), dtype=np.float32)


def over(model: Model, cutter: Cutter, max_waiting: int = 4096) -> TextClassifier:
    calibration = {"c": dict.fromkeys(Kind, Calibration(0.01, 0.0))}
    return TextClassifier(model, cutter, calibration, "test", max_waiting=max_waiting)


def scores(classifier: TextClassifier, text: str) -> dict[str, float]:
    (answer,) = classifier.submit([text]).result(30)
    assert answer is not None
    return answer


def test_a_slur_scores_well_above_everyday_chat(classifier: TextClassifier) -> None:
    slur, chat = scores(classifier, INSULT), scores(classifier, CHAT)
    assert set(slur) == set(CATEGORIES) == set(classifier.categories)
    assert slur["ethnic_hatred"] > 0.6 and max(chat.values()) < 0.1


@pytest.mark.parametrize(
    ("category", "violating", "innocent"),
    [
        ("gambling", "大小单双一分钟一期，跟着导师下注，邀请码看主页", "警方提醒：网上说带你下注稳赚的都是骗局"),
        ("drugs_weapons", "出叶子，上头的来，只做熟人", "院子里的叶子黄了，扫了一下午"),
        ("fraud", "在家兼职点赞，一单五块，先垫付后返佣", "被兼职点赞骗了三千，已经报警"),
        ("account_trading", "出王者荣耀老号，带全皮肤，可换绑实名", "王者的号被盗了，怎么申诉找回"),
        ("intrusion", "专业查开房记录、定位手机，诚信接单", "忘记路由器密码了，怎么恢复出厂设置"),
    ],
)
def test_a_violation_scores_above_its_innocent_twin(
    classifier: TextClassifier, category: str, violating: str, innocent: str
) -> None:
    threshold = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["thresholds"][category]["review"]
    assert scores(classifier, violating)[category] >= threshold > scores(classifier, innocent)[category]


def test_the_source_names_the_version_of_the_data(classifier: TextClassifier) -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert classifier.source == f"classifier@{manifest['version']}"


def test_a_text_scores_alike_alone_and_among_others(classifier: TextClassifier) -> None:
    texts = [INSULT, CHAT, "小明同学", "你们可真会说话", "快递太慢了,客服也不理人", "这部电影很好看"] * 8
    together = classifier.submit(texts).result(30)
    for text, answer in zip(texts, together, strict=True):
        assert answer == pytest.approx(scores(classifier, text), abs=0.1)


def test_a_slur_deep_in_a_long_text_is_found(classifier: TextClassifier) -> None:
    assert scores(classifier, CHATTER)["ethnic_hatred"] < 0.1
    assert scores(classifier, CHATTER + INSULT * 4 + CHATTER)["ethnic_hatred"] > 0.6


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "。。。",
        "\0",
        "\ud800",
        "a\udc00b",
        "\ud83d\ude00",
        "\u200d" * 300,
        "e\u0301" * 3000,
        "</s><mask>",
        "ﷺ" * 200,
    ],
    ids=ascii,
)
def test_any_unicode_has_an_answer(classifier: TextClassifier, text: str) -> None:
    assert all(0.0 <= score <= 1.0 for score in scores(classifier, text).values())


def test_speech_against_discrimination_is_never_refused_by_the_model(classifier: TextClassifier) -> None:
    """It still takes some of it for its opposite, so the policy that ships caps it: a person decides."""
    policy = read_policy(Settings.read({}).policy)
    for fair in ("请不要歧视河南人", "反对一切种族歧视,黑人也是人", "我是同性恋，我爱我的家人"):
        for category, score in scores(classifier, fair).items():
            earned = policy.earned(Finding(category, score, classifier.source), Kind.POST, Scene.POST)
            assert earned < Verdict.REJECT, (fair, category, score)


def test_no_texts_no_answers(classifier: TextClassifier) -> None:
    assert classifier.submit([]).result(1) == []


def test_special_tokens_written_in_a_text_do_not_reach_the_model(cutter: Cutter) -> None:
    (((start, *inner, end),),) = cutter.windows("a</s>＜s＞<pad><mask>b")
    assert (start, end) == (0, 2)
    assert not {0, 1, 2, 41126} & {int(token) for token in inner}


@pytest.mark.parametrize("at", [0, 60, 95, 96, 119, 120, 121, 215, 216, 217, 998, 999])
def test_a_word_anywhere_is_whole_in_some_window(cutter: Cutter, at: int) -> None:
    text = "好" * at + "骗子" + "好" * (999 - at)
    (word,) = next(cutter.windows("好骗子"))[0][2:-1].tolist()[-1:]
    windows = [window for piece in cutter.windows(text) for window in piece]
    assert any(word in window for window in windows)
    assert all(len(window) <= 96 for window in windows)


def test_a_text_that_unfolds_into_many_tokens_is_read_to_its_end(cutter: Cutter) -> None:
    (windows,) = cutter.windows("ﷺ" * 119 + "骗")
    assert len(windows) > 5
    assert all(len(window) <= 96 for window in windows)
    assert windows[-1][-2] == next(cutter.windows("ﷺ骗"))[0][-2]


def test_concurrent_callers_get_their_own_answers(cutter: Cutter) -> None:
    model = Gate()
    model.gate.set()
    with over(model, cutter) as classifier, ThreadPoolExecutor(8) as callers:
        texts = [["好" * (1 + (n * k) % 7) for k in range(1, 5)] for n in range(100)]
        answers = list(callers.map(lambda mine: classifier.submit(mine).result(30), texts))
    for mine, answer in zip(texts, answers, strict=True):
        for text, found in zip(mine, answer, strict=True):
            tokens = len(next(cutter.windows(text))[0])
            assert found is not None and found["c"] == pytest.approx(Calibration(0.01, 0.0)(tokens))


def test_a_deadline_in_the_past_is_not_checked(classifier: TextClassifier) -> None:
    assert classifier.submit([INSULT, CHAT], deadline=time.monotonic() - 1).result(1) == [None, None]


def test_what_waits_past_its_deadline_is_dropped_and_the_rest_goes_on(cutter: Cutter) -> None:
    model = Gate()
    with over(model, cutter) as classifier:
        first = classifier.submit(["一"])
        assert model.reached.wait(5)
        late, patient = classifier.submit(["二"], deadline=time.monotonic() + 0.01), classifier.submit(["三"])
        time.sleep(0.05)
        model.gate.set()
        assert late.result(5) == [None]
        assert None not in first.result(5) + patient.result(5)
        assert sum(rows for rows, _ in model.runs) == 2


def test_a_cancelled_call_is_not_run(cutter: Cutter) -> None:
    model = Gate()
    with over(model, cutter) as classifier:
        first = classifier.submit(["一"])
        assert model.reached.wait(5)
        cancelled = classifier.submit(["二" * 5000])
        assert cancelled.cancel()
        model.gate.set()
        first.result(5)
        assert classifier.submit(["三"]).result(5) != [None]
        assert len(model.runs) == 2
        assert classifier.waiting == 0


def test_overload_answers_at_once_and_keeps_room_for_short_texts(cutter: Cutter) -> None:
    model = Gate()
    with over(model, cutter, max_waiting=8) as classifier:
        held = classifier.submit(["一"])
        assert model.reached.wait(5)
        long = classifier.submit(["二" * 1000, "三" * 300])  # 11 pieces do not fit; 3 do
        shorts = classifier.submit(["四"] * 6)
        assert not long.done() and not shorts.done()
        assert classifier.waiting == 8
        assert classifier.submit(["五"]).result(0) == [None]
        model.gate.set()
        assert [answer is None for answer in long.result(5)] == [True, False]
        assert [answer is None for answer in shorts.result(5)] == [False] * 4 + [True] * 2
        assert held.result(5) != [None]


def test_a_short_text_goes_before_the_windows_of_a_long_one(cutter: Cutter) -> None:
    model = Gate()
    with over(model, cutter) as classifier:
        long = classifier.submit(["好" * 100_000])
        assert model.reached.wait(5)
        short, runs = classifier.submit(["小明"]), list[int]()
        short.add_done_callback(lambda _: runs.append(len(model.runs)))
        model.gate.set()
        assert short.result(5) != [None]
        assert runs == [2]
        assert not long.done()
        assert long.cancel()


def test_a_long_text_advances_under_a_load_of_short_ones(cutter: Cutter) -> None:
    model, order = Gate(), list[str]()
    with over(model, cutter) as classifier:
        classifier.submit(["一"])
        assert model.reached.wait(5)
        calls = {"long": classifier.submit(["好" * 121]), "short": classifier.submit(["小明"] * 3000)}
        calls["long"].add_done_callback(lambda _: order.append("long"))
        calls["short"].add_done_callback(lambda _: order.append("short"))
        model.gate.set()
        assert None not in calls["long"].result(30) + calls["short"].result(30)
    assert order == ["long", "short"]


def test_runs_are_bounded_and_hold_windows_of_like_length(cutter: Cutter) -> None:
    model = Gate()
    with over(model, cutter) as classifier:
        classifier.submit(["一"])
        assert model.reached.wait(5)
        waiting = classifier.submit(
            ["好" * 100 if n % 2 else "".join(chr(0x4E00 + k) for k in range(n)) for n in range(80)]
        )
        model.gate.set()
        waiting.result(10)
    for (rows, width), lengths in zip(model.runs, model.lengths, strict=True):
        assert rows <= RUN_WINDOWS
        assert rows * width <= RUN_TOKENS
        assert sum(lengths) >= 0.75 * rows * width


@pytest.mark.parametrize("broken", ["raises", "nan", "shape"])
def test_a_failed_run_is_not_checked_and_the_thread_lives(
    cutter: Cutter, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    failing = True

    def model(ids: Ids, mask: Ids) -> Logits:
        if failing and broken == "raises":
            raise RuntimeError("out of memory")
        bad = np.full((len(ids), 2 if broken == "shape" else 1), np.nan, dtype=np.float32)
        return bad if failing else np.zeros((len(ids), 1), dtype=np.float32)

    with over(model, cutter) as classifier, caplog.at_level(logging.ERROR):
        assert classifier.submit(["秘密"]).result(5) == [None]
        failing = False
        assert classifier.submit(["秘密"]).result(5) == [{"c": 0.5}]
    assert "the classifier failed on 1 windows" in caplog.text
    assert "秘密" not in caplog.text


def test_closing_answers_what_waits_and_what_comes(cutter: Cutter) -> None:
    model = Gate()
    classifier = over(model, cutter)
    running = classifier.submit(["一"])
    assert model.reached.wait(5)
    waiting = classifier.submit(["二"])
    threading.Timer(0.05, model.gate.set).start()
    classifier.close()
    assert running.result(0) != [None]
    assert waiting.result(0) == [None]
    assert classifier.submit(["三"]).result(0) == [None]
    classifier.close()


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json"])
def test_a_corrupted_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BadSetup) as refused:
        load_classifier(folder)
    (problem,) = refused.value.problems
    assert problem.field == str(folder / name)
    assert "sha256" in problem.reason and "moderation train" in problem.fix


@pytest.mark.parametrize("name", ["model.int8.onnx", "tokenizer.json", "manifest.json"])
def test_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path)
    (folder / name).unlink()
    with pytest.raises(BadSetup, match=rf"{name}: is missing"):
        load_classifier(folder)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"version": "1", "max_tokens": "many"}'])
def test_a_garbled_manifest_is_refused(tmp_path: Path, manifest: str) -> None:
    folder = copied(tmp_path)
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(BadSetup, match=r"manifest\.json"):
        load_classifier(folder)


def copied(folder: Path) -> Path:
    for name in ("model.int8.onnx", "tokenizer.json", "manifest.json"):
        shutil.copyfile(FOLDER / name, folder / name)
    return folder


def test_what_ships_is_what_the_manifest_lists_and_small() -> None:
    listed = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = {path.relative_to(FOLDER).as_posix(): path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()}
    assert found.pop("manifest.json")
    assert found == {name: entry["bytes"] for name, entry in listed.items()}
    assert max(found.values()) < 80e6 and sum(found.values()) < 120e6
    assert "/" not in json.loads((FOLDER / "recipe.json").read_text(encoding="utf-8"))["base"].replace("intfloat/", "")


def test_online_code_needs_no_torch() -> None:
    program = (
        "import sys, moderation.detectors.classifier; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
