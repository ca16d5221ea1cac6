"""How often the simulation is right: decisions in Newport with places hidden at random.

Each decision closes three of Newport's twelve sites at random. What is known is then spoilt: two to
four are stated somewhere within 400 to 1,500 m of where they are, one nowhere, two are said to be
there with a chance, and counts by ward are off. The simulation sees what is stated; its ranges and
calls are held against what is true. Thresholds lie within five points of the stated value, so that
many calls are close.

    python benchmarks/calibration.py --decisions 60
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

import eh_access as eh
from eh_access.criteria.criterion import Case, Criterion, Side
from eh_access.criteria.draws import Simulation, draw_sites, draw_weights, sampled_sites
from eh_access.criteria.uncertainty import SURE, simulate
from eh_access.study.inputs import read_inputs
from eh_access.study.travel import Travel, compute_travel_times

if TYPE_CHECKING:
    import geopandas as gpd

EVERY = 4
"""Of Newport's postcodes, one in so many is a home."""

COUNTS_SD = 5.0
CLOSED, ROUGH, DOUBTED = 3, (2, 5), 2
RADIUS_M = (400.0, 1500.0)
EVEN = 0.5
AROUND = {"share": 0.05, "points": 5.0, "min": 1.0}


@dataclass(frozen=True)
class World:
    """Newport as it is: a study, its streets, its homes, its sites and the times between them."""

    study: eh.Study
    network: eh.Network
    homes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    area: shapely.Geometry
    travel: Travel

    def times(self, sites: gpd.GeoDataFrame) -> Travel:
        """Return the times to any sites."""
        return compute_travel_times(
            *(self.study, self.homes, sites),
            network=self.network,
            buses=None,
        )


def open_world(every: int = EVERY) -> World:
    """Read Newport; wards stand in for areas of the census."""
    study = eh.load_study("newport")
    # along streets alone: the ranges were calibrated on these, and places are drawn the same by bus
    by_street = tuple(
        item for item in study.criteria if not {item.mode, *item.also_modes} & {"transit", "visit"}
    )
    study = study.model_copy(update={"criteria": by_street, "transit": None})
    inputs = read_inputs(study)
    homes = inputs.origins.iloc[::every]
    homes = homes.assign(area_id=homes["ward_code"])
    network = eh.read_network("newport")
    sites = eh.load_sites("newport_sites")
    world = World(study, network, homes, sites, inputs.borough, None)  # type: ignore[arg-type]
    return replace(world, travel=world.times(sites))


def spoil(
    world: World, random: np.random.Generator
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.Series]:
    """Return sites as stated, sites as they are, and how many live where in truth."""
    stated, true = world.sites.copy(), world.sites.copy()
    ids = random.permutation(world.sites.index.to_numpy())
    rough = ids[: random.integers(*ROUGH)]
    for site in rough:
        radius = random.uniform(*RADIUS_M)
        angle, away = random.uniform(0, 2 * np.pi), radius * np.sqrt(random.uniform())
        at = true.geometry[site]
        stated.loc[[site], "geometry"] = shapely.Point(
            at.x + away * np.cos(angle), at.y + away * np.sin(angle)
        )
        stated.loc[site, ["location_basis", "location_radius_m"]] = ["estimate", radius]
    stated.loc[ids[-1], "location_basis"] = "unknown"
    stated.loc[[ids[-1]], "geometry"] = None
    stated["existence"], true["is_open"] = 1.0, True
    for site in random.choice(ids, DOUBTED, replace=False):
        chance = random.uniform(0.5, 0.95)
        stated.loc[site, "existence"] = chance
        true.loc[site, "is_open"] = random.random() < chance
    seed = int(random.integers(2**31))
    weights = np.ravel(draw_weights(world.homes, sd=COUNTS_SD, seed=seed, draws=1))
    return stated, true, pd.Series(weights, index=world.homes.index)


def case_of(world: World, sites: gpd.GeoDataFrame, travel: Travel, closed: list[str]) -> Case:
    """Return the decision to close some sites."""
    start = sites.assign(is_open=sites.get("is_open", True))
    after = start.assign(is_open=start["is_open"] & ~start.index.isin(closed))
    return Case(
        scenario="closed",
        origins=world.homes,
        before=travel.side(start),
        after=travel.side(after),
    )


def decide(world: World, number: int, *, draws: int = 1000) -> pd.DataFrame:
    """Return, for each criterion of one decision, what was said and what is true."""
    random = np.random.default_rng([number, 20181022])
    stated, true, weights = spoil(world, random)
    closed = random.choice(world.sites.index.to_numpy(), CLOSED, replace=False).tolist()
    places = sampled_sites(stated, seed=number, within=world.area, origins=world.homes)
    side: Side = world.times(places).side(places)
    simulation = Simulation(
        doubts=draw_sites(stated, side, seed=number, draws=draws),
        sampled={"baseline": side},
        weights=draw_weights(world.homes, sd=COUNTS_SD, seed=number, draws=draws),
        draws=draws,
    )
    said = case_of(world, stated, world.times(stated.dropna(subset="geometry")), closed)
    truth = case_of(world, true, world.travel, closed)
    truth = replace(truth, origins=world.homes.assign(weight=weights))
    rows = []
    for item in world.study.criteria:
        criterion = moved(item, eh.judge(item, said).value, random)
        found = simulate([criterion], [said], simulation).of("closed", criterion.id)
        verdict = eh.judge(criterion.model_copy(update={"margin": 0.0}), truth)
        if found is not None:
            rows.append(
                {
                    "decision": number,
                    "criterion": criterion.id,
                    "low": found.value.low,
                    "high": found.value.high,
                    "true": verdict.value,
                    "chance": found.probability,
                    "met": verdict.outcome == "met",
                }
            )
    return pd.DataFrame(rows)


def moved(item: Criterion, value: float, random: np.random.Generator) -> Criterion:
    """Return a criterion whose threshold lies near what it comes to."""
    unit = item.kind.unit
    near = value + random.uniform(-AROUND[unit], AROUND[unit])
    most = {"share": 1.0, "points": 100.0, "min": np.inf}[unit]
    least = -np.inf if unit == "min" else 0.0
    return item.model_copy(update={"threshold": float(np.clip(near, least, most))})


def report(found: pd.DataFrame) -> str:
    """Return how often ranges hold the truth and calls are right, and the calibration figure."""
    tiny = 1e-9
    inside = (found["true"] >= found["low"] - tiny) & (found["true"] <= found["high"] + tiny)
    called = np.maximum(found["chance"], 1 - found["chance"]) >= SURE
    right = (found["chance"] >= EVEN) == found["met"]
    correct = 100 * right[called].mean()
    lines = [
        f"{found['decision'].nunique()} decisions, {len(found)} values",
        f"true value within the 90% range: {100 * inside.mean():.1f} in 100",
        f"calls at 90 in 100 or more: {called.sum()}, right {correct:.1f} in 100",
        "",
        "chance said   how many   met in truth",
    ]
    tens = np.minimum((found["chance"] * 10).astype(int), 9)
    for ten, part in found.groupby(tens):
        share = part["met"].mean()
        bar = "#" * round(20 * share)
        lines.append(f"{10 * ten:3d} to {10 * ten + 10:3d}   {len(part):8d}   {share:10.0%}  {bar}")
    return "\n".join(lines)


def main() -> None:
    """Print the calibration of so many decisions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=60)
    parser.add_argument("--every", type=int, default=EVERY)
    options = parser.parse_args()
    world = open_world(options.every)
    found = pd.concat([decide(world, number) for number in range(options.decisions)])
    print(report(found))


if __name__ == "__main__":
    main()
