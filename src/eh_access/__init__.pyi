# The public names and where each lives: loaded from here when first asked for, and read by editors.

from .arguments import (
    SearchOptions as SearchOptions,
)
from .criteria.criterion import (
    Case as Case,
    Criterion as Criterion,
    JudgeSettings as JudgeSettings,
    Outcome as Outcome,
    Side as Side,
    Verdict as Verdict,
    Verdicts as Verdicts,
)
from .criteria.evaluate import (
    Assumptions as Assumptions,
)
from .criteria.judge import (
    judge as judge,
)
from .criteria.sensitivity import (
    Sensitivity as Sensitivity,
    sensitivity as sensitivity,
)
from .errors import (
    EhAccessError as EhAccessError,
    InputError as InputError,
    NotFoundError as NotFoundError,
    SourceError as SourceError,
)
from .facts import (
    Note as Note,
)
from .frames import (
    ResultFrame as ResultFrame,
)
from .measures.basic import (
    coverage as coverage,
    coverage_by as coverage_by,
    cumulative_opportunities as cumulative_opportunities,
    nearest as nearest,
    nth_nearest as nth_nearest,
    weighted_mean as weighted_mean,
    weighted_quantile as weighted_quantile,
)
from .measures.catchments import (
    Decay as Decay,
    FloatingCatchment as FloatingCatchment,
    absorption as absorption,
    area_catchments as area_catchments,
    catchments as catchments,
    exponential as exponential,
    floating_catchment as floating_catchment,
    linear as linear,
    load_on_sites as load_on_sites,
    logistic as logistic,
    take_up as take_up,
)
from .measures.comparison import (
    Comparison as Comparison,
    compare as compare,
)
from .measures.equity import (
    concentration_index as concentration_index,
    fairness_frame as fairness_frame,
    fifths as fifths,
    gap as gap,
    gini as gini,
    imd_fifth as imd_fifth,
)
from .measures.opening_hours import (
    Window as Window,
    hours_reachable as hours_reachable,
    nearest_open_for as nearest_open_for,
    windows_from_frame as windows_from_frame,
    with_hours as with_hours,
)
from .measures.scenarios import (
    BASELINE as BASELINE,
    Close as Close,
    Move as Move,
    Open as Open,
    Scenario as Scenario,
    SetHours as SetHours,
    apply_scenario as apply_scenario,
    open_sites as open_sites,
)
from .modes import (
    CYCLE as CYCLE,
    DRIVE as DRIVE,
    MODES as MODES,
    PUSHCHAIR as PUSHCHAIR,
    TODDLER as TODDLER,
    TravelMode as TravelMode,
    WALK as WALK,
    WHEELCHAIR as WHEELCHAIR,
    get_mode as get_mode,
)
from .network.edit import (
    AddLink as AddLink,
    CloseStreet as CloseStreet,
    SetSpeedLimit as SetSpeedLimit,
    change_streets as change_streets,
)
from .network.io import (
    read_network_file as read_network_file,
    write_network as write_network,
)
from .network.model import (
    Network as Network,
)
from .network.snapping import (
    Snapped as Snapped,
    snap as snap,
)
from .network.terrain import (
    Terrain as Terrain,
    read_terrain as read_terrain,
    with_heights as with_heights,
)
from .planning.alternatives import (
    AlternativeOptions as AlternativeOptions,
    Alternatives as Alternatives,
    rank_alternatives as rank_alternatives,
)
from .planning.outreach import (
    Loss as Loss,
    Outreach as Outreach,
    OutreachOptions as OutreachOptions,
    best_sessions as best_sessions,
)
from .planning.siting import (
    Placement as Placement,
    SitingOptions as SitingOptions,
    choose_sites as choose_sites,
)
from .planning.three_readings import (
    readings_table as readings_table,
)
from .privacy.policy import (
    Policy as Policy,
)
from .provenance import (
    Provenance as Provenance,
)
from .publish.interactive import (
    inline_map as inline_map,
)
from .publish.outputs import (
    write_outputs as write_outputs,
)
from .publish.writers.html import (
    render_report as render_report,
)
from .publish.writers.map import (
    render_map as render_map,
)
from .publish.writers.picture import (
    Picture as Picture,
)
from .routing.estimate import (
    estimate_travel_times as estimate_travel_times,
)
from .routing.examples import (
    example_street as example_street,
    example_trips as example_trips,
)
from .routing.isochrones import (
    isochrones as isochrones,
)
from .routing.matrix import (
    count_within as count_within,
    coverage_within as coverage_within,
    nearest_sites as nearest_sites,
    node_times as node_times,
    travel_time_matrix as travel_time_matrix,
)
from .routing.route import (
    Route as Route,
    route as route,
)
from .routing.search import (
    minutes_from_nodes as minutes_from_nodes,
)
from .routing.travel_times import (
    TravelTimes as TravelTimes,
)
from .sources.bundled import (
    load_areas as load_areas,
    load_origins as load_origins,
    load_sites as load_sites,
    load_sources as load_sources,
    timetable_path as timetable_path,
)
from .sources.openstreetmap import (
    cached_network as cached_network,
    download_network as download_network,
)
from .study.config import (
    Study as Study,
    load_study as load_study,
)
from .study.findings import (
    Findings as Findings,
    Maps as Maps,
    find_findings as find_findings,
    find_maps as find_maps,
    find_sensitivity as find_sensitivity,
)
from .study.inputs import (
    read_inputs as read_inputs,
)
from .study.opening import (
    check_study as check_study,
    open_study as open_study,
)
from .study.records import (
    Inputs as Inputs,
)
from .study.result import (
    StudyResult as StudyResult,
)
from .study.run import (
    run_study as run_study,
)
from .study.streets import (
    find_streets as find_streets,
    read_network as read_network,
)
from .tables import (
    check_areas as check_areas,
    check_origins as check_origins,
    check_sites as check_sites,
    points_from_columns as points_from_columns,
)
from .transit.edit import (
    AddLine as AddLine,
    CloseStop as CloseStop,
    SetFrequency as SetFrequency,
    WithdrawRoute as WithdrawRoute,
    change_timetable as change_timetable,
    fragility as fragility,
    lose_departures as lose_departures,
)
from .transit.examples import (
    example_buses as example_buses,
    example_timetable as example_timetable,
)
from .transit.journeys import (
    TransitTimes as TransitTimes,
    transit_times as transit_times,
)
from .transit.reading import (
    check_timetable as check_timetable,
    read_timetable as read_timetable,
)
from .transit.timetable import (
    Timetable as Timetable,
)
from .transit.trips import (
    TransitTrip as TransitTrip,
    explain_trip as explain_trip,
)
from .transit.visits import (
    Visits as Visits,
    visits as visits,
)
from .transit.walks import (
    JourneyLimits as JourneyLimits,
    Walks as Walks,
    find_walks as find_walks,
)
from ._version import __version__ as __version__
