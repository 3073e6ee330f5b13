"""Make the pictures of the README from the real dashboard.

    python -m docs.make_pictures sqlite:///FILE DATA_DIR [FINDING]

Serves the store, opens the finding (without one: the first of the list) in Chromium and writes
``docs/img/findings.png``.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from graph.store import open_store
from tests import browser

OUT = Path(__file__).parent / "img" / "findings.png"
MAX_BYTES = 200_000
_WIDTH, _HEIGHT = 1440, 1215


def main(arguments: list[str]) -> int:
    """Write the pictures; returns the exit code."""
    if not 2 <= len(arguments) <= 3:
        sys.stderr.write(__doc__ or "")
        return 2
    url, data_dir = arguments[0], Path(arguments[1])
    with open_store(url, data_dir) as store, store.view() as view:
        found = view.findings()
    if not found:
        sys.stderr.write(f"{url}: no findings; run `lockstep detect` first\n")
        return 3
    finding = arguments[2] if len(arguments) == 3 else found[0].id
    with browser.serving(url, data_dir) as address, browser.chromium() as running:
        page = running.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        guard = browser.Guard()
        guard.watch(page)
        size = _shoot(page, f"{address}/?finding={finding}")
    if guard.outside:
        sys.stderr.write(f"the page asked other hosts: {guard.outside}\n")
        return 1
    sys.stdout.write(f"{OUT}: {size:,} bytes\n")
    return 0


def _shoot(page: Page, address: str) -> int:
    """Save the page, in as few colours as keep it below the limit; returns the bytes written."""
    page.goto(address)
    frame = browser.picture(page)
    browser.settled(page)
    browser.pixels_drawn(frame)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    for colours in (256, 128, 64, 32):
        image.quantize(colours, dither=Image.Dither.NONE).save(OUT, optimize=True)
        if OUT.stat().st_size <= MAX_BYTES:
            break
    return OUT.stat().st_size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
