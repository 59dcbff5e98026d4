#!/usr/bin/env python3
"""Draws the charts of the documentation from the JSON of ternion-bench: draw_charts.py RESULTS.json [FOLDER]

Writes performance-gemv.svg and roofline.svg to FOLDER (default: docs). --dark gives them dark colours for everybody,
instead of those that the reader's browser asks for. Needs Python 3.8 and nothing else.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True  # nothing but the charts is left behind
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "charts"))

from bars import draw_bars  # noqa: E402
from results import load  # noqa: E402
from roofline import draw_roofline  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("results", help="what ternion-bench --benchmark_out=FILE wrote")
    parser.add_argument("folder", nargs="?", default="docs")
    parser.add_argument("--dark", action="store_true", help="dark colours always")
    arguments = parser.parse_args()
    try:
        run = load(arguments.results)
        draw_bars(run, os.path.join(arguments.folder, "performance-gemv.svg"), arguments.dark)
        draw_roofline(run, os.path.join(arguments.folder, "roofline.svg"), arguments.dark)
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"draw_charts.py: {arguments.results}: {error!r}") from error


if __name__ == "__main__":
    main()
