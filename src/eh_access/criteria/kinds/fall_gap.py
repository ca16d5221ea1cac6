"""How many points more a group's share near a site falls than elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import Gap, near
from eh_access.criteria.kinds.coverage_fall import fall_points
from eh_access.measures.basic import share_where

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Counted, Criterion, Doubles


@register
class FallGap(Gap):
    """Fall of the share within ``cutoff_min`` in ``group``, less the fall elsewhere, in points."""

    name = "fall_gap"
    unit = "points"
    needs = ("group", "cutoff_min")
    may = ("also_modes",)

    def change(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the fall."""
        return fall_points(criterion, before, after, counted)

    def row(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> dict[str, float]:
        """Return the shares before and after, and the fall."""
        return {
            "weight": float(counted.weights.sum()),
            "share_before": share_where(near(criterion, before), counted.weights),
            "share_after": share_where(near(criterion, after), counted.weights),
            "fall_points": float(self.change(criterion, before, after, counted)),
        }
