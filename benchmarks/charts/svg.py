"""A small SVG canvas. The card has a ground of its own, light or dark as the reader's browser asks for, so that text
never stands on a background that nobody foresaw."""

from html import escape

# class: light, dark. Series colours keep a contrast of 3 and more on both grounds.
COLOURS = {
    "ground": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#59636e", "#9198a1"),
    "grid": ("#d8dee4", "#30363d"),
    "limit": ("#cf222e", "#ff7b72"),
    "rival": ("#818b98", "#818b98"),
    "s0": ("#0969da", "#4493f8"),
    "s1": ("#bc4c00", "#f0883e"),
    "s2": ("#1a7f37", "#3fb950"),
    "s3": ("#8250df", "#ab7df8"),
    "s4": ("#bf3989", "#e275ad"),
    "s5": ("#9a6700", "#d29922"),
    "s6": ("#1b7c83", "#39c5cf"),
    "s7": ("#57606a", "#b1bac4"),
}
SERIES = [name for name in COLOURS if name[0] == "s" and name[1:].isdigit()]


def _rules(shade):
    return "".join(f".{name}{{fill:{pair[shade]}}}.{name}-line{{stroke:{pair[shade]};fill:none}}"
                   for name, pair in COLOURS.items())


class Canvas:
    def __init__(self, width, height, title, dark=False):
        self.width, self.height = width, height
        self.title = title
        self.dark = dark  # the dark colours for everybody, to look at them where no browser is
        self.parts = []

    def rect(self, x, y, width, height, colour, opacity=1.0, radius=2):
        self.parts.append(f'<rect class="{colour}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
                          f'height="{height:.1f}" rx="{radius}" opacity="{opacity}"/>')

    def line(self, points, colour, width=1.5, dash=None):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<polyline class="{colour}-line" stroke-width="{width}" stroke-linejoin="round"{dashes} '
                          f'points="{path}"/>')

    def dot(self, x, y, colour, radius=3.5):
        self.parts.append(f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')

    def diamond(self, x, y, colour, r=5):
        self.parts.append(f'<path class="{colour}" d="M{x:.1f} {y - r:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z"/>')

    def text(self, x, y, content, colour="ink", size=13, anchor="start", weight="normal", turn=0):
        turned = f' transform="rotate({turn:.1f} {x:.1f} {y:.1f})"' if turn else ""
        self.parts.append(f'<text class="{colour}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                          f'font-weight="{weight}"{turned}>{escape(content)}</text>')

    def write(self, path):
        dark_rules = f"@media (prefers-color-scheme: dark){{{_rules(1)}}}"
        style = _rules(1) if self.dark else _rules(0) + dark_rules
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img" '
                f'font-family="system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif">\n'
                f"<title>{escape(self.title)}</title>\n<style>{style}</style>\n"
                f'<rect class="ground" width="{self.width}" height="{self.height}" rx="8"/>\n')
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + "\n".join(self.parts) + "\n</svg>\n")
