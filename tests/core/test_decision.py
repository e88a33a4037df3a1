"""From findings to a verdict and to what the author is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.decision import author_message, decide, grounds, judge
from moderation.core.finding import Check, Finding, Part, Screening, Verdict
from moderation.core.policy import Policy, Thresholds
from moderation.core.submission import Account, Item, Kind, Scene, Span, Submission
from moderation.wiring import folded
from tests.making import shipped_policy

POLICY = shipped_policy()
CODES = [*POLICY.categories, "unheard_of"]

kinds, scenes = st.sampled_from(Kind), st.sampled_from(Scene)
findings = st.builds(
    Finding,
    category=st.sampled_from(CODES),
    score=st.floats(0, 1),
    source=st.sampled_from(["keywords@1", "classifier@1", "image@1"]),
    severity=st.none() | st.integers(1, 4),
    ceiling=st.sampled_from(Verdict),
)
screenings = st.builds(
    Screening,
    findings=st.lists(findings, max_size=4).map(tuple),
    unchecked=st.lists(st.sampled_from(Check), max_size=2).map(tuple),
    problem=st.none() | st.just("cannot be decoded"),
)


@given(screenings, findings, kinds, scenes)
def test_more_evidence_never_softens_the_verdict(seen: Screening, extra: Finding, kind: Kind, scene: Scene) -> None:
    more = replace(seen, findings=(*seen.findings, extra))
    assert decide(more, POLICY, kind, scene) >= decide(seen, POLICY, kind, scene)


@given(screenings, screenings, kinds, scenes)
def test_two_screenings_of_one_item_are_no_milder_than_either(
    one: Screening, other: Screening, kind: Kind, scene: Scene
) -> None:
    both = decide(one.and_also(other), POLICY, kind, scene)
    assert both >= max(decide(one, POLICY, kind, scene), decide(other, POLICY, kind, scene))


@given(screenings, kinds, scenes)
def test_what_was_not_checked_never_passes(seen: Screening, kind: Kind, scene: Scene) -> None:
    if seen.unchecked or seen.problem:
        assert decide(seen, POLICY, kind, scene) >= Verdict.REVIEW


@given(findings, kinds, scenes)
def test_a_finding_earns_no_more_than_its_ceiling_and_its_categorys_cap(
    finding: Finding, kind: Kind, scene: Scene
) -> None:
    earned = POLICY.earned(finding, kind, scene)
    assert earned <= finding.ceiling
    category = POLICY.categories.get(finding.category)
    if category:
        assert earned <= category.caps.get(finding.source.partition("@")[0], category.cap)
    else:
        assert earned <= Verdict.REVIEW


@pytest.mark.parametrize(
    ("score", "verdict"), [(0.0, "pass"), (0.4999, "pass"), (0.5, "review"), (0.8999, "review"), (0.9, "reject")]
)
def test_a_threshold_is_reached_by_the_score_that_equals_it(score: float, verdict: str) -> None:
    assert Thresholds(0.5, 0.9).earned(score).word == verdict


def test_a_scenes_thresholds_go_before_a_kinds_and_a_kinds_before_the_rest() -> None:
    gambling = replace(
        POLICY.categories["gambling"],
        thresholds=Thresholds(0.5, 0.9),
        by_kind={Kind.USERNAME: Thresholds(0.2, 0.3)},
        by_scene={Scene.RESCAN: Thresholds(0.6, 1.0)},
    )
    seen = Finding("gambling", 0.4, "classifier@1")
    assert gambling.earned(seen, Kind.BIO, Scene.POST) is Verdict.PASS
    assert gambling.earned(seen, Kind.USERNAME, Scene.POST) is Verdict.REJECT
    assert gambling.earned(seen, Kind.USERNAME, Scene.RESCAN) is Verdict.PASS


def test_grounds_begin_with_the_worst_verdict_and_then_the_gravest() -> None:
    mild = Finding("advertising_trade", 1.0, "keywords@1")
    grave = Finding("drugs_weapons", 1.0, "keywords@1")
    held = Finding("national_security", 1.0, "keywords@1")
    below = Finding("fraud", 0.1, "classifier@1")
    found = grounds(
        [(Screening((held, below)), Kind.BIO), (Screening((mild, grave)), Kind.USERNAME)], POLICY, Scene.POST
    )
    assert found.categories == ("drugs_weapons", "advertising_trade", "national_security")
    assert found.severity == 4


def test_without_anything_but_an_unchecked_item_the_severity_is_the_least() -> None:
    assert grounds([(Screening(unchecked=(Check.IMAGE,)), Kind.AVATAR)], POLICY, Scene.REGISTRATION).severity == 1


def submitted(*texts: str, language: str = "zh") -> Submission:
    return Submission(Scene.PROFILE_CHANGE, tuple(Item(Kind.BIO, text) for text in texts), Account("1"), language)


def same(text: str) -> str:
    return text


def runs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def told_runs(message: str, title: str) -> set[str]:
    """Runs of two characters in a message that do not lie within the category's title."""
    spared, at = set[int](), message.find(title)
    while at >= 0:
        spared |= set(range(at, at + len(title) - 1))
        at = message.find(title, at + 1)
    return {message[at : at + 2] for at in range(len(message) - 1) if at not in spared}


MESSAGES = [text for category in POLICY.categories.values() for text in category.messages.values()]
MESSAGES += [*POLICY.general.values(), *POLICY.held.values(), *(c.clause for c in POLICY.categories.values()), "（3.1"]
pieces = st.sampled_from(MESSAGES).flatmap(
    lambda text: st.integers(0, max(0, len(text) - 2)).flatmap(
        lambda start: st.integers(start + 1, len(text)).map(lambda end: text[start:end])
    )
)


@given(
    st.sampled_from(list(POLICY.categories)),
    pieces | st.text(min_size=1, max_size=8),
    st.sampled_from([str.upper, str.lower, str.title, same]),
    st.sampled_from(["zh", "en"]),
    st.sampled_from([Verdict.REVIEW, Verdict.REJECT]),
)
def test_the_author_never_reads_two_characters_of_what_was_found(
    code: str, term: str, written: object, language: str, ceiling: Verdict
) -> None:
    assert callable(written)
    text = str(written(term))
    found = Finding(code, 1.0, "keywords@1", Span(0, len(text)), ceiling=ceiling)
    outcome = judge(submitted(text, language=language), [Screening((found,))], POLICY, str.casefold)
    message = outcome.items[0].author_message
    if outcome.verdict is Verdict.PASS:
        assert message is None
        return
    assert message
    title = POLICY.categories[code].titles[language]
    said = told_runs(message, title)
    assert said.isdisjoint(runs(text))
    assert {pair.casefold() for pair in said}.isdisjoint(runs(text.casefold()))


def test_what_is_found_in_one_item_is_not_told_in_the_message_about_another() -> None:
    contact, insult = "联系途径", "无"
    items = submitted(contact, insult)
    seen = [
        Screening((Finding("advertising_trade", 1.0, "keywords@1", Span(0, 4)),)),
        Screening((Finding("fraud", 1.0, "keywords@1", Span(0, 1)),)),
    ]
    message = judge(items, seen, POLICY, same).items[1].author_message
    assert message and runs(message).isdisjoint(runs(contact))


def test_what_lies_in_two_fields_together_is_not_told_either() -> None:
    items = submitted("联系", "途径")
    parts = (Part(0, Span(0, 2)), Part(1, Span(0, 2)))
    joined = Finding("fraud", 1.0, "keywords@1", parts=parts)
    message = judge(items, [Screening((joined,)), Screening()], POLICY, same).items[0].author_message
    assert message and "联系" not in message and "途径" not in message


def test_a_shadow_term_is_not_told_and_changes_nothing() -> None:
    shadow = Finding("fraud", 1.0, "keywords@1", Span(0, 2), ceiling=Verdict.PASS)
    acting = Finding("insult_defamation", 1.0, "keywords@1", Span(2, 4))
    outcome = judge(submitted("攻击无聊"), [Screening((shadow, acting))], POLICY, same)
    message = outcome.items[0].author_message
    assert outcome.categories == ("insult_defamation",)
    assert outcome.items[0].scores.keys() == {"insult_defamation"}
    assert message and "攻击" not in message


def test_the_author_is_told_the_title_the_clause_and_the_fix() -> None:
    found = Finding("gambling", 1.0, "keywords@1", Span(0, 3))
    for language, held in (("zh", POLICY.held["zh"]), ("en", POLICY.held["en"])):
        for ceiling in (Verdict.REVIEW, Verdict.REJECT):
            seen = [Screening((replace(found, ceiling=ceiling),))]
            message = judge(submitted("百家乐", language=language), seen, POLICY, same).items[0].author_message
            category = POLICY.categories["gambling"]
            assert message and category.titles[language] in message and category.clause in message
            assert category.messages[language] in message
            assert (held in message) == (ceiling is Verdict.REVIEW)


def test_where_every_message_would_tell_the_term_nothing_is_said() -> None:
    everything = "".join(MESSAGES)
    category = POLICY.categories["gambling"]
    found = grounds([(Screening((Finding("gambling", 1.0, "k@1"),)), Kind.BIO)], POLICY, Scene.POST)
    covered = [everything, category.titles["zh"] + "（", category.clause]
    assert author_message(found, Verdict.REJECT, POLICY, covered, "zh") == "—"


def test_an_item_that_nobody_checked_is_told_the_general_message() -> None:
    outcome = judge(submitted("x"), [Screening(unchecked=(Check.CLASSIFIER,), degraded=True)], POLICY, same)
    assert outcome.verdict is Verdict.REVIEW and outcome.degraded
    assert outcome.items[0].author_message == POLICY.general["zh"]


def test_a_submission_is_as_bad_as_its_worst_item() -> None:
    bad = Screening((Finding("gambling", 1.0, "keywords@1"),))
    outcome = judge(submitted("a", "b"), [Screening(), bad], POLICY, same)
    assert [item.verdict for item in outcome.items] == [Verdict.PASS, Verdict.REJECT]
    assert outcome.verdict is Verdict.REJECT
    assert outcome.items[0].author_message is None


def test_scores_tell_also_of_what_earned_nothing() -> None:
    faint = Finding("gambling", 0.2, "classifier@1")
    outcome = judge(submitted("a"), [Screening((faint,))], POLICY, same)
    assert outcome.items[0].scores == {"gambling": 0.2}
    assert outcome.items[0].screening.findings == ()


def test_a_category_that_the_policy_does_not_know_goes_to_a_person() -> None:
    found = Finding("unheard_of", 1.0, "keywords@1")
    assert decide(Screening((found,)), Policy.empty(), Kind.BIO, Scene.POST) is Verdict.REVIEW
    outcome = judge(submitted("a"), [Screening((found,))], POLICY, same)
    assert outcome.items[0].author_message == POLICY.general["zh"]


@pytest.mark.parametrize("score", [-0.001, 1.001, float("nan"), float("inf")])
def test_a_score_outside_zero_to_one_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="a score lies in"):
        Finding("gambling", score, "keywords@1")


@pytest.mark.parametrize("written", ["联系途径", "聯繫途徑", "联❤系\u200b途径"])
def test_however_a_term_is_written_its_plain_form_is_not_told_either(written: str) -> None:
    found = Finding("fraud", 1.0, "keywords@1", Span(0, len(written)))
    message = judge(submitted(written), [Screening((found,))], POLICY, folded).items[0].author_message
    assert "联系途径" in POLICY.categories["fraud"].messages["zh"]
    assert message and runs(message).isdisjoint(runs("联系途径"))
