"""What ternion-bench wrote to its JSON file: the median of the repetitions of each benchmark."""

import json
import re
import statistics
from dataclasses import dataclass


@dataclass
class Result:
    """One benchmark. Rates are per second; m is 1 for gemv."""

    family: str  # gemv, gemm, limit, rival ...
    subject: str  # the packing, or the other library
    m: int
    n: int
    k: int
    place: str  # dram, cache or ""
    threads: int
    label: str
    counters: dict

    @property
    def macs(self):
        return self.counters["macs_per_second"]

    @property
    def share(self):
        return self.counters["share_of_limit"]

    @property
    def bits(self):
        return self.counters["bits_per_weight"]

    @property
    def intensity(self):
        """Multiplications for each byte of weights."""
        return self.m * 8 / self.bits

    @property
    def limit_macs(self):
        """What the limits allow, in multiplications."""
        return min(self.counters["limit_macs_per_second"], self.counters["limit_bytes_per_second"] * self.intensity)


@dataclass
class Run:
    results: list
    cpu: str
    compiler: str
    backend: str
    date: str

    def find(self, family, threads=1, **wanted):
        return [
            r
            for r in self.results
            if r.family == family and r.threads == threads and all(getattr(r, key) == v for key, v in wanted.items())
        ]

    def machine(self):
        return f"{self.cpu} · {self.backend} · compiler {self.compiler} · {self.date}"


def parse(name, label, counters):
    family, _, rest = name.partition("/")
    parts = [p for p in rest.split("/") if p not in ("real_time",)]
    threads = next((int(p[8:]) for p in parts if p.startswith("threads:")), 1)
    place = next((p for p in parts if p in ("dram", "cache")), "")
    sizes = next(([int(s) for s in p.split("x")] for p in parts if re.fullmatch(r"\d+(x\d+)+", p)), [])
    m, n, k = ([1] * 3 + sizes)[-3:] if sizes else (1, 0, 0)
    return Result(family, parts[0] if parts else "", m, n, k, place, threads, label, counters)


def load(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    runs, labels = {}, {}
    for entry in data["benchmarks"]:
        if entry.get("run_type") == "aggregate":
            continue
        if entry.get("error_occurred"):
            raise SystemExit(f"{path}: {entry['name']} failed: {entry['error_message']}")
        numbers = {key: v for key, v in entry.items() if isinstance(v, (int, float))}
        runs.setdefault(entry["run_name"], []).append(numbers)
        labels[entry["run_name"]] = entry.get("label", "")
    if not runs:
        raise SystemExit(f"{path}: holds no single runs; don't pass --benchmark_report_aggregates_only")
    results = []
    for name, repetitions in runs.items():
        counters = {key: statistics.median(r[key] for r in repetitions) for key in repetitions[0]}
        results.append(parse(name, labels[name], counters))
    context = data["context"]
    return Run(results, context.get("cpu", ""), context.get("compiler", ""), context.get("backend", ""),
               context.get("date", "")[:10])
