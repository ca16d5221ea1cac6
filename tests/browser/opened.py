"""A map page opened from disk with the network cut, and what must never happen in one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from eh_access.study.result import StudyResult

WIDE = (1440, 900)


class Opened:
    """An open page; `check` fails on any error in it and on any request that leaves."""

    def __init__(
        self, browser: Browser, path: Path, *, size: tuple[int, int] = WIDE, link: str = ""
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            offline=True,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        self.page.on(
            "console",
            lambda said: self.faults.append(said.text) if said.type == "error" else None,
        )
        self.page.on("request", lambda request: self._note(request.url))
        self.page.goto(path.as_uri() + link)
        self.page.wait_for_selector("#facts tbody tr")

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.asked.append(url)

    def check(self) -> None:
        assert self.asked == []
        assert self.faults == []

    def close(self) -> None:
        self.context.close()

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def big(self) -> dict[str, str]:
        return {
            key: self.text(f"#{name}")
            for key, name in (
                ("before", "share-before"),
                ("after", "share-after"),
                ("added", "mean-added"),
                ("loses", "loses"),
            )
        }

    def switch(self, **chosen: Any) -> None:  # noqa: ANN401 - text or a number
        for key, value in chosen.items():
            if key in ("mode", "view"):
                self.page.check(f'input[name="{key}"][value="{value}"]', force=True)
            elif key == "minutes":
                self.page.fill("#minutes-number", str(value))
            else:
                self.page.select_option(f"#{key}", value)

    def settle(self) -> None:
        """Wait until the yardsticks have followed the last press."""
        script = "while (!start.api.settled) await new Promise((go) => setTimeout(go));"
        self.page.evaluate(f"async () => {{ {script} }}")

    def link(self, part: str) -> str:
        """Return what follows the address, which holds a choice a moment after it was made."""
        script = """async (part) => {
            while (!location.hash.includes(part)) await new Promise((go) => setTimeout(go, 20));
            return location.hash;
        }"""
        found: str = self.page.evaluate(script, part)
        return found

    def look_up(self, postcode: str) -> list[list[str]]:
        """Type a postcode as people do, and return the cells of the answer, row by row."""
        self.page.fill("#postcode", postcode.lower().replace(" ", ""))
        self.page.press("#postcode", "Enter")
        return self.rows("postcode-answer")

    def picture(self) -> str:
        """Return all that the map shows, as text: areas, labels, centres, what is painted."""
        script = """() => {
            const all = (name, told) => [...document.querySelectorAll(name)].map(told);
            const digest = (canvas) => {
                if (!canvas.width) return 0;
                const [wide, high] = [canvas.width, canvas.height];
                const { data } = canvas.getContext('2d').getImageData(0, 0, wide, high);
                return new Uint32Array(data.buffer)
                    .reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, wide);
            };
            return JSON.stringify([
                all('.leaflet-areas-pane path', node => node.getAttribute('fill')),
                all('.area-label', node => node.textContent),
                all('.leaflet-marker-icon', node => node.firstChild.className),
                all('.leaflet-dots-pane canvas, .leaflet-isochrones-pane canvas', digest),
            ]);
        }"""
        shown: str = self.page.evaluate(script)
        return shown

    def inked(self, pane: str) -> int:
        """Return how many pixels of a painted layer are not empty."""
        script = """name => {
            const canvas = document.querySelector(`.leaflet-${name}-pane canvas`);
            const [wide, high] = [canvas.width, canvas.height];
            const { data } = canvas.getContext('2d').getImageData(0, 0, wide, high);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 127) count += 1;
            return count;
        }"""
        return int(self.page.evaluate(script, pane))

    def rows(self, table: str = "facts") -> list[list[str]]:
        self.settle()
        script = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
        return self.page.eval_on_selector_all(f"#{table} tbody tr", script)


def written(result: StudyResult, folder: Path) -> Path:
    """Write a study's map into a folder."""
    from eh_access.publish.writers.map import render_map  # noqa: PLC0415 - folium is heavy
    from eh_access.study.findings import find_maps  # noqa: PLC0415 - routing is heavy

    path = folder / "map.html"
    path.write_text(render_map(result, find_maps(result)), encoding="utf-8")
    return path
