"""Does the alarm budget hold? Null data of many kinds, and realised over budgeted false alarms.

    python bench/false_alarms.py BINARY [--quick] [--runs N] [--only TEXT] [--data SCORED] [--peers VENVS] [--json OUT] [--assert]

Every case makes pairs of a reference and a current period of one unchanging world and runs `BINARY check` on them. Nothing has
drifted, so everything said is false. Two things are counted, against the budget that each run states (`budget.false_alarms`):

  alarm    exit code 1: a finding called harmful
  any      a finding of drift, of base rates, of format, of the feed or of calibration that asks to be looked at (severity
           `watch` or `harmful`); that the metric `may have fallen` is the verdict `blind`, which is counted apart

The ratio is realised over budgeted, with the exact 95 % interval (Clopper and Pearson 1934) of the realised number.

--data: folder of the scored example tables (elec2.parquet; see examples/data/README.md); those that ship are used anyway.
--peers: folder of virtual environments named evidently, nannyml, whylogs; each tool's defaults then run on some of the
same pairs, and a pair counts where the tool says that any column drifted (Evidently: that half of them did, which is when it
calls the data set drifted; `evidently_any` any column). KS with chi-square at 5 % a column needs scipy only.
--assert: exit code 1 where a lower bound lies over 1, or a ratio over all cases over 1.2.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
START = np.datetime64("2024-01-01T00:00:00", "us")  # a Monday
LOUD = {"watch", "harmful"}
# What `any` counts: performance that "may have fallen" is the verdict `blind` and no alarm.
MODES = {"data_drift", "category_shift", "prior_shift", "schema_change", "feed_stalled", "calibration_loss"}
SHIFT = 0.0
DAY, HOUR = 86_400_000_000, 3_600_000_000


def pick(rng, p, n):
    return np.searchsorted(np.cumsum(p)[:-1], rng.random(n))


def zipf(k):
    p = 1.0 / np.arange(1, k + 1)
    return p / p.sum()


def iid(rng, rows, columns):
    """Numbers of several shapes, categories of 2 to 200 values, and a score that means what it says."""
    t, classes = {}, [2, 5, 20, 60, 200]
    for i in range(columns):
        kind, k = i % 6, classes[i // 6 % 5]
        if kind == 0:
            t[f"normal{i}"] = rng.normal(size=rows)
        elif kind == 1:
            t[f"skewed{i}"] = np.exp(2 * rng.normal(size=rows))
        elif kind == 2:
            t[f"count{i}"] = rng.poisson(3, rows)
        elif kind == 3:
            t[f"heavy{i}"] = rng.standard_t(1.5, rows)
        elif kind == 4:
            t[f"zipf{i}"] = np.char.add("v", pick(rng, zipf(k), rows).astype(str))
        else:
            t[f"even{i}"] = np.char.add("v", rng.integers(0, k, rows).astype(str))
    score = rng.random(rows)
    t |= {"score": score, "prediction": (score >= 0.5).astype(int), "label": (rng.random(rows) < score).astype(int)}
    return t


def latent(rng, n, how):
    """A series of n window levels, of variance about 1."""
    kind, _, rho = how.partition(":")
    if kind == "ar":
        rho, z = float(rho), np.empty(n)
        z[0] = rng.normal()
        for i in range(1, n):
            z[i] = rho * z[i - 1] + np.sqrt(1 - rho * rho) * rng.normal()
        return z
    if kind == "walk":
        return np.cumsum(rng.normal(size=n)) / np.sqrt(n / 2)
    if kind == "t3":
        return rng.standard_t(3, n) / np.sqrt(3)
    return np.zeros(n)


def history(rng, windows, rows, how, columns=9, size=0.3, season=0.0, step=DAY, spread=0.0):
    """Rows in windows whose levels wobble; with a `season`, an hour of the day and a day of the week of their own."""
    w = np.repeat(np.arange(windows), np.maximum(rng.poisson(rows * np.exp(spread * latent(rng, windows, how))), 5))
    hours = (w * (step // HOUR)) % 24
    daily, weekly = np.sin(2 * np.pi * hours / 24), np.where((w * step // DAY) % 7 >= 5, 1.0, -0.4)
    if season and step < DAY:  # nights are thin
        w = w[rng.random(len(w)) < 0.6 + 0.35 * daily]
        hours = (w * (step // HOUR)) % 24
        daily, weekly = np.sin(2 * np.pi * hours / 24), np.where((w * step // DAY) % 7 >= 5, 1.0, -0.4)
    cycle, n = (daily if step < DAY else 0) + weekly, len(w)
    t = {"at": START + (w * step + (rng.random(n) * step).astype(np.int64)).astype("timedelta64[us]")}
    for i in range(columns):
        level = size * latent(rng, windows, how)[w] + season * (-1) ** i * cycle
        if i % 3 == 0:
            t[f"x{i}"] = rng.normal(size=n) + level
        elif i % 3 == 1:
            t[f"x{i}"] = np.exp(rng.normal(size=n) + level)
        else:
            k = [4, 12, 40][i // 3 % 3]
            odd = rng.random(n) < 1 / (1 + np.exp(-level))
            value = np.where(odd, pick(rng, zipf(k), n), pick(rng, zipf(k)[::-1], n))
            t[f"x{i}"] = np.char.add("v", value.astype(str))
    score = np.clip(rng.beta(0.6, 0.6, n), 0, 1)
    noise = 1 / (1 + np.exp(-(-2.5 + size * latent(rng, windows, how)[w] + season * cycle)))
    t |= {"score": score, "prediction": (score >= 0.5).astype(int)}
    t["label"] = np.where(rng.random(n) < noise, rng.integers(0, 2, n), rng.random(n) < score).astype(int)
    order = np.argsort(t["at"])
    return {k: v[order] for k, v in t.items()}


def take(table, rows):
    return {k: v[rows] for k, v in table.items()}


def files(folder, reference, current):
    for name, t in (("reference", reference), ("current", current)):
        pq.write_table(pa.table(t) if isinstance(t, dict) else t, folder / f"{name}.parquet", compression="none")


def arguments(folder, *more):
    return ["--reference", str(folder / "reference.parquet"), "--current", str(folder / "current.parquet"), *more]


def two_files(reference, current, columns):
    def make(rng, folder):
        files(folder, iid(rng, reference, columns), iid(rng, current, columns))
        return arguments(folder)
    return make


def wobbling(how, reference, current, rows=300, window="1d", **more):
    """One history cut in two. The rate is such that every run may spend 5 %."""
    def make(rng, folder):
        step = {"1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "1w": 7 * DAY}[window]
        t = history(rng, reference + current, rows, how, step=step, **more)
        cut = START + np.timedelta64(reference * step, "us")
        later = take(t, t["at"] >= cut)
        later["x0"] = later["x0"] + SHIFT
        files(folder, take(t, t["at"] < cut), later)
        return arguments(folder, "--window", window, "--time", "at", "--false-alarms", "90 per 90d")
    return make


def halves(path, drop, roles, rows):
    """Rows of a table without drift, dealt at random into two files."""
    table = pq.read_table(path).drop_columns(drop)
    def make(rng, folder):
        order = rng.permutation(table.num_rows)
        files(folder, table.take(order[: rows[0]]), table.take(order[rows[0] : rows[0] + rows[1]]))
        return arguments(folder, *roles)
    return make


def blocks(path, time, until, block, counts, window, roles):
    """A reference whose weeks are drawn anew, in blocks that keep what follows what, and dated on."""
    table = pq.read_table(path)
    at = table[time].to_numpy().astype("datetime64[us]").astype(np.int64)
    monday = 4 * DAY  # 1970-01-05
    begin = monday + -(-(at.min() - monday) // (7 * DAY)) * 7 * DAY
    length = block * 7 * DAY
    limit = np.datetime64(until, "us").astype(np.int64)
    starts = np.arange(begin, limit - length + 1, 7 * DAY)
    place = table.schema.get_field_index(time)
    def make(rng, folder):
        parts = []
        for i in range(sum(counts)):
            a = rng.choice(starts)
            rows = np.flatnonzero((at >= a) & (at < a + length))
            dated = pa.array(at[rows] - a + START.astype(np.int64) + i * length, pa.timestamp("us"))
            parts.append(table.take(rows).set_column(place, time, dated))
        files(folder, pa.concat_tables(parts[: counts[0]]), pa.concat_tables(parts[counts[0] :]))
        return arguments(folder, "--window", window, "--time", time, "--false-alarms", "90 per 90d", *roles)
    return make


def cases(data, quick):
    """Name, maker, weight: how many runs of those asked for."""
    for n, m in [(100, 100), (1_000, 1_000), (10_000, 10_000), (300, 5_000), (5_000, 200), (50_000, 50_000)]:
        yield f"iid 20 columns, {n} and {m} rows", two_files(n, m, 20), 0.2 if n + m > 90_000 else 1
    yield "iid 200 columns, 1000 and 1000 rows", two_files(1_000, 1_000, 200), 0.5
    if not quick:
        yield "iid 200 columns, 20000 and 20000 rows", two_files(20_000, 20_000, 200), 0.1
        yield "iid 20 columns, 100000 and 100000 rows", two_files(100_000, 100_000, 20), 0.15
        yield "iid 20 columns, 1000000 and 1000000 rows", two_files(1_000_000, 1_000_000, 20), 0.02
    for how in ["ar:0", "ar:0.5", "ar:0.8", "walk", "t3"]:
        for reference, current in [(4, 4), (8, 4), (12, 12), (40, 8)]:
            if not quick or reference == 12:
                yield f"wobble {how}, {reference} and {current} days", wobbling(how, reference, current), 1
    yield "wobble ar:0.5 of volume too, 12 and 12 days", wobbling("ar:0.5", 12, 12, spread=0.3), 1
    yield "wobble ar:0.5, 26 and 8 weeks", wobbling("ar:0.5", 26, 8, window="1w"), 1
    yield "wobble ar:0.5, 12 and 12 days of 5000 rows", wobbling("ar:0.5", 12, 12, rows=5_000), 0.3
    for hours in [12, 24, 48, 168]:
        more = dict(rows=60, window="1h", season=0.4, size=0.1)
        yield f"season, 28 days and {hours} hours", wobbling("ar:0.5", 672, hours, **more), 0.5
    for days, why in [(2, "two days"), (5, "five days"), (14, "two weeks")]:
        yield f"season of days, 8 weeks and {why}", wobbling("ar:0.3", 56, days, season=0.4, size=0.1), 1
    yield "season of days, 8 weeks and a weekend", wobbling("ar:0.3", 61, 2, season=0.4, size=0.1), 1
    yield "season, 28 days and 6 quarters of a day", wobbling("ar:0.3", 112, 6, rows=200, window="6h", season=0.4, size=0.1), 1
    roles = ["--label", "employed", "--prediction", "prediction", "--score", "predicted_probability", "--id", "id"]
    example = ROOT / "examples/data"
    for n, m in [(500, 500), (5_000, 5_000), (20_000, 20_000)]:
        name = f"employment, {n} and {m} rows dealt at random"
        yield name, halves(example / "employment_ma.parquet", ["surveyed_at"], roles, (n, m)), 0.2 if n > 10_000 else 1
    hotel = ["--label", "is_canceled", "--prediction", "prediction", "--score", "score", "--ignore", "booking_id"]
    yield "hotel, 24 and 12 weeks in blocks of 2", blocks(
        example / "hotel_bookings.parquet", "arrival_date", "2016-04-01", 2, (12, 6), "1w", hotel), 1
    if data and (data / "elec2.parquet").exists():
        elec = ["--label", "class", "--prediction", "prediction", "--score", "score", "--ignore", "day,period"]
        for counts, window in [((14, 4), "1d"), ((14, 4), "1w"), ((8, 1), "1d")]:
            yield f"elec2, {counts[0]} and {counts[1]} weeks by {window}", blocks(
                data / "elec2.parquet", "at", "1997-03-11", 1, counts, window, elec), 1


def check(binary, args):
    done = subprocess.run([binary, "check", *args, "--format", "json"], capture_output=True, text=True, cwd="/")
    if done.returncode not in (0, 1, 3):
        return dict(error=done.stderr.strip())
    result = json.loads(done.stdout)
    loud = [f for f in result["findings"] if f["severity"] in LOUD and f["mode"] in MODES]
    moved = any(c["name"] == "x0" and c["drifted"] for c in result["columns"])
    return dict(code=done.returncode, budget=result["budget"]["false_alarms"], harmful=done.returncode == 1, any=bool(loud), moved=moved,
                loud=[f"{f['severity']} {f['mode']}/{f['kind']} {','.join(f['subject']['columns'])}: {f['message']}" for f in loud])


def ks_chi2(reference, current):
    """Whether any column's p is under 5 %: the pair of tests that most tutorials recommend."""
    for name in reference.schema.names:
        a, b = reference[name].to_pandas().dropna(), current[name].to_pandas().dropna()
        if a.dtype.kind in "fiu" and a.nunique() > 20:
            p = stats.ks_2samp(a, b).pvalue
        elif a.dtype.kind == "M":
            continue
        else:
            x, y = a.astype(str).value_counts(), b.astype(str).value_counts()
            counts = np.array([[x.get(k, 0) for k in x.index.union(y.index)], [y.get(k, 0) for k in x.index.union(y.index)]])
            p = stats.chi2_contingency(counts).pvalue if counts.shape[1] > 1 else 1.0
        if p < 0.05:
            return True
    return False


PEERS = {
    "evidently": """
import sys, pandas as pd
from evidently import Report, Dataset, DataDefinition
from evidently.presets import DataDriftPreset
for folder in sys.stdin.read().split():
    a, b = (pd.read_parquet(f'{folder}/{n}.parquet') for n in ('reference', 'current'))
    for t in (a, b):
        t.drop(columns=[c for c in t if t[c].dtype.kind == 'M'], inplace=True)
    r = Report([DataDriftPreset()]).run(Dataset.from_pandas(b), Dataset.from_pandas(a)).dict()
    count = next(m['value'] for m in r['metrics'] if 'DriftedColumnsCount' in str(m.get('metric_name', m.get('metric_id'))))
    print('R', int(count['share'] >= 0.5), int(count['count'] > 0), flush=True)
""",
    "nannyml": """
import sys, pandas as pd, nannyml as nml
for folder in sys.stdin.read().split():
    a, b = (pd.read_parquet(f'{folder}/{n}.parquet') for n in ('reference', 'current'))
    names = [c for c in a if a[c].dtype.kind != 'M']
    calc = nml.UnivariateDriftCalculator(column_names=names).fit(a)
    r = calc.calculate(b).filter(period='analysis').to_df()
    alerts = [c for c in r.columns if c[-1] == 'alert']
    print('R', int(r[alerts].to_numpy().any()), flush=True)
""",
    "whylogs": """
import sys, pandas as pd, whylogs as why
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores
for folder in sys.stdin.read().split():
    a, b = (pd.read_parquet(f'{folder}/{n}.parquet') for n in ('reference', 'current'))
    for t in (a, b):
        t.drop(columns=[c for c in t if t[c].dtype.kind == 'M'], inplace=True)
    s = calculate_drift_scores(target_view=why.log(b).view(), reference_view=why.log(a).view(), with_thresholds=True)
    print('R', int(any(v and v.get('drift_category') == 'DRIFT' for v in s.values())), flush=True)
""",
}


def peers(venvs, folders):
    """Name -> alarms over these pairs; what cannot run says so."""
    out = {"ks_chi2": [ks_chi2(*(pq.read_table(f / f"{n}.parquet") for n in ("reference", "current"))) for f in folders]}
    for tool, script in PEERS.items():
        python = venvs / tool / "bin/python" if venvs else None
        if not (python and python.exists()):
            continue
        env = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "PATH": "/usr/bin:/bin", "HOME": tempfile.gettempdir()}
        done = subprocess.run([python, "-W", "ignore", "-c", script], input="\n".join(map(str, folders)), capture_output=True,
                              text=True, env=env)
        lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("R ")]
        if len(lines) != len(folders):
            print(f"  {tool} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        for i, name in enumerate([tool, f"{tool}_any"]):
            values = [bool(int(x[i])) for x in lines if len(x) > i]
            if values:
                out[name] = values
    return out


def ratio(alarms, runs, budget):
    """Realised over budgeted, with the exact interval of the realised number."""
    low = stats.beta.ppf(0.025, alarms, runs - alarms + 1) if alarms else 0.0
    high = stats.beta.ppf(0.975, alarms + 1, runs - alarms) if alarms < runs else 1.0
    return alarms / budget, low * runs / budget, high * runs / budget


def shown(alarms, runs, budget):
    r, low, high = ratio(alarms, runs, budget)
    return f"{alarms:4d} {r:5.2f} ({low:.2f} to {high:.2f})"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("binary")
    ap.add_argument("--quick", action="store_true", help="fewer cases, 40 runs each")
    ap.add_argument("--runs", type=int, help="runs of a case [default: 200, 40 with --quick]")
    ap.add_argument("--only", help="cases whose names hold this; several with |")
    ap.add_argument("--data", type=Path)
    ap.add_argument("--peers", type=Path, nargs="?", const=Path("/nonexistent"))
    ap.add_argument("--peer-pairs", type=int, default=10)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--json", type=Path)
    ap.add_argument("--verbose", action="store_true", help="print what was said")
    ap.add_argument("--assert", dest="hold", action="store_true")
    ap.add_argument("--shift", type=float, default=0.0, help="move column x0 of the made histories by so much: how often is it found?")
    a = ap.parse_args()
    global SHIFT
    SHIFT = a.shift
    binary, asked = str(Path(a.binary).resolve()), a.runs or (40 if a.quick else 200)
    total, rows, broken = [0, 0, 0, 0.0], [], False
    print(f"{'case':52s} {'runs':>5s} {'budget':>6s}   alarm: number, ratio        any: number, ratio")
    for number, (name, make, weight) in enumerate(cases(a.data, a.quick)):
        if a.only and not any(part in name for part in a.only.split("|")):
            continue
        runs = max(2, round(asked * weight))
        with tempfile.TemporaryDirectory() as temp, ThreadPoolExecutor(a.jobs) as pool:
            def one(i):
                folder = Path(temp) / str(i)
                folder.mkdir()
                result = check(binary, make(np.random.default_rng([a.seed, number, i]), folder))
                if a.peers is None or i >= a.peer_pairs:
                    for f in folder.iterdir():
                        f.unlink()
                return result
            results = list(pool.map(one, range(runs)))
            for e in sorted({r["error"] for r in results if "error" in r}):
                print(f"  error: {e}", file=sys.stderr)
                broken = True
            good = [r for r in results if "error" not in r]
            if not good:
                continue
            budget = sum(r["budget"] for r in good)
            harmful, loud = sum(r["harmful"] for r in good), sum(r["any"] for r in good)
            blind = sum(r["code"] == 3 for r in good)
            print(f"{name:52s} {len(good):5d} {budget:6.1f}   {shown(harmful, len(good), budget)}   {shown(loud, len(good), budget)}"
                  + (f"   {blind} blind" if blind else "")
                  + (f"   x0 found in {sum(r['moved'] for r in good)}" if SHIFT else ""), flush=True)
            if a.verbose:
                for line in (line for r in good for line in r["loud"]):
                    print("     ", line)
            row = dict(case=name, runs=len(good), budget=budget, harmful=harmful, any=loud, blind=blind)
            if a.peers is not None:
                said = peers(a.peers, [Path(temp) / str(i) for i in range(min(runs, a.peer_pairs))])
                row["peers"] = {k: [sum(v), len(v)] for k, v in said.items()}
                print("      " + ", ".join(f"{k} {n} of {of}" for k, (n, of) in row["peers"].items()), flush=True)
            rows.append(row)
        total = [x + y for x, y in zip(total, (len(good), harmful, loud, budget))]
        broken |= min(ratio(harmful, len(good), budget)[1], 9) > 1 or ratio(loud, len(good), budget)[1] > 1
    runs, harmful, loud, budget = total
    if runs:
        print(f"{'all':52s} {runs:5d} {budget:6.1f}   {shown(harmful, runs, budget)}   {shown(loud, runs, budget)}")
        broken |= loud / budget > 1.2 or harmful / budget > 1.2
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))
    return int(a.hold and broken)


if __name__ == "__main__":
    sys.exit(main())
