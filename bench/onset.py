"""Are changes dated right? Real tables whose changes are known, and series that people annotated.

    python bench/onset.py BINARY DATA SCORED [EXAMPLE] [--simulate REPEATS]

DATA is the folder of the original tables, SCORED what `examples/data/make.py DATA --all SCORED` wrote, EXAMPLE the compiled
example `onset` (by default beside BINARY: target/release/examples/onset). Prints

1. per table and known change the nearest dated finding, its interval, and whether that covers the truth;
2. for the annotated series (van den Burg & Williams 2020) the covering metric and F1 with a margin of 5 of the program's
   levels, of no change at all, and of plain optimal partitioning with the BIC penalty; series of several columns are cut
   column by column and the cuts within the margin taken as one;
3. a made-up classifier whose accuracy declines in a straight line: what is forecast, against when it is so;
4. with --simulate, `onset simulate REPEATS`.
"""

import argparse
import json
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

MARGIN = 5


def check(binary, *arguments):
    run = subprocess.run([binary, "check", *map(str, arguments), "-f", "json"], capture_output=True, text=True)
    return json.loads(run.stdout)


def as_row(bound, times, first):
    """A bound as a row of the current data: counted where it is a time."""
    if not isinstance(bound, str):
        return bound
    moment = pd.Timestamp(datetime.fromisoformat(bound.replace("Z", "+00:00"))).tz_localize(None)
    return first + int((times < moment).sum())


def report(name, result, truth, times=None, first=0, kinds=("metric_fell", "metric_fell_again", "other_metric_fell")):
    """For every known change the nearest finding; and the findings that are near none."""
    found = [f for f in result["findings"] if f["kind"] in kinds and f["onset"] and f["onset"]["row"] is not None]
    for row in truth:
        near = min(found, key=lambda f: abs(f["onset"]["row"] - row), default=None)
        if near is None:
            print(f"{name:<22}{row:>8}  not found")
            continue
        low, high = (as_row(b, times, first) for b in near["onset"]["interval"])
        said = near["onset"]["row"]
        inside = "inside" if low <= row <= high else "OUTSIDE"
        print(f"{name:<22}{row:>8}{said:>9}{said - row:>+8}  [{low}, {high}] {inside:<8}"
              f"{near['kind']} {near['onset']['shape']}")
    windows = max(w["rows"] for w in result["windows"])
    extra = [f["onset"]["row"] for f in found if all(abs(f["onset"]["row"] - r) > 3 * windows for r in truth)]
    if extra:
        print(f"{'':<22}beside: {extra}")


def tables(binary, data, scored, work):
    print(f"{'table':<22}{'truth':>8}{'said':>9}{'error':>8}  95 % interval, in rows")
    report("sea", check(binary, scored / "sea.parquet", "--reference-until", 10000), [12500, 25000, 37500])
    bank = Path(__file__).parent.parent / "examples/data/bank_marketing.parquet"
    times = pd.to_datetime(pd.read_parquet(bank)["called_at"]).dt.tz_localize(None)
    report("bank_marketing", check(binary, bank, "--reference-until", 20000), [23997], times)
    for name, label, row in (("car_loan", "repaid", 25000), ("car_price", "y_true", 30000)):
        folder = data / name
        result = check(binary, "--reference", folder / "reference.parquet", "--current", folder / "analysis.parquet",
                       "--labels", folder / "analysis_target.parquet", "--id", "id", "--label", label)
        current = pd.read_parquet(folder / "analysis.parquet")
        stamps = [c for c in current.columns if "time" in c]
        times = pd.to_datetime(current[stamps[0]]).dt.tz_localize(None) if stamps else None
        report(name, result, [row], times)
        if name == "car_loan":
            report("car_loan inputs", result, [row], times, kinds=(None, "mix_changed"))
    report("insects inputs", check(binary, scored / "insects.parquet", "--reference-until", 6000), [10500, 14028],
           kinds=(None, "moved_again"))
    rbf(binary, data, work)


def rbf(binary, data, work):
    """A model frozen on the first 1,500 rows; the concept changes every 3,000."""
    from sklearn.ensemble import RandomForestClassifier

    d = pd.read_parquet(data / "interchanging_rbf/interchanging_rbf.parquet").head(15000)
    model = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(d[["x1", "x2"]][:1500], d["y"][:1500])
    d = d[1500:].copy()
    d["prediction"] = model.predict(d[["x1", "x2"]])
    d["y"], d["prediction"] = d["y"].astype(int).astype(str), d["prediction"].astype(int).astype(str)
    path = work / "rbf.parquet"
    d.to_parquet(path, index=False)
    result = check(binary, path, "--reference-until", 1000, "--label", "y", "--prediction", "prediction", "--window",
                   100)
    report("interchanging_rbf", result, [1500, 4500, 7500, 10500])


def covering(cuts, truth, n):
    """The mean over the truth's parts of their best Jaccard index, weighted by length."""
    parts = lambda c: list(zip([0, *c], [*c, n]))
    best = lambda a, b: max(max(0, min(b, y) - max(a, x)) / (max(b, y) - min(a, x)) for x, y in parts(cuts))
    return sum((b - a) * best(a, b) for a, b in parts(truth)) / n


def matched(truth, cuts):
    left, hits = sorted(cuts), 0
    for t in sorted(truth):
        near = [c for c in left if abs(c - t) <= MARGIN]
        if near:
            left.remove(min(near, key=lambda c: abs(c - t)))
            hits += 1
    return hits


def scores(cuts, annotators, n):
    cuts = sorted({c for c in cuts if 0 < c < n})
    each = [sorted({c for c in a if 0 < c < n}) for a in annotators]
    cover = np.mean([covering(cuts, a, n) for a in each])
    with_start = [set(a) | {0} for a in each]
    found = set(cuts) | {0}
    precision = matched(set().union(*with_start), found) / len(found)
    recall = np.mean([matched(a, found) / len(a) for a in with_start])
    return cover, 2 * precision * recall / (precision + recall)


def partition(y):
    """Optimal partitioning with a mean a segment, noise from the differences, and the penalty 2 ln n."""
    n = len(y)
    y = (y - y.mean()) / max(np.median(np.abs(np.diff(y))) / 0.954, 1e-9)
    s, q = np.r_[0, y.cumsum()], np.r_[0, (y * y).cumsum()]
    best, last = np.zeros(n + 1), np.zeros(n + 1, int)
    best[0] = -2 * np.log(n)
    for b in range(1, n + 1):
        a = np.arange(b)
        cost = best[a] + q[b] - q[a] - (s[b] - s[a]) ** 2 / (b - a) + 2 * np.log(n)
        last[b], best[b] = cost.argmin(), cost.min()
    cuts, b = [], n
    while b:
        b = last[b]
        cuts.append(b)
    return cuts[:-1]


def annotated(example, data):
    folder = data / "annotated_change_points"
    annotations = json.loads((folder / "annotations.json").read_text())
    columns = {"brent_crude_oil": ["DPB"], "occupancy": ["V1", "V2", "V3", "V4"], "run_log": ["Pace", "Distance"]}
    print(f"\n{'series':<18}{'cut by':<26}{'cuts':>5}{'covering':>10}{'F1':>7}")
    for name, series in columns.items():
        d = pd.read_parquet(folder / f"{name}.parquet")
        people = list(annotations[name].values())

        def levels(y):
            text = "\n".join(map(repr, map(float, y)))
            run = subprocess.run([example, "segment"], input=text, capture_output=True, text=True, check=True)
            return [int(c) for c in run.stdout.split()]

        def all_of(cutter):
            cuts = sorted(c for s in series for c in cutter(d[s].to_numpy(float)))
            kept = []
            for c in cuts:
                if not kept or c - kept[-1] > MARGIN:
                    kept.append(c)
            return kept

        for how, cuts in (("dosimeter's levels", all_of(levels)), ("nothing", []),
                          ("optimal partitioning, BIC", all_of(partition))):
            cover, f1 = scores(cuts, people, len(d))
            print(f"{name:<18}{how:<26}{len(cuts):>5}{cover:>10.3f}{f1:>7.3f}")
        one_out = [scores(a, people[:i] + people[i + 1:], len(d)) for i, a in enumerate(people)]
        cover, f1 = np.mean(one_out, axis=0)
        print(f"{name:<18}{'one person by the others':<26}{'':>5}{cover:>10.3f}{f1:>7.3f}")


def decline(binary, work):
    """Accuracy 0.9 for 20 weeks, then down by 0.002 a week for 20."""
    print("\nforecasts of an accuracy that declines by 0.0020 a week (4,000 rows a week), of one that fell at once, "
          "and of one that stays")
    for course in ("declines", "fell", "stays"):
        for seed in range(4):
            rng = np.random.default_rng(seed)
            rows = 160_000
            week = np.arange(rows) / 4000
            loss = {"declines": 0.002 * np.clip(week - 20, 0, None), "fell": 0.02 * (week > 30), "stays": 0 * week}
            right = rng.random(rows) < 0.9 - loss[course]
            y = rng.integers(0, 2, rows)
            d = pd.DataFrame({"at": pd.Timestamp("2024-01-01") + pd.to_timedelta(week * 7, unit="D"),
                              "x": rng.normal(size=rows), "label": y, "prediction": np.where(right, y, 1 - y)})
            d.to_parquet(work / "decline.parquet", index=False)
            result = check(binary, work / "decline.parquet", "--reference-until", "2024-05-20", "--label", "label",
                           "--prediction", "prediction", "--time", "at", "--window", "1w")
            f, tolerance = result["forecast"], result["metric"]["tolerance"]
            said = "none"
            if f:
                c = f["crosses"]
                true = pd.Timestamp("2024-05-20") + pd.Timedelta(weeks=c["loss"] / 0.002) if c else None
                inside = c and c["interval"][0] <= true.isoformat() <= c["interval"][1]
                said = f"{f['slope']:+.4f} a week; {f['note'].split(': ')[1]}; truly {true:%Y-%m-%d} " \
                       f"({'inside' if inside else 'OUTSIDE'})" if c else f["note"]
            print(f"  {course:<9} seed {seed}, tolerated {tolerance:.4f}: {said}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("data", type=Path)
    arguments.add_argument("scored", type=Path)
    arguments.add_argument("example", nargs="?")
    arguments.add_argument("--simulate", type=int, default=0)
    a = arguments.parse_args()
    example = a.example or str(Path(a.binary).parent / "examples/onset")
    with tempfile.TemporaryDirectory() as work:
        tables(a.binary, a.data, a.scored, Path(work))
        annotated(example, a.data)
        decline(a.binary, Path(work))
    if a.simulate:
        print()
        subprocess.run([example, "simulate", str(a.simulate)], check=True)


if __name__ == "__main__":
    main()
