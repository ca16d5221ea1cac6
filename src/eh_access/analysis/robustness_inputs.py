"""What ``robustness`` is given, checked; and which settings stand for others of the same effect."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from eh_access.analysis.settings_grid import MAIN_WEIGHTS, Setting, settings_grid
from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    from eh_access.analysis.case import Case
    from eh_access.analysis.criteria import Criterion

    Cases = Mapping[str, Sequence[Case]]


def checked(criteria: Sequence[Criterion], cases: Cases) -> list[str]:
    """Return the names of the sets of origins, once there is something to ask of each."""
    names = list(cases)
    faults = [] if criteria else ["no criteria were given; there is nothing to ask"]
    if not names or not cases[names[0]]:
        faults.append("no cases were given; there is nothing to ask about")
    else:
        wanted = [case.scenario for case in cases[names[0]]]
        faults += [
            f"origins '{name}': scenarios are {got}, those of '{names[0]}' are {wanted}; give the "
            "same in the same order"
            for name in names[1:]
            if (got := [case.scenario for case in cases[name]]) != wanted
        ]
    if faults:
        raise InputError(faults)
    return names


def usual(cases: Cases) -> tuple[Setting, ...]:
    """Return the usual grid, with as many origins and weights as there are."""
    names = list(cases)
    weights = [MAIN_WEIGHTS]
    if all("age0_15" in held[0].origins.columns for held in cases.values()):
        weights.append("age0_15")
    return settings_grid(origins=("", *names[1:2]), weights=weights)


def refuse_unknown(grid: Sequence[Setting], cases: Cases) -> None:
    """Refuse settings of sets of origins that are not there."""
    faults = {
        f"setting: no set of origins '{setting.origins}': {did_you_mean(setting.origins, cases)}"
        for setting in grid
        if setting.origins and setting.origins not in cases
    }
    if faults:
        raise NotFoundError("\n".join(sorted(faults)))


def repeats(grid: Sequence[Setting], effects: Sequence[Hashable]) -> list[bool]:
    """Return which settings do what another does that is counted for both, whatever their order."""
    ordered = sorted(range(len(grid)), key=lambda row: (not grid[row].is_main, repr(grid[row])))
    counted: dict[Hashable, int] = {}
    for row in ordered:
        counted.setdefault(effects[row], row)
    return [counted[effect] != row for row, effect in enumerate(effects)]
