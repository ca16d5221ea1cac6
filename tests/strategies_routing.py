"""Towns drawn at random, for the tests of networks and routing."""

from __future__ import annotations

from hypothesis import strategies as st

from eh_access.network.model import Network
from toys import ONE_WAY, STEPS, STREET, toy_network


@st.composite
def towns(draw: st.DrawFn) -> Network:
    """Draw a town: random crossings, random streets, some one-way or steps.

    Crossings are moved a little off the grid so that no two streets lie on one another: between
    such twins a point's nearest street is a matter of chance.
    """
    count = draw(st.integers(3, 25))
    place = st.tuples(st.integers(0, 60), st.integers(0, 60))
    places = draw(st.lists(place, min_size=count, max_size=count, unique=True))
    xy = [
        (20.0 * x + 9 * (k * 0.618034 % 1), 20.0 * y + 9 * (k * k * 0.414214 % 1))
        for k, (x, y) in enumerate(places)
    ]
    tags = st.sampled_from([STREET, STREET, ONE_WAY, STEPS, {"highway": "primary"}])
    node = st.integers(0, count - 1)
    street = st.tuples(node, node, st.none(), tags).filter(lambda s: s[0] != s[1])
    spine = [(k, k + 1, None, STREET) for k in range(count - 1) if draw(st.booleans())]
    streets = spine + draw(st.lists(street, min_size=1, max_size=40))
    different = {frozenset(street[:2]): street for street in streets}
    return toy_network(list(different.values()), xy)
