"""Build hook: the picture's drawing library, taken from the pyvis distribution, becomes part of what is installed.

Streamlit serves a component's files from the folder that an installed distribution's own ``pyproject.toml`` names. A
wheel has both in ``dashboard/canvas``; an editable install has no files there, so it gets them in ``lockstep_canvas``.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CANVAS = Path("dashboard/canvas")
LIBRARY = CANVAS / "assets" / "vis"  # not under version control
EDITABLE = "lockstep_canvas"


class CanvasHook(BuildHookInterface):  # type: ignore[type-arg]
    """Copies vis-network beside the component's own files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the library where it is looked for, and tell the builder."""
        root = Path(self.root)
        files = copy(root / LIBRARY)
        build_data["force_include"].update({str(f): str(LIBRARY / f.name) for f in files})
        if version == "editable":
            canvas = root / CANVAS
            taken = [canvas / "pyproject.toml", *(p for p in (canvas / "assets").rglob("*") if p.is_file())]
            build_data["force_include_editable"].update(
                {str(p): f"{EDITABLE}/{p.relative_to(canvas)}" for p in sorted(taken)}
            )


def copy(target: Path) -> list[Path]:
    """The library and its licence, copied from the newest version that pyvis brings.

    Raises
    ------
    RuntimeError
        pyvis is not installed, or does not bring it.
    """
    found = importlib.util.find_spec("pyvis")
    home = Path(found.origin).parent / "templates" / "lib" if found and found.origin else None
    scripts = sorted(home.glob("vis-*/vis-network.min.js"), key=_version) if home else []
    if not scripts:
        raise RuntimeError("the drawing library is not there: install pyvis before building")
    target.mkdir(parents=True, exist_ok=True)
    script, licence = target / "vis-network.min.js", target / "LICENSE.txt"
    shutil.copyfile(scripts[-1], script)
    head = re.match(r"/\*\*.*?\*/", script.read_text(encoding="utf-8"), re.DOTALL)
    if head is None:
        raise RuntimeError(f"{scripts[-1]}: no licence at its head")
    licence.write_text(head[0] + "\n", encoding="utf-8")
    return [script, licence]


def _version(script: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", script.parent.name)]
