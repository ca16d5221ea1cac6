from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import eh_access

TESTS = Path(__file__).parent
HEAVY = {"folium", "osmnx", "matplotlib", "networkx", "gptables", "docx", "pandas", "numba"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import json, sys, eh_access; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(json.loads(ran.stdout)) == set()


def test_running_a_study_loads_nothing_that_only_draws_or_downloads() -> None:
    code = (
        f"import json, sys, eh_access; sys.path.append({str(TESTS)!r})\n"
        "from study_files import with_few_draws\n"
        "eh_access.run_study(with_few_draws(eh_access.load_study('newport')))\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"folium", "osmnx", "matplotlib", "gptables", "docx"} & set(
        json.loads(ran.stdout)
    ) == set()


@pytest.mark.parametrize("name", eh_access.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(eh_access, name) is not None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="attribute runstudy"):
        eh_access.runstudy  # noqa: B018


def test_names_are_offered_for_completion() -> None:
    assert {"run_study", "load_study"} <= set(dir(eh_access))
