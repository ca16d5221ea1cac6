"""Whether services are reasonably local: criteria, judged."""

from eh_access.criteria import kinds as kinds
