"""The policy file: what ships covers the whole agreement, and every mistake is named with its line and its fix."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Finding, Verdict
from moderation.core.measures import Action
from moderation.core.policy_file import parse_policy
from moderation.core.strikes import Step
from moderation.core.submission import Kind, Scene
from tests.making import shipped_policy

REVIEW, REJECT, PASS = Verdict.REVIEW, Verdict.REJECT, Verdict.PASS
AGREEMENT = {
    "constitution": ("3.1.1.1", REVIEW),
    "national_security": ("3.1.1.2", REVIEW),
    "national_honour": ("3.1.1.3", REVIEW),
    "ethnic_hatred": ("3.1.1.4", REJECT),
    "cult_superstition": ("3.1.1.5", REJECT),
    "rumour": ("3.1.1.6", REVIEW),
    "porn": ("3.1.1.7", REJECT),
    "gambling": ("3.1.1.7", REJECT),
    "violence_terror": ("3.1.1.7", REJECT),
    "crime_incitement": ("3.1.1.7", REJECT),
    "insult_defamation": ("3.1.1.8", REJECT),
    "harassment_vulgar": ("3.1.1.9", REJECT),
    "fraud": ("3.1.1.10", REJECT),
    "drugs_weapons": ("3.1.1.10", REJECT),
    "other_illegal": ("3.1.1.10", REJECT),
    "intrusion": ("3.1.2.1–3.1.2.3", REJECT),
    "malware": ("3.1.2.4", REJECT),
    "advertising_trade": ("3.1.2.5", REJECT),
    "network_harm": ("3.1.2.6", REVIEW),
    "account_trading": ("2.4.1", REJECT),
    "malicious_registration": ("2.4.1", REVIEW),
    "false_identity": ("2.1.2", REJECT),
    "brand_misuse": ("5.3", REJECT),
    "ip_infringement": ("5.1, 7.4", PASS),
}

SMALL = """\
version = "1"
effective = 2026-11-22
general = { zh = "不合", en = "No." }
held = { zh = "待", en = "Wait." }

[thresholds]
review = 0.4
reject = 0.8

[review]
lease_minutes = 5
undo_minutes = 0

[ladder]
strike_days = 90
rectify_days = 3

[[ladder.steps]]
points = 4
action = "restrict"
days = 7

[[category]]
code = "gambling"
clause = "3.1.1.7"
title = { zh = "赌博", en = "Gambling" }
message = { zh = "改", en = "Change it." }
severity = 3
cap = "reject"

[category.caps]
image = "review"

[category.kinds.username]
reject = 0.7

[category.scenes.post]
review = 0.6
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadSetup) as refused:
        parse_policy(text, "p.toml")
    return list(refused.value.problems)


def without(line: str) -> str:
    assert f"{line}\n" in SMALL
    return SMALL.replace(f"{line}\n", "", 1)


def instead(line: str, other: str) -> str:
    assert f"{line}\n" in SMALL
    return SMALL.replace(f"{line}\n", f"{other}\n", 1)


def line_of(text: str, line: str) -> int:
    return text.splitlines().index(line) + 1


def test_every_category_of_the_agreement_is_in_the_policy_with_its_clause_and_its_cap() -> None:
    shipped = shipped_policy().categories
    assert {code: (category.clause, category.cap) for code, category in shipped.items()} == AGREEMENT


@pytest.mark.parametrize("code", ["porn", "violence_terror"])
def test_an_image_model_alone_only_asks_for_a_person(code: str) -> None:
    shipped = shipped_policy()
    seen = Finding(code, 1.0, "image@1")
    assert shipped.earned(seen, Kind.AVATAR, Scene.REGISTRATION) is REVIEW
    assert shipped.earned(Finding(code, 1.0, "bank@1"), Kind.AVATAR, Scene.REGISTRATION) is REJECT


def test_every_category_says_in_both_languages_what_it_is_and_how_to_put_it_right() -> None:
    for category in shipped_policy().categories.values():
        assert category.titles.keys() == category.messages.keys() == {"zh", "en"}
        assert all([*category.titles.values(), *category.messages.values()])
        assert 1 <= category.severity <= 4


def test_the_shipped_ladder_rises_and_its_strikes_count_for_half_a_year() -> None:
    ladder = shipped_policy().ladder
    assert [step.action for step in ladder.steps] == [Action.RESTRICT, Action.SUSPEND, Action.TERMINATE]
    assert (ladder.strike_days, ladder.rectify_days) == (180, 7)


def test_a_file_is_read_to_the_last_key() -> None:
    policy = parse_policy(SMALL)
    gambling = policy.categories["gambling"]
    assert policy.effective == date(2026, 11, 22)
    assert (policy.lease_minutes, policy.undo_minutes) == (5, 0)
    assert policy.ladder.steps == (Step(4, Action.RESTRICT, 7),)
    assert (policy.ladder.strike_days, policy.ladder.rectify_days) == (90, 3)
    assert (gambling.thresholds.review, gambling.thresholds.reject) == (0.4, 0.8)
    assert (gambling.by_kind[Kind.USERNAME].review, gambling.by_kind[Kind.USERNAME].reject) == (0.4, 0.7)
    assert (gambling.by_scene[Scene.POST].review, gambling.by_scene[Scene.POST].reject) == (0.6, 0.8)
    assert gambling.caps == {"image": REVIEW}


def test_the_version_changes_with_the_content_but_not_with_the_line_ends() -> None:
    version = parse_policy(SMALL).version
    assert re.fullmatch(r"1\+[0-9a-f]{8}", version)
    assert parse_policy(SMALL.replace("\n", "\r\n")).version == version
    assert parse_policy(SMALL.replace("0.8", "0.81")).version != version


MISTAKES = {
    "no version": (without('version = "1"'), None, "version is not a string"),
    "a version that is no string": (instead('version = "1"', "version = 1"), "version = 1", "version is not a string"),
    "no day": (without("effective = 2026-11-22"), None, "effective is not a date"),
    "a day as a string": (
        instead("effective = 2026-11-22", 'effective = "2026-11-22"'), 'effective = "2026-11-22"', "is not a date",
    ),
    "a time for a day": (
        instead("effective = 2026-11-22", "effective = 2026-11-22T00:00:00Z"), "effective = 2026-11-22T00:00:00Z",
        "is not a date",
    ),
    "a key nobody knows": (f"colour = 1\n{SMALL}", "colour = 1", "colour is not known here"),
    "a text in one language": (
        instead('held = { zh = "待", en = "Wait." }', 'held = { zh = "待" }'), 'held = { zh = "待" }',
        "held has no text for en",
    ),
    "a text in a third language": (
        instead('held = { zh = "待", en = "Wait." }', 'held = { zh = "待", en = "W.", fr = "A." }'),
        'held = { zh = "待", en = "W.", fr = "A." }', "fr is not known here",
    ),
    "a text that is no table": (
        instead('held = { zh = "待", en = "Wait." }', 'held = "待"'), 'held = "待"', "held is not a table",
    ),
    "a lease of no time": (instead("lease_minutes = 5", "lease_minutes = 0"), "lease_minutes = 0", "lease_minutes is 0"),
    "a lease that is a switch": (
        instead("lease_minutes = 5", "lease_minutes = true"), "lease_minutes = true", "lease_minutes is True",
    ),
    "a threshold above one": (instead("reject = 0.8", "reject = 1.5"), "reject = 1.5", "reject is 1.5"),
    "a threshold of zero": (instead("review = 0.4", "review = 0"), "review = 0", "review is 0"),
    "a threshold that is no number": (instead("review = 0.4", "review = nan"), "review = nan", "review is nan"),
    "thresholds the wrong way round": (instead("review = 0.4", "review = 0.9"), "[thresholds]", "is above reject"),
    "a threshold nobody knows": (instead("review = 0.4", "maybe = 0.4"), "maybe = 0.4", "maybe is not a threshold"),
    "thresholds that are no table": (
        SMALL.replace("[thresholds]\nreview = 0.4\nreject = 0.8\n", "").replace("general", "thresholds = 1\ngeneral", 1),
        "thresholds = 1", "thresholds are not a table",
    ),
    "an unknown action": (instead('action = "restrict"', 'action = "scold"'), 'action = "scold"', "action is 'scold'"),
    "a step that restores": (
        instead('action = "restrict"', 'action = "restore"'), 'action = "restore"', "action is 'restore'",
    ),
    "a restriction for ever": (without("days = 7"), "[[ladder.steps]]", "a restriction has no end"),
    "a termination that ends": (
        instead('action = "restrict"', 'action = "terminate"'), "days = 7", "terminate has no end",
    ),
    "a step with a key nobody knows": (instead("days = 7", "day = 7"), "day = 7", "day is not known in a step"),
    "steps that do not rise": (
        instead("days = 7", 'days = 7\n\n[[ladder.steps]]\npoints = 4\naction = "terminate"'),
        None, "4 points do not exceed the step before",
    ),
    "steps that are no tables": (
        SMALL.replace('[[ladder.steps]]\npoints = 4\naction = "restrict"\ndays = 7\n', "").replace(
            "rectify_days = 3", "rectify_days = 3\nsteps = 5"),
        "steps = 5", "steps is not an array of tables",
    ),
    "no category": (SMALL[: SMALL.index("[[category]]")], None, "there is no category"),
    "categories that are no array": (
        SMALL.replace("[[category]]", "[category]"), "[category]", "category is not an array of tables",
    ),
    "a category that stands twice": (
        SMALL + SMALL[SMALL.index("[[category]]") : SMALL.index("[category.caps]")], None, "gambling stands twice",
    ),
    "a category without a code": (without('code = "gambling"'), "[[category]]", "code is missing"),
    "a category without a clause": (without('clause = "3.1.1.7"'), "[[category]]", "clause is missing"),
    "a category without a title": (
        without('title = { zh = "赌博", en = "Gambling" }'), "[[category]]", "title has no text for zh",
    ),
    "a severity of five": (instead("severity = 3", "severity = 5"), "severity = 5", "severity is 5"),
    "no cap": (without('cap = "reject"'), "[[category]]", "cap is None"),
    "an unknown cap": (instead('cap = "reject"', 'cap = "ban"'), 'cap = "ban"', "cap is 'ban'"),
    "a cap for nobody": (instead('image = "review"', 'nose = "review"'), 'nose = "review"', "nose is not known here"),
    "a kind nobody knows": (
        instead("[category.kinds.username]", "[category.kinds.poem]"), "[category.kinds.poem]", "poem is not known here",
    ),
    "a scene nobody knows": (
        instead("[category.scenes.post]", "[category.scenes.party]"), "[category.scenes.party]",
        "party is not known here",
    ),
    "a key nobody knows in a category": (
        instead("severity = 3", "severity = 3\nshade = 1"), "shade = 1", "shade is not known in a category",
    ),
    "a switch of no folds": (f'{SMALL}\n[[folds]]\nkinds = ["post"]\n', "[[folds]]", "no fold is switched off"),
    "a switch of a fold nobody knows": (f'{SMALL}\n[[folds]]\noff = ["rhyme"]\n', 'off = ["rhyme"]', "is 'rhyme'"),
    "a switch for a kind nobody knows": (
        f'{SMALL}\n[[folds]]\noff = ["emoji"]\nkinds = ["poem"]\n', 'kinds = ["poem"]', "is 'poem'",
    ),
    "a switch with a key nobody knows": (
        f'{SMALL}\n[[folds]]\noff = ["emoji"]\nshade = 1\n', "shade = 1", "shade is not known here",
    ),
    "folds that are no list": (f'{SMALL}\n[[folds]]\noff = "emoji"\n', 'off = "emoji"', "off is not a list"),
    "a line that is no TOML": (instead("severity = 3", "severity 3"), "severity 3", "is not TOML"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_file_its_line_and_its_fix(mistake: str) -> None:
    text, line, reason = MISTAKES[mistake]
    found = problems(text)
    [told] = [problem for problem in found if reason in problem.reason][:1]
    assert told.fix
    assert re.fullmatch(r"p\.toml:\d+", told.field)
    if line is not None:
        assert told.field == f"p.toml:{line_of(text, line)}"


def test_a_text_that_ends_too_early_is_named_with_its_last_line() -> None:
    [told] = problems('version = """\n1\n')
    assert told.field.startswith("p.toml:")
    assert "is not TOML" in told.reason


def test_folds_are_switched_off_for_kinds_and_scenes() -> None:
    switches = (
        '[[folds]]\noff = ["homophone"]\nkinds = ["post"]\n[[folds]]\noff = ["emoji", "split"]\nscenes = ["rescan"]\n'
    )
    policy = parse_policy(f"{SMALL}\n{switches}")
    assert policy.switched_off(Kind.POST, Scene.POST) == {"homophone"}
    assert policy.switched_off(Kind.BIO, Scene.RESCAN) == {"emoji", "split"}
    assert policy.switched_off(Kind.POST, Scene.RESCAN) == {"homophone", "emoji", "split"}
    assert policy.switched_off(Kind.USERNAME, Scene.REGISTRATION) == frozenset()


def test_all_mistakes_are_told_at_once() -> None:
    text = SMALL.replace("severity = 3", "severity = 9").replace('cap = "reject"', 'cap = "no"').replace("0.4", "4")
    assert len(problems(text)) == 3


VALUES: st.SearchStrategy[str] = st.sampled_from(
    ["1", '"x"', "true", "[]", "[1]", "{}", "{ zh = 1 }", "[[]]", "1979-05-27", "nan", "{ review = 0.5 }"]
)


@given(st.sampled_from(range(len(SMALL.splitlines()))), VALUES)
def test_no_value_anywhere_brings_anything_but_a_policy_or_a_list_of_problems(number: int, value: str) -> None:
    lines = SMALL.splitlines()
    key, equals, _ = lines[number].partition(" = ")
    if equals:
        lines[number] = f"{key} = {value}"
    try:
        parse_policy("\n".join(lines), "p.toml")
    except BadSetup as refused:
        assert all(problem.field.startswith("p.toml:") and problem.fix for problem in refused.problems)


def test_a_detector_may_have_thresholds_of_its_own_which_go_first() -> None:
    own = SMALL + "\n[category.detectors]\nimage = { review = 0.6, reject = 0.95 }\n"
    category = parse_policy(own, "own.toml").categories["gambling"]
    seen, said = (Finding("gambling", 0.55, source) for source in ("image@nudity-1", "classifier@1"))
    assert category.earned(seen, Kind.USERNAME, Scene.REGISTRATION) is PASS
    assert category.earned(said, Kind.USERNAME, Scene.REGISTRATION) is REVIEW


@pytest.mark.parametrize(("written", "reason"), [("2", "is 2"), ("true", "is True"), ('"x"', "is 'x'")])
def test_a_second_opinion_is_a_number_from_0_to_1(written: str, reason: str) -> None:
    [problem] = problems(instead('cap = "reject"', f'cap = "reject"\nsecond_opinion = {written}'))
    assert reason in problem.reason and problem.fix
