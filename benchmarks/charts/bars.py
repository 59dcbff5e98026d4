"""docs/performance-gemv.svg: GEMV of every packing beside what the machine's limits allow."""

from svg import Canvas

WIDTH, LEFT, RIGHT = 960, 190, 150
BAR, GAP, GROUP = 13, 3, 14


def step_of(top):
    """The distance of grid lines: about five of them."""
    return next(size for exponent in range(12) for size in (10**exponent, 2 * 10**exponent, 5 * 10**exponent)
                if top / size <= 6)


def group_height(threads):
    """Room for the bars of one packing, and for two lines of text beside them."""
    return max(len(threads) * (BAR + GAP) + GROUP, 38)


def draw_panel(canvas, y, heading, rows, threads):
    """Draws one panel at y and returns where it ends. rows: (packing, bits, {threads: result})."""
    canvas.text(24, y + 14, heading, size=15, weight="600")
    y += 30
    top = max(max(r.limit_macs, r.macs) for _, _, by in rows for r in by.values()) / 1e9 * 1.02
    scale = (WIDTH - LEFT - RIGHT) / top
    height = len(rows) * group_height(threads)
    for tick in range(0, int(top) + 1, step_of(top)):
        canvas.line([(LEFT + tick * scale, y), (LEFT + tick * scale, y + height)], "grid", 1)
        canvas.text(LEFT + tick * scale, y + height + 16, str(tick), "soft", 11, "middle")
    canvas.text(WIDTH - RIGHT + 8, y + height + 16, "GMAC/s", "soft", 11)
    for packing, bits, by in rows:
        middle = y + group_height(threads) / 2
        canvas.text(LEFT - 10, middle - 2, packing, anchor="end", weight="600")
        canvas.text(LEFT - 10, middle + 12, f"{round(bits, 4):g} bits", "soft", 11, "end")
        bar = middle - len(by) * (BAR + GAP) / 2
        for place, count in enumerate(threads):
            if count in by:
                draw_bar(canvas, bar, by[count], scale, f"s{place}")
                bar += BAR + GAP
        y += group_height(threads)
    return y + 40


def draw_bar(canvas, y, result, scale, colour):
    value, limit = result.macs / 1e9, result.limit_macs / 1e9
    canvas.rect(LEFT, y, limit * scale, BAR, colour, opacity=0.16)
    canvas.rect(LEFT, y, value * scale, BAR, colour)
    canvas.line([(LEFT + limit * scale, y - 1), (LEFT + limit * scale, y + BAR + 1)], "limit", 2)
    text_at = LEFT + max(value, limit) * scale + 8
    canvas.text(text_at, y + BAR - 2, f"{value:.0f} · {100 * result.share:.0f} %", size=12)


def draw_legend(canvas, threads):
    x = 24
    for place, count in enumerate(threads):
        canvas.rect(x, 64, 16, 11, f"s{place}")
        text = "one thread" if count == 1 else f"{count} threads"
        canvas.text(x + 22, 74, text, size=12)
        x += 110
    canvas.line([(x + 6, 62), (x + 6, 77)], "limit", 2)
    canvas.text(x + 16, 74, "limit: a plain read of the same bytes, or independent int8 dot products", size=12)


def rows_of(run, shape, place, threads):
    n, k = shape
    rows = {}
    for count in threads:
        for result in run.find("gemv", count, n=n, k=k, place=place):
            rows.setdefault(result.subject, (result.subject, result.bits, {}))[2][count] = result
    return sorted(rows.values(), key=lambda row: (row[1], -row[2][min(row[2])].macs))


def draw_bars(run, path, dark=False):
    threads = sorted({r.threads for r in run.results if r.family == "gemv"})[:2]
    shapes = sorted({(r.n, r.k) for r in run.results if r.family == "gemv"}, key=lambda s: s[0] * s[1])
    if not shapes:
        raise SystemExit("no gemv in these results")
    large = max(shapes)
    square = next((s for s in shapes if s[0] == s[1]), shapes[0])
    panels = [(f"Weights from DRAM, N × K = {large[0]} × {large[1]}", rows_of(run, large, "dram", threads)),
              (f"Weights in cache, N × K = {square[0]} × {square[1]}", rows_of(run, square, "cache", threads))]
    panels = [panel for panel in panels if panel[1]]
    height = 100 + sum(70 + len(rows) * group_height(threads) for _, rows in panels)
    canvas = Canvas(WIDTH, height, "Ternary GEMV by packing", dark)
    canvas.text(24, 32, "Ternary matrix times vector, by packing", size=20, weight="600")
    canvas.text(24, 52, run.machine() + " · per cent: share of the limit", "soft", 12)
    draw_legend(canvas, threads)
    y = 100
    for heading, rows in panels:
        y = draw_panel(canvas, y, heading, rows, threads)
    canvas.write(path)
