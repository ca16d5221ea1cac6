"""Linear-programming bounds on suppressed cells: what a clever reader can tell of hidden counts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from private_run import LIMIT, STEP

Lines = list[tuple[dict[int, float], float, float]]


def known_of_counts(
    shown: pd.Series, rule: pd.Series, ward: pd.Series, *, least: float = 0.0
) -> tuple[list[float], list[float], Lines]:
    """Return what a reader knows of each area's true count: least, most, and sums of pools.

    ``shown`` are the counts as published, ``rule`` what the log says of each, empty where it is
    open, and ``least`` how many live in each area for certain.
    """
    hidden = rule.notna() & (rule != "")
    pooled = rule.astype("str").str.contains("pooled")
    # the pool over several wards has the same even part in each, and is no whole step in one
    lots: dict[object, list[str]] = {}
    for (_, part), members in shown[pooled].groupby([ward[pooled], shown[pooled]]).groups.items():
        whole = part * len(members)
        lone = abs(whole / STEP - round(whole / STEP)) > 1e-4
        lots.setdefault(("all", part) if lone else tuple(members), []).extend(members)
    open_low = (shown - STEP / 2).clip(lower=LIMIT)
    lows = open_low.where(~hidden, least).tolist()
    highs = (shown + STEP / 2).where(~hidden, LIMIT - 1.0).tolist()
    place = {name: number for number, name in enumerate(shown.index)}
    lines: Lines = []
    for members in lots.values():
        whole = float(shown[members].sum())
        # the most a pool can be: one that would leave an area not even the least is shown as less
        free = STEP * math.floor(((len(members) - 1) * (LIMIT - 1) + least) / STEP + 0.5)
        most = math.inf if whole >= free else whole + STEP / 2
        lines.append(({place[name]: 1.0 for name in members}, whole - STEP / 2, most))
    return lows, highs, lines


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
