"""Training curves as a small SVG."""
from typing import List

SERIES = (("loss", "training loss", "#4063d8"), ("val_loss", "validation loss", "#d8572a"), ("val_auroc", "validation AUROC", "#2a9d55"))
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 300, 44, 28, 12, 34


def curves_svg(history: List[dict]) -> str:
    """One polyline a series over the epochs; the axis starts at 0 and ends at the largest value, at least 1."""
    last = max(row["epoch"] for row in history)
    top = max([1.0] + [row[key] for key, _, _ in SERIES for row in history if key in row])

    def place(epoch: float, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(1, last - 1)
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
        return f"{x:.1f},{y:.1f}"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11" role="img">',
             "<title>Training curves</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for tick in (0, 0.25, 0.5, 0.75, 1.0):
        (x0, y), x1 = place(1, tick).split(","), WIDTH - RIGHT
        parts.append(f'<path d="M{x0} {y}H{x1}" stroke="#ddd"/><text x="{LEFT - 6}" y="{y}" text-anchor="end" dy="4">{tick:g}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 10}">epoch 1</text><text x="{WIDTH - RIGHT}" y="{HEIGHT - 10}" text-anchor="end">epoch {last}</text>')
    for number, (key, name, colour) in enumerate(SERIES):
        points = " ".join(place(row["epoch"], row[key]) for row in history if key in row)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
                     f'<text x="{LEFT + number * 150}" y="16" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
