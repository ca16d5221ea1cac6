"""The share of a group within so many minutes of a site."""

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin


@register
class GroupCoverage(ByOrigin):
    """Coverage within ``group``."""

    name = "group_coverage"
    needs = ("group", "cutoff_min")
    may = ("also_modes",)
