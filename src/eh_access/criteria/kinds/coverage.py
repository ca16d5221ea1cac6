"""The share of people within so many minutes of a site."""

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin


@register
class Coverage(ByOrigin):
    """Share of weight within ``cutoff_min`` of a site."""

    name = "coverage"
    needs = ("cutoff_min",)
    may = ("also_modes",)
