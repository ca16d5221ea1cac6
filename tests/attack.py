"""Linear-programming bounds on suppressed cells: what a clever reader can tell of hidden counts."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

Lines = list[tuple[dict[int, float], float, float]]


def ranges(
    lows: list[float], highs: list[float], lines: Lines, asked: list[int]
) -> list[tuple[float, float]]:
    """Return the least and the most each unknown can be.

    ``lines`` are sums with their least and most.
    """
    matrix, bounds = [], []
    for factors, low, high in lines:
        row = np.zeros(len(lows))
        row[list(factors)] = list(factors.values())
        matrix += [row, -row]
        bounds += [high, -low]
    told = []
    for which in asked:
        cost = np.zeros(len(lows))
        cost[which] = 1.0
        ends = [
            linprog(
                sign * cost,
                A_ub=np.array(matrix),
                b_ub=bounds,
                bounds=list(zip(lows, highs, strict=True)),
                method="highs",
            )
            for sign in (1, -1)
        ]
        assert all(end.status == 0 for end in ends), ends
        told.append((ends[0].fun, -ends[1].fun))
    return told
