"""Public transport by timetable: exact times, there and back, explained in legs.

`read_timetable` reads one date of a GTFS feed, `check_timetable` says whether to believe it.
`find_walks` finds the walks by the streets and the family's own mode, `transit_times` the times
over a window by arrival or departure; `TransitTimes.to_travel_times` hands them to every measure
there is. `explain_trip` explains one, `visits` asks for whole sessions, there and back.
`change_timetable` makes scenarios, `fragility` loses departures. Times are deciseconds inside,
minutes outside.
"""
