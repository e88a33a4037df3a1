"""The page's sections about the keyword engine."""

from collections.abc import Iterator, Sequence
from statistics import median

from moderation.core.finding import Check
from moderation.evaluation.metrics import table
from tests.bench.costs import Cost
from tests.bench.keyword_engine import KeywordEngine
from tests.bench.lexicons import Lists
from tests.bench.matching import BARE, HEAD, PIECE, PIECE_FOR_NPM, PLANTED, bulk_rounds
from tests.bench.ours import DEFAULT, ENABLED, FOUND_OTHERWISE, PLAIN

AS_FAST_BY_DEFAULT, AS_FAST_WITH_ALL = 1.8, 1.2
"""On short texts the least times as fast as npm's fastest, with the folds that are on by default and with every fold on."""
OF_BARE = 0.55
"""The least share of bare daachorse's speed on the bulk text."""
COMPILE, LOAD_MS = 3.0, 50.0
"""The most CPU seconds and milliseconds for the terms that were drawn."""

Goal = tuple[str, str, str, str]
"""What is measured, the bound, the figure, and whether it is met."""


def goals(found: KeywordEngine) -> Iterator[Goal]:
    """The lines of the goals' table."""
    matching, terms = found.compared.matching, f"{found.drawn.terms:,} terms"
    times, share = matching.times_as_fast(DEFAULT), matching.of_bare(DEFAULT)
    fast = None if times is None else times[0]
    for name, least in (("default folds", AS_FAST_BY_DEFAULT), ("every fold on", AS_FAST_WITH_ALL)):
        yield _least(f"short text, {terms}, {name}: as fast as npm's fastest", fast, least, f"{least:g}×", "{:.2f}×")
    yield _least(f"bulk text, {terms}, every fold on: of bare daachorse", share, OF_BARE, f"{OF_BARE:.0%}", "{:.0%}")
    plain = matching.of_bare(PLAIN)
    yield _least(f"bulk text, {terms}, plain forms only: of bare daachorse", plain, OF_BARE, f"{OF_BARE:.0%}", "{:.0%}")
    yield _most(f"reading and compiling {terms}", found.drawn.compile, COMPILE, "s", 2)
    yield _most(f"loading {terms} that were compiled before", found.drawn.load * 1000, LOAD_MS, "ms", 0)


def _least(name: str, measured: float | None, goal: float, bound: str, form: str) -> Goal:
    if measured is None:
        return name, f"at least {bound}", "not measured", "unknown"
    return name, f"at least {bound}", form.format(measured), "yes" if measured >= goal else "**no**"


def _most(name: str, measured: float, goal: float, unit: str, places: int) -> Goal:
    return name, f"at most {goal:g} {unit}", f"{measured:.{places}f} {unit}", "yes" if measured <= goal else "**no**"


def sections(found: KeywordEngine) -> list[str]:
    """Headings, paragraphs and tables."""
    return [
        "## The keyword engine beside other matchers",
        _matching_conditions(found),
        table(HEAD, found.compared.matching.lines()),
        _matching_reading(found),
        "## Compiling and loading word lists",
        f"CPU time: of {_times(found.effort.compilings, 'compiling')} and of {_times(found.effort.rounds, 'loading')} the "
        "median, in brackets the slowest; the files were read before, so none waits for the disk. Loading includes hashing "
        "the lists to see that they are the same. Memory is what a fresh process that can fold already grows by, resident: "
        "when it loads the lists, and on top of that when the first term is found, for the terms as written.",
        table(
            _LISTS,
            [_lists(f"{found.drawn.terms:,} terms drawn", found.drawn), _lists("the lists that ship", found.shipped)],
        ),
        "## What one text costs",
        f"CPU time through the detectors that use no model, the lists that ship, every fold on: {_shipped(found)}. Medians of "
        f"{_times(found.effort.rounds, 'pass', 'passes')} over many texts of each kind, the kinds and detectors in turn, after "
        "one pass that does not count. The last line is what a profile costs on top of its username and bio: the two are "
        "joined and looked through once more, by the detectors that find anything across them. The names detector looks at "
        "usernames and text in pictures only.",
        table(_COSTS, [_cost(cost) for cost in found.costs]),
        "## What the folds find, and their false alarms",
        "What `python -m moderation.evaluation.folds` prints. Terms of the lists that ship are rewritten and put into ordinary "
        "sentences; only the half of the terms that nobody tuned with is measured. The harmless texts are those of "
        "`wordlists/benign`, which the lists were checked against, so that their false alarms are a lower bound for others.",
        found.folds,
    ]


def _matching_conditions(found: KeywordEngine) -> str:
    compared, matching = found.compared, found.compared.matching
    return "\n".join(
        (
            f"{matching.terms:,} terms of two to six characters, drawn from how often words and characters are used; "
            f"{matching.texts:,} short texts of {matching.characters:.1f} characters on average and {matching.bulk_bytes / 1e6:.1f} "
            "MB of bulk text, in none of which a term stands. Ours also finds terms that are hidden by sound, shape or parts, "
            "and by chance some of these texts seem to hide one: before measuring, those in which it finds anything "
            f"({compared.texts_left_out:.1%} of the short texts, {compared.lines_left_out:.1%} of the bulk text's lines) were "
            "left out, for all alike.",
            "",
            f"CPU time of the whole process, garbage collectors off in Python. {compared.rounds} rounds over the short texts and "
            f"{bulk_rounds(compared.rounds)} over the bulk text, all matchers in turn in each; medians, in brackets the lowest and "
            "highest round. Ratios are taken within each round. Each matcher is warm, and is called as is quickest for it. "
            f"Ours gets and gives more than the others: it folds the text, looks for what is hidden and judges what it finds; "
            f"they match characters as they stand. The bulk text comes in pieces of {PIECE:,} characters, the longest post there "
            f"may be, and to npm's in pieces of {PIECE_FOR_NPM:,}. "
            f"“Finds”: of {PLANTED:,} short texts with a term put in; “Mistaken”: of the clean ones. “Built in”: for ours, reading "
            "and checking the list too.",
        )
    )


def _matching_reading(found: KeywordEngine) -> str:
    matching = found.compared.matching
    lines = [
        f"“Plain forms only” finds no term by {_listed(FOUND_OTHERWISE)}; width, case, traditional characters, enclosed and "
        "invisible characters, what was put in between, and vertical writing are on in all three.",
    ]
    costs = [median(matching.rows[name].ns) / 1000 for name in ENABLED if not matching.rows[name].not_run]
    if len(costs) == len(ENABLED) and not matching.rows[BARE].not_run:
        every, shapeless, plain = costs
        bare = median(matching.rows[BARE].ns) / 1000
        looks, all_of_them = (f"{us - every:+.2f}".replace("-", "−") for us in (shapeless, plain))
        lines.append(
            f"Switching look-alikes off changes a short text's cost by {looks} µs, switching all of these off by {all_of_them} µs. "
            f"Folding and finding the terms as they stand is {plain:.2f} µs, bare daachorse without folding {bare:.2f} µs."
        )
    return "\n".join(f"* {line}" for line in lines)


def _listed(names: Sequence[str]) -> str:
    plain = [name.replace("_", "-") for name in names]
    return f"{', '.join(plain[:-1])} or {plain[-1]}"


def _times(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


_LISTS = ("Lists", "Terms", "Read and compiled in", "Loaded in", "File", "Memory when loaded", "More at the first hit")


def _lists(name: str, lists: Lists) -> Sequence[str]:
    return (
        name,
        f"{lists.terms:,}",
        f"{lists.compile:.2f} s",
        f"{lists.load * 1000:.0f} ms ({lists.slowest * 1000:.0f})",
        *(f"{size / 1e6:.1f} MB" for size in (lists.kept, lists.loaded, lists.used)),
    )


def _shipped(found: KeywordEngine) -> str:
    return f"{found.shipped.terms:,} terms"


_CHECKS = (Check.KEYWORDS, Check.CONTACTS, Check.NAMES)
_COSTS = ("Text", "Texts", "Characters", *(str(check) for check in _CHECKS), "together")


def _cost(cost: Cost) -> Sequence[str]:
    alone = (cost.us.get((check,)) for check in _CHECKS)
    together = cost.us[max(cost.us, key=len)]
    shown = ("" if us is None else f"{us:.1f} µs" for us in (*alone, together))
    return cost.what, f"{cost.texts:,}", f"{cost.characters:.0f}", *shown
