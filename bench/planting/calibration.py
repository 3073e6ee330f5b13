"""The calibration plot: how often what has a chance of p by our reckoning is seen where nothing is coordinated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

PLOT = Path(__file__).resolve().parents[2] / "docs" / "img" / "calibration.svg"
SIDE, LEFT, TOP, APART = 260, 60, 40, 100
Point = tuple[float, float]


def draw(strongest: Sequence[float], pairs: Sequence[Point], path: Path = PLOT) -> None:
    """Write the plot.

    Parameters
    ----------
    strongest : sequence of float
        p of the strongest ring of each dataset without coordination; 1 where it has none.
    pairs : sequence of (float, float)
        −ln p, and the number of pairs at least as rare relative to the nominal number.
    """
    levels = [i / 100 for i in range(1, 21)]
    seen = [(p, sum(x <= p for x in strongest) / len(strongest)) for p in levels]
    first = _panel(
        0,
        f"Rings, {len(strongest)} datasets",
        ("nominal level", "share of datasets with such a ring"),
        (0.0, 0.2),
        (0.0, 0.2),
    )
    second = _panel(1, "Pairs", ("−ln p", "seen / nominal"), (pairs[0][0], pairs[-1][0]), (0.0, 1.5))
    width, height = 2 * (LEFT + SIDE) + APART, TOP + SIDE + 60
    body = [
        *first[0],
        _line([first[1](0.0, 0.0), first[1](0.2, 0.2)], "#888", dashed=True),
        _line([first[1](*point) for point in seen], "#0072b2"),
        *second[0],
        _line([second[1](pairs[0][0], 1.0), second[1](pairs[-1][0], 1.0)], "#888", dashed=True),
        _line([second[1](x, min(y, 1.5)) for x, y in pairs], "#0072b2"),
    ]
    fonts = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {fonts}>'
    path.write_text("\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *body, "</svg>", ""]))


def _panel(
    number: int, title: str, names: tuple[str, str], across: Point, up: Point
) -> tuple[list[str], Callable[[float, float], Point]]:
    """Frame, ticks and labels of a panel, and where a point lies in it."""
    left = LEFT + number * (SIDE + APART)

    def at(x: float, y: float) -> Point:
        return (
            left + SIDE * (x - across[0]) / (across[1] - across[0]),
            TOP + SIDE * (1 - (y - up[0]) / (up[1] - up[0])),
        )

    parts = [f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#333"/>']
    parts.append(_text(left + SIDE / 2, TOP - 14, title, weight="bold"))
    for i in range(5):
        x, y = (low + i * (high - low) / 4 for low, high in (across, up))
        parts.append(_text(at(x, up[0])[0], TOP + SIDE + 18, f"{x:.3g}"))
        parts.append(_text(left - 8, at(across[0], y)[1] + 4, f"{y:.3g}", anchor="end"))
    parts.append(_text(left + SIDE / 2, TOP + SIDE + 40, names[0]))
    x, y = left - 44, TOP + SIDE / 2
    parts.append(
        f'<text x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})" fill="#333">{names[1]}</text>'
    )
    return parts, at


def _text(x: float, y: float, text: str, *, anchor: str = "middle", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="#333">{text}</text>'


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
