"""How sure are we: the same criteria under other assumptions and with sites in other places.

Every setting compares the same families before and after. What is compared between settings is the
outcome the numbers point to; whether a verdict may be given at all is ``verdicts.judge``'s affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.answering import Answers, answers, graded
from eh_access.analysis.displaced import displaced, sampled_names, usable_samples
from eh_access.analysis.lenses import at_threshold, lens_of
from eh_access.analysis.robustness_inputs import checked, refuse_unknown, repeats, usual
from eh_access.analysis.robustness_matters import matters_frame
from eh_access.analysis.robustness_tables import (
    FRAME_COLUMNS,
    SWEEP_COLUMNS,
    TIPPING_COLUMNS,
    assumption_columns,
    frame_rows,
    summary_frame,
    swept_row,
    tipping_row,
)
from eh_access.analysis.robustness_words import pointing_neither_way
from eh_access.analysis.scenarios import BASELINE
from eh_access.analysis.settings_grid import MAIN_WEIGHTS, SWEEPS, Setting, Sweep
from eh_access.analysis.shown import robustness_html, robustness_text
from eh_access.analysis.tipping import swept
from eh_access.errors import InputError

if TYPE_CHECKING:
    from eh_access.analysis.case import Case, Side
    from eh_access.analysis.criteria import Criterion
    from eh_access.analysis.lenses import Lens

    Cases = Mapping[str, Sequence[Case]]

PLACE_OF = "place of "
"""Before a site's id: the assumption that it is where it is drawn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Robustness:
    """What the criteria say under every setting tried; made by `robustness`.

    Parameters
    ----------
    frame
        ``robustness.csv``: a row for each scenario, criterion, and setting of the grid
        (``kind`` is "setting") or sampled position ("position"). See `FRAME_COLUMNS`.
    sweeps
        One assumption at a time: a row for each scenario, criterion and assumption, with how many
        values of it were tried and at how many the outcome is another.
    tipping
        A row for each scenario, criterion and assumption with a range: where the outcome turns.
        None for what points neither way.

    What `robustness` was told to point neither way has `NEITHER_WAY` as its main outcome: no try
    agrees with that, and its sentence counts what the tries point to instead.
    """

    frame: pd.DataFrame
    sweeps: pd.DataFrame
    tipping: pd.DataFrame
    _repr_html_ = robustness_html
    __repr__ = robustness_text

    def summary(self) -> pd.DataFrame:
        """Return how far each verdict holds, in numbers and in a sentence.

        Returns
        -------
        pandas.DataFrame
            A row per scenario and criterion: ``outcome`` (of the numbers, under the study's own
            assumptions), ``settings`` (those that could matter: the study's own is not among them,
            nor one that changes nothing the criterion looks at, nor one that does what an earlier
            one does), ``settings_agree`` of them, ``settings_tried`` (all but the study's own),
            ``positions`` and ``positions_agree``, ``lowest_value`` and ``highest_value`` over all
            tried, ``could_not_matter`` (the assumptions that touch nothing it looks at, in words),
            and ``sentence``: "holds in 20 of the 23 settings that could matter; turns to not met
            below 3.3 km/h (walking speed); could not matter: driving time".
        """
        return summary_frame(self.frame, self.tipping, self.sweeps)

    def tipping_points(self) -> pd.DataFrame:
        """Return where each outcome turns as one assumption moves, all others as in the study.

        Returns
        -------
        pandas.DataFrame
            ``scenario``, ``criterion``, ``assumption``, ``words``, ``unit``, ``main_value``,
            ``searched_from``, ``searched_to``, ``turns_below`` and ``turns_above`` (the nearest
            value on either side with another outcome; NaN where it stands as far as was
            searched), ``outcome_below`` and ``outcome_above`` ("" there). Assumptions that do not
            touch a criterion have no row.
        """
        return self.tipping.copy()

    def which_matters_most(self) -> pd.DataFrame:
        """Return the assumptions and places by how often an outcome hangs on them.

        The first row names the single unknown to find out first. Each is moved alone over its
        range, all others as in the study, and what counts is the share of all values tried at
        which an outcome is another: of that outcome which turns most often, so that those which
        stand do not thin it out. The share depends on the range tried, which stands beside it.

        Returns
        -------
        pandas.DataFrame
            ``assumption``, ``words``, ``searched``; ``scenario`` and ``criterion`` of the outcome
            that turns most often ("" where none does), ``tried``, ``differ`` and ``share`` of it;
            ``turned``, how many of ``pairs`` turn at any value. Those are the distinct outcomes
            it could turn: not the baseline's, none of which nothing can be said, and once where
            two scenarios are the same to a criterion. The highest share first.
        """
        return matters_frame(self.sweeps, self.frame)


def robustness(
    criteria: Sequence[Criterion],
    cases: Cases,
    *,
    settings: Sequence[Setting] | None = None,
    positions: Mapping[str, Side] | None = None,
    sweeps: Sequence[Sweep] = SWEEPS,
    neither: Collection[tuple[str, str]] = (),
) -> Robustness:
    """Ask the same criteria under other assumptions, and with roughly known sites in other places.

    Parameters
    ----------
    criteria
        What is asked.
    cases
        Scenarios by the name of their set of origins; the first set is the study's own, and every
        set holds the same scenarios. Nothing is routed here: each set brings its own times.
    settings
        The assumptions tried; None for the usual grid of 48 (fewer where there is no second set of
        origins or no column ``age0_15``). `Setting.origins` names a set, "" the first.
    positions
        Times to sampled places of the sites known only roughly (see
        ``positions.sampled_sites``), by scenario. That of the baseline serves both sides of every
        case; a scenario that moves such a site, or changes streets, needs one of its own.
    sweeps
        The assumptions moved one at a time.
    neither
        Scenario and criterion where the verdict points neither way, whatever the figures alone
        say: a place that is not known, or only roughly, could turn it.

    Returns
    -------
    Robustness
        The same for the same inputs, whatever the order of settings.

    Raises
    ------
    InputError
        If there are no cases or criteria, sets hold other scenarios, or sampled places lack times.
    NotFoundError
        If a setting names a set of origins or a column that is not there.

    Examples
    --------
    >>> from eh_access import BASELINE, WALK, Case, Close, Scenario, Side, apply_scenario
    >>> from eh_access import estimate_travel_times, load_origins, load_sites, load_study
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = {"walk": estimate_travel_times(homes, centres, mode=WALK)}
    >>> one_less = Scenario("one-less", "One fewer", (Close("arnold"),))
    >>> before, after = (
    ...     Side(sites=apply_scenario(centres, choice), times=times)
    ...     for choice in (BASELINE, one_less)
    ... )
    >>> case = Case(scenario="one-less", origins=homes, before=before, after=after)
    >>> found = robustness(load_study("rotherham").criteria[:1], {"oa": [case]})
    >>> found.summary()["settings"].tolist()
    [23]
    """
    names = checked(criteria, cases)
    grid = tuple(settings) if settings is not None else usual(cases)
    refuse_unknown(grid, cases)
    rows: list[pd.DataFrame] = []
    alone: list[dict[str, object]] = []
    tips: list[dict[str, object]] = []
    for number, case in enumerate(cases[names[0]]):
        sides = _sides(case, positions or {})
        for criterion in criteria:
            lenses = {name: lens_of(criterion, cases[name][number]) for name in names}
            lens = lenses[names[0]]
            main = answers(lens, [Setting()])
            rows.append(_on_grid(lenses, grid, main))
            found = [(sweep, swept(lens, sweep)) for sweep in sweeps]
            tips += [tipping_row(lens, told) for _, told in found if told is not None]
            alone += [swept_row(lens, sweep, told) for sweep, told in found]
            alone += _on_choices(lenses, grid, main)
            if sides is not None:
                sampled, one_by_one = _on_positions(lenses, sides, main)
                rows.append(sampled)
                alone += one_by_one
    frame = pd.concat([part for part in rows if len(part)], ignore_index=True)
    return Robustness(
        frame=pointing_neither_way(frame, neither),
        sweeps=pd.DataFrame(alone, columns=list(SWEEP_COLUMNS)),
        tipping=pd.DataFrame(
            [tip for tip in tips if (tip["scenario"], tip["criterion"]) not in neither],
            columns=list(TIPPING_COLUMNS),
        ),
    )


def _sides(case: Case, places: Mapping[str, Side]) -> tuple[Side, Side] | None:
    """Return times to sampled places for both sides of a case; None where nothing is sampled."""
    before = places.get(BASELINE.name)
    if before is None:
        return None
    after = places.get(case.scenario, before)
    faults = [
        f"sampled places for '{case.scenario}' lack {kind} by {mode}; work them out like the sites'"
        for ours, drawn in ((case.before, before), (case.after, after))
        for kind in ("times", "times_back", "distances")
        for mode in getattr(ours, kind)
        if mode not in getattr(drawn, kind)
    ]
    if faults:
        raise InputError(dict.fromkeys(faults))
    return None if before.sites.empty and after.sites.empty else (before, after)


def _on_grid(lenses: Mapping[str, Lens], grid: Sequence[Setting], main: Answers) -> pd.DataFrame:
    """Return the rows of one criterion of one scenario under every setting."""
    first, count = next(iter(lenses)), len(grid)
    lens = lenses[first]
    value, baseline = np.empty(count), np.empty(count)
    level = np.empty(count, dtype=np.int_)
    for name in dict.fromkeys(setting.origins for setting in grid):
        at = [row for row, setting in enumerate(grid) if setting.origins == name]
        told = answers(lenses[name or first], [grid[row] for row in at])
        value[at], baseline[at], level[at] = told.value, told.baseline_value, told.level
    factors = [setting.threshold_factor for setting in grid]
    effects = [lenses[setting.origins or first].effect(setting) for setting in grid]
    return frame_rows(
        lens,
        Answers(value=value, baseline_value=baseline, level=level),
        main.outcomes()[0],
        kind="setting",
        columns={
            **assumption_columns(lens.case, grid, origins=first),
            "number": np.arange(1, count + 1),
            "threshold": [at_threshold(lens.criterion, factor).threshold for factor in factors],
            "is_main": [setting.is_main for setting in grid],
            "touched": [effect != lens.effect(Setting()) for effect in effects],
            "repeats": repeats(grid, effects),
        },
    )


def _on_positions(
    lenses: Mapping[str, Lens], sides: tuple[Side, Side], main: Answers
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Return the rows of every sampled position, and how often each site alone turns it."""
    first = next(iter(lenses))
    lens = lenses[first]
    names = {} if lens.missing else sampled_names(lens, sides)
    if not names:
        return pd.DataFrame(columns=list(FRAME_COLUMNS)), []
    samples, base = usable_samples(sides), lens.base(MAIN_WEIGHTS)
    own = [Setting()] * len(samples)
    places = displaced(lens, sides, samples)

    def moved(sites: Iterable[str]) -> Answers:
        return graded(lens, places.figures(sites), base)

    rows = frame_rows(
        lens,
        moved(names),
        main.outcomes()[0],
        kind="position",
        columns={
            **assumption_columns(lens.case, own, origins=first),
            "number": [sample + 1 for sample in samples],
            "threshold": lens.criterion.threshold,
            "is_main": False,
            "touched": True,
            "repeats": False,
        },
    )
    alone = [
        {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
            "assumption": f"{PLACE_OF}{site}",
            "words": f"where {name} is",
            "searched": f"{len(samples)} sampled positions",
            "tried": len(samples),
            "differ": int((moved([site]).level != main.level[0]).sum()),
            "touches": True,
        }
        for site, name in names.items()
    ]
    return rows, alone


def _on_choices(
    lenses: Mapping[str, Lens], grid: Sequence[Setting], main: Answers
) -> Iterator[dict[str, object]]:
    """Yield how often an outcome turns with other weights, or other origins, alone."""
    first = next(iter(lenses))
    lens = lenses[first]
    for assumption, words, own in (
        ("origins", "set of origins", ""),
        ("weights", "what a family is counted by", MAIN_WEIGHTS),
    ):
        values = dict.fromkeys(getattr(setting, assumption) for setting in grid)
        others = [value for value in values if value != own]
        if not others:
            continue
        levels = [
            answers(
                lenses[value if assumption == "origins" else first],
                [replace(Setting(), **{assumption: value})],
            ).level[0]
            for value in others
        ]
        yield {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
            "assumption": assumption,
            "words": words,
            "searched": ", ".join(others),
            "tried": len(others),
            "differ": sum(int(level != main.level[0]) for level in levels),
            "touches": True,
        }
