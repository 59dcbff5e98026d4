"""docs/roofline.svg: every packing and batch size under the roof that reads and dot products make."""

import math

from svg import SERIES, Canvas

WIDTH, HEIGHT = 960, 620
LEFT, RIGHT, TOP, BOTTOM = 76, 210, 84, 64


class Axes:
    """Logarithmic in both directions."""

    def __init__(self, x_range, y_range):
        self.x_range, self.y_range = x_range, y_range

    def x(self, value):
        low, high = (math.log2(v) for v in self.x_range)
        return LEFT + (math.log2(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        low, high = (math.log2(v) for v in self.y_range)
        return HEIGHT - BOTTOM - (math.log2(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def draw(self, canvas):
        for power in range(math.ceil(math.log2(self.x_range[0])), math.floor(math.log2(self.x_range[1])) + 1):
            x = self.x(2.0**power)
            canvas.line([(x, TOP), (x, HEIGHT - BOTTOM)], "grid", 1)
            canvas.text(x, HEIGHT - BOTTOM + 18, f"{2.0 ** power:g}", "soft", 11, "middle")
        for power in range(math.ceil(math.log2(self.y_range[0])), math.floor(math.log2(self.y_range[1])) + 1):
            y = self.y(2.0**power)
            canvas.line([(LEFT, y), (WIDTH - RIGHT, y)], "grid", 1)
            canvas.text(LEFT - 8, y + 4, f"{2.0 ** power:g}", "soft", 11, "end")
        middle = (LEFT + WIDTH - RIGHT) / 2
        canvas.text(middle, HEIGHT - BOTTOM + 42, "multiplications for each byte of packed weights", "soft", 12, "middle")
        canvas.text(24, (TOP + HEIGHT - BOTTOM) / 2, "GMAC/s", "soft", 12, "middle", turn=-90)


def draw_roof(canvas, axes, reads, dots, name, dash=None):
    """The roof under `reads` bytes and `dots` multiplications a second."""
    low, high = axes.x_range
    start = max(low, axes.y_range[0] * 1e9 / reads)
    ridge = dots / reads
    points = [(axes.x(start), axes.y(start * reads / 1e9)), (axes.x(ridge), axes.y(dots / 1e9)),
              (axes.x(high), axes.y(dots / 1e9))]
    canvas.line(points, "limit", 2, dash)
    slope = math.degrees(math.atan2(points[1][1] - points[0][1], points[1][0] - points[0][0]))
    middle = math.sqrt(start * ridge)
    canvas.text(axes.x(middle) - 4, axes.y(middle * reads / 1e9) - 8, f"{name} {reads / 1e9:.0f} GB/s", "limit", 12,
                "middle", turn=slope)


def spread(labels, distance=17):
    """Moves labels (y, ...) apart so that none covers another."""
    placed = []
    for label in sorted(labels):
        y = max(label[0], placed[-1][0] + distance) if placed else label[0]
        placed.append((y, *label[1:]))
    return placed


def series_of(run, shape, threads):
    """By packing, over M: from DRAM while it is measured there, then from cache; fastest GEMV first."""
    n, k = shape
    series = {}
    for result in run.find("gemv", threads, n=n, k=k) + run.find("gemm", threads, n=n, k=k):
        if result.place != "cache":
            series.setdefault(result.subject, []).append(result)
    for results in series.values():
        results.sort(key=lambda r: r.m)
    return dict(sorted(series.items(), key=lambda item: -item[1][0].macs))


def draw_series(canvas, axes, series):
    labels = []
    for place, (packing, results) in enumerate(series.items()):
        colour = SERIES[place % len(SERIES)]
        points = [(axes.x(r.intensity), axes.y(r.macs / 1e9)) for r in results]
        canvas.line(points, colour, 2, None if place < len(SERIES) else "4 3")
        for x, y in points:
            canvas.dot(x, y, colour)
        labels.append((points[-1][1], f"{packing}, {round(results[0].bits, 4):g} bits", colour))
    return labels


def draw_rivals(canvas, axes, run, shape, threads):
    labels = []
    for name in sorted({r.subject for r in run.find("rival", threads)}):
        results = sorted(run.find("rival", threads, subject=name, n=shape[0], k=shape[1]), key=lambda r: r.m)
        points = [(axes.x(r.intensity), axes.y(r.macs / 1e9)) for r in results]
        if points:
            canvas.line(points, "rival", 1.2, "2 3")
            for x, y in points:
                canvas.diamond(x, y, "rival")
            units = " (AMX)" if "amx" in results[-1].label else ""
            labels.append((points[-1][1], f"{name}, {round(results[0].bits, 4):g} bits{units}", "rival"))
    return labels


def draw_roofline(run, path, dark=False, threads=1):
    measured = run.find("gemv", threads, place="dram")
    if not measured:
        raise SystemExit("no gemv from DRAM in these results")
    shape = next(((r.n, r.k) for r in measured if r.n == r.k), (measured[0].n, measured[0].k))
    series = series_of(run, shape, threads)
    everything = [r for results in series.values() for r in results]
    everything += run.find("rival", threads, n=shape[0], k=shape[1])
    reads = max(r.counters["limit_bytes_per_second"] for r in measured)
    dots = max(r.counters["limit_macs_per_second"] for r in measured)
    axes = Axes((min(r.intensity for r in everything) * 0.8, max(r.intensity for r in everything) * 1.25),
                (min(r.macs for r in everything) / 1e9 * 0.7, max([dots] + [r.macs for r in everything]) / 1e9 * 1.5))
    canvas = Canvas(WIDTH, HEIGHT, "Roofline of ternary multiplication", dark)
    canvas.text(24, 32, f"Ternary multiplication under its roof: {shape[0]} × {shape[1]}, M = 1 to "
                f"{max(r.m for r in everything)}, " + ("one thread" if threads == 1 else f"{threads} threads"),
                size=20, weight="600")
    canvas.text(24, 54, run.machine() + " · grey: other libraries, weights in cache", "soft", 12)
    axes.draw(canvas)
    draw_roof(canvas, axes, reads, dots, "reads from DRAM")
    canvas.text(WIDTH - RIGHT - 4, axes.y(dots / 1e9) - 8, f"int8 dot products {dots / 1e9:.0f} GMAC/s", "limit", 12,
                "end")
    labels = draw_rivals(canvas, axes, run, shape, threads) + draw_series(canvas, axes, series)
    for y, text, colour in spread(labels):
        canvas.text(WIDTH - RIGHT + 14, y + 4, text, colour, 13, weight="600")
    canvas.write(path)
