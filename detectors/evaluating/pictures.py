"""A reliability plot as SVG, drawn without a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from detectors.scoring.calibration import Bin

SIDE, MARGIN = 320, 48
COLOURS = ("#1f5fa8", "#b5502a", "#3b7a3b", "#7a4b9a")


def reliability_plot(curves: Mapping[str, Sequence[Bin]]) -> str:
    """Mean score against the share that was right; the area of a dot is its count, the diagonal is perfect.

    Parameters
    ----------
    curves : mapping
        Name → bins by rising score.
    """
    width, height = SIDE + 2 * MARGIN + 120, SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        '<g font-family="sans-serif" font-size="12">',
        "<title>Reliability: mean score against the share that was right</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>',
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#888" stroke-dasharray="4 3"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 18}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{MARGIN - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{height - 8}" text-anchor="middle">mean score</text>')
    parts.append(f'<text x="{MARGIN}" y="{MARGIN - 14}">share right</text>')
    for i, (name, bins) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        total = sum(b.count for b in bins) or 1.0
        points = " ".join(f"{_x(b.said)},{_y(b.was)}" for b in bins)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for b in bins:
            radius = 2 + 14 * (b.count / total) ** 0.5
            parts.append(
                f'<circle cx="{_x(b.said)}" cy="{_y(b.was)}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.5"/>'
            )
        parts.append(
            f'<text x="{MARGIN + SIDE + 12}" y="{MARGIN + 16 * (i + 1)}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</g>\n</svg>\n"])


def _x(value: float) -> float:
    return round(MARGIN + SIDE * value, 1)


def _y(value: float) -> float:
    return round(MARGIN + SIDE * (1 - value), 1)
