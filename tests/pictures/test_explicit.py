"""The models of nudity and gore: what they are fed, what they answer, and that a folder that is not right is refused."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from moderation.core.errors import BadSetup
from moderation.pictures.explicit import FITS, ExplicitModels, Input, blurred, stretched
from tests.pictures.harmless import KINDS, Pixels, harmless
from tests.pictures.scenes import scene

FOLDER = Path(__file__).parents[2] / "models" / "images"


@pytest.fixture(scope="module")
def models() -> ExplicitModels:
    return ExplicitModels(FOLDER)


def sampling(
    length: int, wanted: int, reach: float, weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The matrix that resizes an axis with a filter of that reach, widened where it shrinks: (wanted, length)."""
    scale = length / wanted
    wide = max(scale, 1.0)
    centres = (np.arange(wanted) + 0.5) * scale
    offsets = (np.arange(length)[None] + 0.5 - centres[:, None]) / wide
    weights = np.where(np.abs(offsets) < reach, weigh(offsets), 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def resized(
    pixels: Pixels, width: int, height: int, reach: float, weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    down, across = sampling(pixels.shape[0], height, reach, weigh), sampling(pixels.shape[1], width, reach, weigh)
    between = np.einsum("xw,hwc->hxc", across, pixels.astype(np.float64)).round().clip(0, 255)
    return np.asarray(np.einsum("yh,hxc->yxc", down, between).clip(0, 255))


def triangle(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 - np.abs(offsets))


def lanczos(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sinc(offsets) * np.sinc(offsets / 3))


def gaussian(side: int) -> NDArray[np.float64]:
    """A blur of deviation 10 as a matrix, its tails below a fifth of the middle cut off, edges repeated."""
    matrix = np.zeros((side, side))
    for row in range(side):
        for at in range(-40, 41):
            if (height := np.exp(-(at**2) / 200)) >= 0.2:
                matrix[row, min(max(row + at, 0), side - 1)] += round(20 * height)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("size", [(400, 400), (300, 200), (190, 340)])
def test_what_the_nudity_model_is_fed_is_the_reference_of_open_nsfw(size: tuple[int, int]) -> None:
    width, height = size
    pixels = scene(1, 400)[:height, :width]
    buffer = BytesIO()
    middle = resized(pixels, 256, 256, 1.0, triangle).round().astype(np.uint8)[16:240, 16:240]
    Image.fromarray(middle).save(buffer, format="JPEG", quality=75)
    expected = np.asarray(Image.open(buffer)).astype(np.float64)[..., [2, 1, 0]] - [104, 117, 123]

    fed = Input(224, "cropped", "nhwc", "bgr", (104.0, 117.0, 123.0)).of(Image.fromarray(pixels))

    assert fed.shape == (1, 224, 224, 3) and fed.dtype == np.float32
    assert np.abs(fed[0] - expected).mean() < 1.0  # a pixel rounded otherwise changes a block of the JPEG


@pytest.mark.parametrize(
    ("size", "box"), [((400, 400), (0, 0, 224, 224)), ((400, 300), (0, 28, 224, 196)), ((240, 384), (42, 0, 182, 224))]
)
def test_what_the_gore_model_is_fed_is_the_whole_picture_on_a_blur_of_itself(
    size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    width, height = size
    left, top, right, bottom = box
    pixels = scene(2, 400)[:height, :width]
    blur = gaussian(224)
    expected = np.einsum("yh,hwc,xw->yxc", blur, resized(pixels, 224, 224, 3.0, lanczos), blur, optimize=True)
    expected[top:bottom, left:right] = resized(pixels, right - left, bottom - top, 3.0, lanczos)

    fed = Input(224, "padded", "nchw", "rgb").of(Image.fromarray(pixels))

    assert fed.shape == (1, 3, 224, 224)
    assert np.abs(fed[0].transpose(1, 2, 0) - expected).max() < 2.5


def test_only_what_the_picture_leaves_free_is_blurred() -> None:
    square = scene(3, 224)
    across, down = blurred(square, (224, 100)), blurred(square, (100, 224))
    assert not across[62:162].any() and not down[:, 62:162].any()
    everywhere = np.einsum("yh,hwc,xw->yxc", gaussian(224), square.astype(float), gaussian(224), optimize=True)
    assert np.abs(across[:62] - everywhere[:62]).max() < 1.6 and np.abs(down[:, 162:] - everywhere[:, 162:]).max() < 1.6


def test_mean_and_scale_are_of_the_channels_in_the_order_the_model_takes() -> None:
    red = Image.new("RGB", (20, 20), (250, 100, 50))
    fed = Input(16, "squeezed", "nchw", "bgr", (50.0, 0.0, 0.0), (1.0, 10.0, 25.0)).of(red)
    assert fed[0, :, 3, 3].tolist() == [0.0, 10.0, 10.0]


@pytest.mark.parametrize("size", [(16, 16), (16, 64), (64, 16), (400, 400), (1024, 256), (1024, 1024)])
def test_any_size_is_judged_by_every_model_in_range(models: ExplicitModels, size: tuple[int, int]) -> None:
    width, height = size
    said = models.scores(scene(4, 1024)[:height, :width])
    assert [(each.category, each.source) for each in said] == [
        ("porn", models.sources[0]),
        ("violence_terror", models.sources[1]),
        ("porn", models.sources[1]),
    ]
    assert all(0 <= each.score <= 1 for each in said)


def test_sources_name_model_and_version(models: ExplicitModels) -> None:
    told = json.loads((FOLDER / "manifest.json").read_text())["models"]
    assert models.sources == tuple(f"{entry['name']}@{entry['sha256'][:8]}" for entry in told)


def test_pixels_are_only_read_and_may_be_a_slice(models: ExplicitModels) -> None:
    whole = scene(5)
    before = whole.copy()
    whole.setflags(write=False)
    assert models.scores(whole[10:310:1, 20:330]) == models.scores(np.ascontiguousarray(before[10:310, 20:330]))
    assert (whole == before).all()


def test_several_threads_get_what_one_gets(models: ExplicitModels) -> None:
    pictures = [pixels for _, pixels in harmless(2)]
    alone = [models.scores(pixels) for pixels in pictures]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            for expected, found in zip(alone, pool.map(models.scores, pictures), strict=True):
                # The order of sums in the kernels may differ by a bit, not by more.
                assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-5)


def test_harmless_drawings_stay_below_the_threshold_of_review(models: ExplicitModels) -> None:
    highest: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    for kind, pixels in harmless(4):
        highest[kind] = max(highest[kind], *(said.score for said in models.scores(pixels)))
    assert not {kind: score for kind, score in highest.items() if score >= 0.5}


def test_stretching_keeps_order_and_ends() -> None:
    shares = np.linspace(0, 1, 101).tolist()
    scores = [stretched(share, 0.9) for share in shares]
    assert scores == sorted(scores) and scores[0] == 0 and scores[-1] == 1 and stretched(0.3, 0.5) == pytest.approx(0.3)


# ---- what is refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model of an operator's own: the mean brightness of each channel as logits for three labels."""
    from onnx import TensorProto, checker, helper, save

    pooled = helper.make_node("ReduceMean", ["picture", "axes"], ["answer"], keepdims=0)
    graph = helper.make_graph(
        [pooled],
        "mean",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    save(model, tmp_path / "mean.onnx")
    write(tmp_path, entry(tmp_path))
    return tmp_path


def entry(folder: Path, **changed: Any) -> dict[str, Any]:
    import hashlib

    return {
        "name": "own",
        "version": "1",
        "file": "mean.onnx",
        "sha256": hashlib.sha256((folder / "mean.onnx").read_bytes()).hexdigest(),
        "licence": "ours",
        "source": "made here",
        "input": {"side": 32, "fit": "squeezed", "layout": "nchw", "colours": "rgb", "scale": [100, 100, 100]},
        "output": "logits",
        "labels": {"red": "violence_terror", "green": "violence_terror", "blue": None},
        **changed,
    }


def write(folder: Path, *entries: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps({"models": list(entries)}))


def test_an_operators_own_model_is_run_as_its_entry_says(folder: Path) -> None:
    pixels = np.full((40, 60, 3), (100, 50, 0), dtype=np.uint8)
    (said,) = ExplicitModels(folder).scores(pixels)
    exponents = np.exp([1.0, 0.5, 0.0])
    assert (said.category, said.source) == ("violence_terror", "own@1")
    assert said.score == pytest.approx(exponents[:2].sum() / exponents.sum(), abs=1e-6)


def test_of_labels_that_do_not_exclude_one_another_the_surest_counts(folder: Path) -> None:
    write(folder, entry(folder, output="sigmoid logits"))
    (said,) = ExplicitModels(folder).scores(np.full((40, 60, 3), (100, 50, 0), dtype=np.uint8))
    assert said.score == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)


def test_a_corrupted_model_is_refused_by_its_hash(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "manifest.json", tmp_path)
    content = bytearray((FOLDER / "nudity.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "nudity.onnx").write_bytes(content)
    with pytest.raises(BadSetup, match=r"nudity\.onnx: is corrupted: its sha256 is .*; restore it from the repository"):
        ExplicitModels(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": "gone.onnx"}, "gone.onnx: is missing"),
        ({"output": "scores"}, "output is one of probabilities, logits, sigmoid logits, got 'scores'"),
        (
            {
                "output": "probabilities",
                "input": {"side": 32, "fit": "squeezed", "layout": "nchw", "colours": "rgb", "mean": [9, 9, 9]},
            },
            "is no share in",
        ),
        ({"labels": {"red": "porn"}}, "3 values for 1 labels"),
        ({"labels": {"red": 1}}, "labels gives for each label"),
        ({"labels": ["porn"]}, "is not as it should be"),
        ({"halfway": {"porn": 0.9}}, "halfway gives for categories of its labels"),
        ({"halfway": {"violence_terror": 1}}, "halfway gives for categories of its labels"),
        (
            {"input": {"side": 32, "fit": "stretched", "layout": "nchw", "colours": "rgb"}},
            "fit is one of cropped, padded, squeezed",
        ),
        ({"input": {"side": 32, "fit": "padded", "layout": "nchw", "colors": "rgb"}}, "colors"),
        ({"input": {"side": 4, "fit": "padded", "layout": "nchw", "colours": "rgb"}}, "side is 16 to 1024, got 4"),
        ({"input": {"side": 64, "fit": "padded", "layout": "nchw", "colours": "rgb"}}, "is not a model that runs as"),
        (
            {"input": {"side": 32, "fit": "padded", "layout": "nchw", "colours": "rgb", "scale": [1, 0, 1]}},
            "of scale none is 0",
        ),
    ],
)
def test_an_entry_that_is_wrong_is_refused_with_the_reason(folder: Path, changed: dict[str, Any], said: str) -> None:
    write(folder, entry(folder, **changed))
    with pytest.raises(BadSetup) as refused:
        ExplicitModels(folder)
    assert said in str(refused.value)


def test_an_entry_without_a_field_is_refused_with_its_name(folder: Path) -> None:
    lacking = entry(folder)
    del lacking["sha256"]
    write(folder, lacking)
    with pytest.raises(BadSetup, match=r"manifest\.json: models\.0: lacks 'sha256'"):
        ExplicitModels(folder)


@pytest.mark.parametrize("content", ["", "[]", '{"models": 3}', '{"models": [1]}', "{"])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(BadSetup, match=r"manifest\.json: (cannot be read|gives no list)"):
        ExplicitModels(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetup, match=r"manifest\.json: is missing"):
        ExplicitModels(tmp_path)


def test_the_files_and_what_is_said_of_them_are_complete() -> None:
    told = json.loads((FOLDER / "manifest.json").read_text())["models"]
    assert all(
        {"name", "version", "file", "sha256", "licence", "source", "input", "output", "labels"} <= set(each)
        for each in told
    )
    assert sum((FOLDER / each["file"]).stat().st_size for each in told) < 60_000_000
    assert set(FITS) == {"cropped", "padded", "squeezed"}
    card = (FOLDER / "README.md").read_text()
    assert all(f"`{fit}`" in card for fit in FITS)


def test_halving_changes_scores_by_less_than_a_thousandth(folder: Path) -> None:
    from onnx import TensorProto, helper, save

    from moderation.pictures.halving import halve

    weights = np.random.default_rng(1).normal(0, 0.02, (3072, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["picture"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["answer"]),
        ],
        "linear",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.ravel())],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), folder / "whole.onnx")
    halve(folder / "whole.onnx", folder / "mean.onnx")
    write(folder, entry(folder))
    assert (folder / "mean.onnx").stat().st_size < 0.6 * (folder / "whole.onnx").stat().st_size
    halved = ExplicitModels(folder).scores(scene(6))
    shutil.copy(folder / "whole.onnx", folder / "mean.onnx")
    write(folder, entry(folder))
    whole = ExplicitModels(folder).scores(scene(6))
    assert [each.score for each in halved] == pytest.approx([each.score for each in whole], abs=1e-3)
