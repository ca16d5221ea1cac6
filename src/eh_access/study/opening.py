"""Open, check and copy studies; overwrite nothing they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import geopandas as gpd
import pandas as pd
import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import (
    EhAccessError,
    InputError,
    SourceError,
    close_match,
    did_you_mean,
)
from eh_access.facts import note
from eh_access.measures.opening_hours import clock_min
from eh_access.measures.scenarios import BASELINE, apply_scenario
from eh_access.modes import LABELS, TRANSIT
from eh_access.network.io import write_network
from eh_access.routing.route import route
from eh_access.routing.travel_times import NO_LOCATION, OFF_NETWORK, Direction
from eh_access.sources.bundled import bundled_names, study_path
from eh_access.sources.exports import split_layer
from eh_access.study.config import (
    BUNDLED,
    Study,
    find_study,
    load_study,
    read_study,
    read_toml,
    study_from_bytes,
)
from eh_access.study.families import postcode_tables
from eh_access.study.inputs import (
    changed_networks,
    gathering,
    reach_of,
    read_inputs,
    read_week,
    write_new,
)
from eh_access.study.reading import (
    INWARD,
    POSTCODE,
    plain_postcodes,
    read_table,
    written_postcode,
)
from eh_access.study.streets import (
    CONNECT_TIMEOUT_S,
    DOWNLOAD,
    buffer_for,
    find_streets,
    own_streets,
    street_file,
)
from eh_access.study.travel import (
    find_family_walks,
    find_visits,
    find_visits_of_a_week,
    session_mode,
    sessions_of_the_day,
    times_by,
)
from eh_access.tables import CRS

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network
    from eh_access.routing.route import Route
    from eh_access.study.config import TransitSettings
    from eh_access.study.records import Inputs
    from eh_access.transit.timetable import Timetable
    from eh_access.transit.trips import TransitTrip
    from eh_access.transit.visits import Visits
    from eh_access.transit.walks import Walks


def files_read(study: Study, *given: Path | None) -> tuple[Path, ...]:
    """Return every file a study reads, or would with another of its sets of origins."""
    files = [study.folder / study.file_name, *_resolved(study)]
    files += [path for path in given if path is not None]
    return tuple(path for path in files if path.is_file())


def _resolved(study: Study) -> Iterator[Path]:
    named = [name for _, name in study.data if isinstance(name, str)]
    named += study.data.origins.values()
    if street_file(study.streets.source) is not None:
        named.append(str(study.streets.source))
    for feed in study.transit.feeds if study.transit else ():
        path = study.resolve(feed)
        yield from sorted(path.glob("*.txt")) if path.is_dir() else [path]
    for name in named:
        with suppress(EhAccessError):  # nothing of that name ships; that is told where it is read
            yield split_layer(study.resolve(name), name)[0]


def refuse_overwriting(folder: Path, names: Iterable[str], read: Iterable[Path]) -> None:
    """Refuse outputs that would replace a file that is read."""
    there = [path for path in read if path.is_file()]
    faults = [
        f"{path.as_posix()}: would be written over, and it is one of the files read; give another "
        "place with --out"
        for path in (folder / name for name in names)
        if path.is_file() and any(path.samefile(one) for one in there)
    ]
    if faults:
        raise InputError(dict.fromkeys(faults))


_UP = '"../'
"""How the studies that ship name the data that ship beside them."""


def study_text(name: str) -> str:
    """Return the text of a study that ships, fit to stand in any folder."""
    return study_path(name).read_text(encoding="utf-8").replace(_UP, f'"{BUNDLED}')


def write_study(name: str, path: Path) -> Path:
    """Write a copy of a study that ships."""
    text = study_text(name)
    file = path / "study.toml" if path.is_dir() else path
    write_new(file, text)
    return file


@check_arguments
def open_study(
    path_or_name: str | Path, *, origins: str | None = None, families: Path | None = None
) -> tuple[Study, Inputs]:
    """Return a study and its tables.

    Parameters
    ----------
    path_or_name
        Path of a study.toml, of a folder that holds one, or a bundled name: ``"rotherham"``.
    origins
        Which set of origins, by its name in ``data.origins``; the first if None.
    families
        A list of families to count in their place; see `read_inputs`.

    Returns
    -------
    tuple of Study and Inputs
        Both checked.

    Raises
    ------
    InputError
        Every fault of the study.toml and of the tables it names.
    SourceError
        If there is no such study file.
    NotFoundError
        If there is no bundled study of that name, or no such set of origins.

    Examples
    --------
    >>> study, inputs = open_study("rotherham")
    >>> len(inputs.origins), inputs.origins_name
    (878, 'oa')
    """
    path = find_study(path_or_name)
    data = read_toml(path)
    try:
        study = study_from_bytes(data, path=path)
    except InputError as error:
        faults = [*error.faults]
        with gathering(faults):
            _read_tables(data, path)
        raise InputError(dict.fromkeys(faults)) from error
    return study, read_inputs(study, origins=origins, families=families)


@check_arguments
def check_study(path_or_name: str | Path) -> tuple[Study, dict[str, Inputs]]:
    """Return a study and all its tables and sets of origins, its own streets read as well.

    Parameters
    ----------
    path_or_name
        As for `open_study`.

    Returns
    -------
    tuple of Study and dict
        The tables by the name of the set of origins.

    Raises
    ------
    InputError
        Every fault found anywhere.
    SourceError, NotFoundError
        As for `open_study`.

    Examples
    --------
    >>> sorted(check_study("rotherham")[1])
    ['oa', 'postcode']
    """
    try:
        study = load_study(path_or_name)
    except InputError:
        open_study(path_or_name)  # adds the faults of the tables
        raise
    by_origins: dict[str, Inputs] = {}
    faults: list[str] = []
    for name in study.data.origins:
        with gathering(faults):
            by_origins[name] = read_inputs(study, origins=name)
    with gathering(faults):
        _refuse_streets(study, next(iter(by_origins.values()), None))
    with gathering(faults):
        refuse_unanswerable(study)
    if faults:
        raise InputError(dict.fromkeys(faults))
    return study, {name: _unseen_streets(study, tables) for name, tables in by_origins.items()}


def refuse_unanswerable(study: Study) -> None:
    """Refuse a study without criteria."""
    if not study.criteria:
        raise InputError(
            f"{study.file_name}: there is no [[criterion]], so there is nothing to judge by; add "
            "one (docs/how-to/own-study.md lists what can be asked)"
        )


def _refuse_streets(study: Study, tables: Inputs | None) -> None:
    """Refuse streets at hand that cannot be used, and changes to them that cannot be made."""
    changing = any(scenario.assess and scenario.streets for scenario in study.scenarios)
    if tables is None or not changing:
        own_streets(study, None if tables is None else tables.borough)
        return
    streets = find_streets(study, tables.borough, offline=True)
    if streets.network is not None or not streets.missed:
        changed_networks(study, tables.areas, streets.network, streets.how)


def _unseen_streets(study: Study, tables: Inputs) -> Inputs:
    """Add a note if changes of streets could not be checked yet."""
    named = [item.name for item in study.scenarios if item.assess and item.streets]
    if not named or study.streets.source not in (None, DOWNLOAD):
        return tables
    if find_streets(study, tables.borough, offline=True).network is not None:
        return tables
    unseen = note("warning", "unseen-streets", scenarios=tuple(named))
    return replace(tables, notes=(*tables.notes, unseen))


def _read_tables(data: bytes, path: Path) -> None:
    """Read the tables of a study whose own file has faults, for the faults of theirs."""
    study, faults, _ = read_study(data, path=path)
    faulty = {where[:length] for where, _ in faults for length in (1, 2, 3)}
    if ("data",) in faulty:
        return
    # a scenario with a fault has been reported; which sites it names can be checked all the same
    scenarios = []
    for number, item in enumerate(study.scenarios):
        where = ("scenario", number)
        moves = () if (*where, "move") in faulty else item.move
        update = {"assess": False, "move": moves} if where in faulty else {}
        scenarios.append(item.model_copy(update=update))
    sound: dict[str, Any] = {
        name: value for name, value in study if (Study.key_of(name),) not in faulty
    }
    data_files = study.data.model_copy(update={"families": None})
    sound |= {"scenarios": tuple(scenarios), "data": data_files}
    read_inputs(Study.model_construct(None, **sound), protect=False)


USUAL_BUFFER_M = 3000.0
MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")


def fetch_network(place: str, *, out: Path | None = None, buffer_m: float | None = None) -> Network:
    """Download the streets of a place and store them for later runs."""
    from eh_access.sources import openstreetmap  # noqa: PLC0415 - only where asked for

    area, wanted_m, read = _area(place)
    if out is not None:
        refuse_overwriting(out.parent, [out.name], read)
    far_m = wanted_m if buffer_m is None else buffer_m
    stored = None if area is None else openstreetmap.cached_network(area, buffer_m=far_m)
    if stored is None and not openstreetmap.is_connected(CONNECT_TIMEOUT_S):
        raise SourceError(
            "the OpenStreetMap server cannot be reached; check the connection, or name a map "
            "file (.osm.pbf) as streets.source in the study"
        )
    outline = area if area is not None else openstreetmap.place_outline(place)
    network = stored or openstreetmap.download_network(outline, buffer_m=far_m)
    if out is not None:
        write_network(network, out)
    return network


def _area(
    place: str,
) -> tuple[BaseGeometry | gpd.GeoDataFrame | None, float, tuple[Path, ...]]:
    """Return the area of a study or a map file, its buffer and the files read."""
    # None for a place to look up.
    path = Path(place)
    suffix = path.suffix.lower()
    if suffix in MAP_SUFFIXES:
        return read_table(path, name=path.name, role="area").frame, USUAL_BUFFER_M, (path,)
    if place in bundled_names("studies") or suffix == ".toml" or path.exists():
        study, inputs = open_study(place)
        return inputs.borough, buffer_for(study), files_read(study)
    return None, USUAL_BUFFER_M, ()


def _refuse_unplaced(walks: Walks) -> None:
    """Refuse ends of a journey that lie on no street."""
    for end, status in (
        ("--from", walks.walking.origin_status),
        ("--to", walks.walking.site_status),
    ):
        if status["status"].iloc[0] in {OFF_NETWORK, NO_LOCATION}:
            raise InputError(f"{end}: {status['reason'].iloc[0]}")


def explain_transit_trip(  # noqa: PLR0913 - what a journey is has this many sides
    study: Study,
    inputs: Inputs,
    network: Network | None,
    *,
    start: str,
    site: str,
    arrive_by: str | None = None,
    depart_after: str | None = None,
    date: str | None = None,
) -> tuple[TransitTrip, Timetable]:
    """Return the journey by timetable from a place to one of a study's sites, and what runs."""
    from eh_access.transit.reading import read_timetable  # noqa: PLC0415 - few studies have one
    from eh_access.transit.trips import explain_trip as explain  # noqa: PLC0415 - as above

    faults: list[str] = []
    asked, buses = study.transit, inputs.buses
    if asked is None or buses is None:
        faults.append("the study has no timetable: add [transit] with feeds, date and a window")
    if network is None:
        faults.append("there are no streets to walk to a stop on; give some with --streets")
    sites = with_candidates(inputs)
    faults += _no_such_site(site, study, inputs)
    if (arrive_by is None) == (depart_after is None):
        faults.append("give either --arrive or --depart, a time such as 10:00")
    for option, time in (("--arrive", arrive_by), ("--depart", depart_after)):
        with gathering(faults, f"{option}: "):
            # a timetable runs on past midnight; who sets out then has the next day's date
            clock_min("00:00" if time is None else time)
    with gathering(faults):
        place = _start(study, start)
    if faults or asked is None or buses is None or network is None:
        raise InputError(faults)
    if date is not None:
        feeds = [study.resolve(feed) for feed in asked.feeds]
        buses = read_timetable(feeds, date, area=_reach(asked, inputs))
    home = _home(place, start)
    walks = find_family_walks(study, buses, network, home, sites.loc[[site]])
    when = {"arrive_by": arrive_by, "depart_after": depart_after}
    _refuse_unplaced(walks)
    return explain(buses, walks, home.index[0], site, **when), buses


def explain_sessions(
    study: Study, inputs: Inputs, network: Network | None, *, start: str, mode: str | None = None
) -> tuple[Visits, str]:
    """Return the sessions that a family at a place can be at and get home from, and how it goes."""
    buses = inputs.buses
    faults: list[str] = []
    mode = mode or (session_mode(study) if buses is None else TRANSIT)
    faults += _no_such_mode(mode, study, inputs)
    if not inputs.timetable and (study.transit is None or not study.transit.sessions):
        faults.append("the study has no sessions: give data.timetable, or sessions in [transit]")
    if network is None:
        faults.append("there are no streets to walk along; give some with --streets")
    with gathering(faults):
        home = _home(_start(study, start), start)
    if faults or network is None:
        raise InputError(faults)
    sites = apply_scenario(inputs.sites, BASELINE)
    sites = sites[sites["is_open"]]
    windows = inputs.timetable
    week = [] if buses is None else [buses]
    if not windows and buses is not None:
        windows = sessions_of_the_day(study, buses, sites.index)
    elif buses is not None and mode == TRANSIT:
        around = inputs.borough, inputs.sites, inputs.candidates, inputs.neighbours
        week = read_week(study, buses, windows, *around)
    windows = {site: held for site, held in windows.items() if site in sites.index}
    if mode == TRANSIT:
        if not week:
            raise InputError("nothing runs on any day with sessions in the week of the date")
        return find_visits_of_a_week(study, network, home, sites, windows=windows, week=week), mode
    way = study.settings.travel_modes()[mode]
    there, back = (
        times_by(way, home, sites, network=network, study=study, direction=direction)
        for direction in get_args(Direction)
    )
    return find_visits(study, there, back, windows), mode


def _home(place: gpd.GeoSeries | tuple[float, float], start: str) -> gpd.GeoDataFrame:
    """Return the start of a trip as a table of one home."""
    if isinstance(place, tuple):
        place = gpd.GeoSeries(gpd.points_from_xy([place[0]], [place[1]]), index=[start], crs=CRS)
    return gpd.GeoDataFrame(geometry=place)


def _reach(asked: TransitSettings, inputs: Inputs) -> BaseGeometry:
    """Return where vehicles must call to be of use to a study."""
    return reach_of(asked, inputs.borough, inputs.sites, inputs.candidates, inputs.neighbours)


def check_timetables(
    feeds: Sequence[Path] = (),
    date: str | None = None,
    *,
    study: str | Path | None = None,
    streets: str | None = None,
    naptan: Path | None = None,
) -> pd.DataFrame:
    """Return every check of a timetable: of its feed, and of its answers where a study asks."""
    from eh_access.sources.naptan import read_stops  # noqa: PLC0415 - few ask
    from eh_access.transit.answers import (  # noqa: PLC0415 - same
        find_answer_gates,
        find_line_gates,
        find_stop_gates,
    )
    from eh_access.transit.feed import DRAWN, read_feed, read_tables  # noqa: PLC0415 - same
    from eh_access.transit.reading import check_timetable, make_timetable  # noqa: PLC0415 - same

    asked = opened = around = None
    if study is not None:
        opened, inputs = open_study(study)
        asked = opened.transit
        if asked is None:
            raise InputError(
                f"--study {study}: it has no timetable; add [transit] with feeds, date and a window"
            )
        around = _reach(asked, inputs)
        feeds = feeds or [opened.resolve(feed) for feed in asked.feeds]
        date = date or str(asked.date)
    if not feeds or date is None:
        raise InputError("give a feed and --date, or a study that has both: --study newport")
    known = None if naptan is None else read_stops(naptan, around)
    feed = read_feed(feeds)
    checks = [check_timetable(feed, date, area=around)]
    if (checks[0]["severity"] == "stop").any():
        return checks[0]
    timetable = make_timetable(feed, date, area=around)
    drawn = (read_tables(Path(path), DRAWN, columns=DRAWN) for path in feeds)
    checks.append(find_line_gates(timetable, drawn))
    if opened is not None and asked is not None:
        network = find_streets(opened, inputs.borough, streets=streets).network
        if network is None:
            raise InputError("there are no streets to walk to a stop on; give some with --streets")
        walks = find_family_walks(opened, timetable, network, inputs.origins, inputs.sites)
        checks.append(
            find_answer_gates(timetable, walks, window=asked.window, by=asked.by, area=around)
        )
    if known is not None:
        checks.append(find_stop_gates(timetable, known, area=around))
    return pd.concat([gates for gates in checks if len(gates)], ignore_index=True)


def explain_trip(
    study: Study,
    inputs: Inputs,
    network: Network | None,
    *,
    start: str,
    site: str,
    mode: str | None = None,
) -> Route:
    """Return the trip from a postcode or coordinates to one of a study's sites."""
    mode = session_mode(study) if mode is None else mode
    faults: list[str] = []
    if network is None:
        faults.append(
            "there are no streets, and a straight line explains nothing; give some with --streets"
        )
    faults += [*_no_such_site(site, study, inputs), *_no_such_mode(mode, study, inputs)]
    with gathering(faults):
        place = _start(study, start)
    if faults or network is None:
        raise InputError(faults)
    way = study.settings.travel_modes()[mode]
    return route(network, place, with_candidates(inputs).loc[site], way)


def with_candidates(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return a study's sites and its candidates."""
    if inputs.candidates is None:
        return inputs.sites
    # those that a scenario opens stand among the sites already
    return pd.concat([inputs.sites, inputs.candidates.drop(inputs.sites.index, errors="ignore")])


def _no_such_site(site: str, study: Study, inputs: Inputs) -> Iterator[str]:
    """Yield a fault where neither a site nor a candidate has an id."""
    known = with_candidates(inputs).index
    if site not in known:
        files = " and ".join(filter(None, (study.data.sites, study.data.candidates)))
        hint = did_you_mean(site, known, first=inputs.sites.index)
        yield f"--to: no site '{site}': {hint} (all: column site_id of {files})"


def _no_such_mode(mode: str, study: Study, inputs: Inputs) -> Iterator[str]:
    """Yield a fault where a study has no way of travelling of that name."""
    known = [*study.settings.modes, *([] if inputs.buses is None else [TRANSIT])]
    if mode not in known:
        ways = ", ".join(f"'{name}' ({LABELS[name]})" for name in known)
        hint = close_match(mode, known) or f"give one of {ways}"
        yield f"--mode: no mode '{mode}' in this study: {hint}"


def near_postcode(code: str, known: Iterable[str]) -> str:
    """Return a hint naming known postcodes of the same sector, or district, or like it."""
    whole = list(known)
    sector, district = (
        [other for other in whole if other[:-letters] == code[:-letters]] for letters in (2, INWARD)
    )
    return close_match(written_postcode(code), map(written_postcode, sector or district or whole))


def _start(study: Study, start: str) -> gpd.GeoSeries | tuple[float, float]:
    """Return the start of a trip, from a postcode or coordinates."""
    code = str(plain_postcodes(pd.Series([start])).iloc[0])
    if POSTCODE.fullmatch(code):
        known: dict[str, tuple[float, float] | None] = {}
        for table in postcode_tables(study):
            known = table.by_code | known
        place = known.get(code)
        if place is None and code in known:
            raise InputError(
                f"--from: the postcode '{start}' stands twice in a table of postcodes, at places "
                "too far apart to be one: correct it, or give easting and northing, as in "
                "443000,392000"
            )
        if place is None:
            hint = near_postcode(code, known)
            raise InputError(
                f"--from: the postcode '{start}' is in no table at hand: "
                f"{hint + ' Or give' if hint else 'give'} easting and northing, as in 443000,392000"
            )
        return gpd.GeoSeries([shapely.Point(place)], index=[start.upper()], crs=CRS)
    try:
        easting, northing = (float(part) for part in start.split(","))
    except ValueError:
        raise InputError(
            f"--from: '{start}' is neither a whole postcode nor easting and northing in metres, as "
            "in 443000,392000"
        ) from None
    return easting, northing
