"""How much drift is seen, how soon, and by which name; and what other tools see of it at the same rate of false alarms.

    python bench/detection.py BINARY [--repeats 20] [--nulls 100] [--peers VENVS] [--work DIR] [--json OUT.json] [--only MODE,...]

A world is 60 days of 300 predictions: 12 numbers, 6 categories, a score, a prediction and a label. The model is frozen and
right about the world of the first 30 days, the reference. In a run with drift one thing changes in the afternoon of day
40, at one of four strengths (FAULTS below); in a null run nothing does. There are two kinds of world: `still`, rows are
independent, and `wobbling`, the means of half of the columns follow an AR(1) process from day to day as real columns do.
Every tool gets the same files.

Rate of false alarms. A tool is made to alarm on 5 % of the null runs of the same world: its score is the most telling of
everything it computes, scaled as its defaults scale it (distance from its threshold, standard deviations from the
reference's chunks, p-value), and its threshold is the 95th percentile of that score over the null runs. dosimeter is taken
as it is: an alarm is exit code 1, a notice is any finding of severity `watch` or more. Both of its rates on the null runs
are printed; where they are under 5 %, the others are favoured.

Peers (each in a venv VENVS/<name>, see bench/README.md; those that are absent are left out):
  scipy      Kolmogorov-Smirnov and chi-square per column, smallest p, on the last 20 days (no venv needed)
  evidently  its default test per column
  alibi      TabularDrift (KS and chi-square)
  nannyml    Jensen-Shannon distance per column and chunk, realised accuracy and AUC, CBPE, PCA reconstruction

Printed: detection rates by strength, days from the onset to the first look that saw it, error of the onset's date, and the
table of true mode against named mode for the strongest fault of each kind.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

DAYS, REFERENCE_DAYS, PER_DAY = 60, 30, 300
ONSET_DAY, ONSET_ROW = 40, 40 * PER_DAY + PER_DAY // 2
NUMBERS = [f"x{i:02d}" for i in range(12)]
CATEGORIES = [f"k{i}" for i in range(6)]
LEVELS = [2, 4, 8, 20, 50, 100]
START = np.datetime64("2024-03-04T00:00:00")  # a Monday


# --- The world ------------------------------------------------------------------------------------------------------------------

def wobble(rng, kind):
    """By day and column, how far the mean is off, in standard deviations."""
    off = np.zeros((DAYS, len(NUMBERS)))
    if kind == "wobbling":
        for j in range(0, len(NUMBERS), 2):
            x = 0.0
            for d in range(DAYS):
                x = 0.6 * x + rng.normal(0, 0.16)
                off[d, j] = x
    return off


def chance(z, k):
    """P(Y = 1 | X): a few columns matter, one of them by a bend."""
    eta = -0.4 + 1.2 * z["x00"] - 0.9 * z["x01"] + 0.7 * z["x02"] + 0.5 * (np.abs(z["x03"]) - 0.8)
    eta = eta + np.where(k["k1"] == 2, 0.6, 0.0)
    return 1 / (1 + np.exp(-eta))


def world(seed, kind, mode=None, strength=0.0):
    rng = np.random.default_rng([seed, {"still": 0, "wobbling": 1}[kind]])
    n = DAYS * PER_DAY
    day = np.repeat(np.arange(DAYS), PER_DAY)
    after = np.arange(n) >= ONSET_ROW
    off = wobble(rng, kind)[day]
    base = rng.normal(size=(n, len(NUMBERS)))
    base[:, 5] = 0.8 * base[:, 4] + 0.6 * base[:, 5]
    z = {c: base[:, j] + off[:, j] for j, c in enumerate(NUMBERS)}
    k = {}
    for c, levels in zip(CATEGORIES, LEVELS):
        p = 1 / np.arange(1, levels + 1) ** 1.1
        k[c] = rng.choice(levels, size=n, p=p / p.sum())
    if mode == "covariate":
        z["x00"] = z["x00"] + np.where(after, strength, 0)
    if mode == "spread":
        z["x06"] = z["x06"] * np.where(after, 1 + strength, 1)
    if mode == "harmless":
        z["x08"] = z["x08"] + np.where(after, strength, 0)
    if mode == "relation":
        turned = after & (rng.random(n) < strength)
        z["x05"] = np.where(turned, -0.8 * z["x04"] + 0.6 * rng.normal(size=n), z["x05"])
    if mode == "surge":
        k["k2"] = np.where(after & (rng.random(n) < strength), 6, k["k2"])
    p = chance(z, k)
    if mode == "concept":
        p = np.where(after, (1 - strength) * p + strength * (1 - p), p)
    if mode == "concept_segment":
        p = np.where(after & (k["k1"] == 1) & (rng.random(n) < strength), 1 - p, p)
    y = (rng.random(n) < p).astype(int)
    rows = np.arange(n)
    if mode == "prior":  # the classes look as before, there are more of one
        extra = after & (y == 0) & (rng.random(n) < strength)
        pool = rows[~after & (y == 1)]
        rows[extra] = rng.choice(pool, extra.sum())
    score = chance({c: v[rows] for c, v in z.items()}, {c: v[rows] for c, v in k.items()})
    predicted = (score >= 0.5).astype(int)
    if mode == "calibration":
        logit = np.log(score / (1 - score))
        score = np.where(after, 1 / (1 + np.exp(-logit * (1 + strength))), score)
    at = START + (day * 86_400 + rng.integers(0, 86_400, n)).astype("timedelta64[s]")
    # Times are put in order and rows keep their places, so that the onset's row is exact.
    frame = {"id": np.arange(n), "at": np.sort(at)}
    for j, c in enumerate(NUMBERS):
        v = z[c][rows]
        frame[c] = [v, np.exp(v), 10 + 3 * v, v][j % 4]
    for c in CATEGORIES:
        frame[c] = np.char.add("v", k[c][rows].astype(str))
    frame |= {"score": score, "prediction": predicted, "label": y[rows]}
    frame = pd.DataFrame(frame)
    hit = after & (rng.random(n) < strength)
    if mode == "unit":
        frame.loc[hit, "x01"] = frame.loc[hit, "x01"] * 1000
    if mode == "nulls":
        frame.loc[hit, "x02"] = np.nan
    if mode == "sentinel":
        frame.loc[hit, "x02"] = -999.0
    if mode == "casing":
        frame.loc[hit, "k2"] = frame.loc[hit, "k2"].str.upper()
    if mode == "new_category":
        frame.loc[hit, "k3"] = "v_new"
    if mode == "frozen":
        frame.loc[after, "x04"] = frame["x04"][ONSET_ROW]
    if mode == "feed":
        frame = frame[~after | (rng.random(n) >= strength)].reset_index(drop=True)
    return frame


# Each with four strengths and the mode that is the truth.
FAULTS = {
    "covariate": ([0.1, 0.2, 0.4, 0.8], "data_drift"),
    "spread": ([0.1, 0.2, 0.4, 0.8], "data_drift"),
    "harmless": ([0.1, 0.2, 0.4, 0.8], "data_drift"),
    "relation": ([0.1, 0.25, 0.5, 1.0], "data_drift"),
    "surge": ([0.02, 0.05, 0.1, 0.3], "category_shift"),
    "new_category": ([0.005, 0.02, 0.05, 0.2], "category_shift"),
    "unit": ([0.05, 0.2, 0.5, 1.0], "schema_change"),
    "nulls": ([0.01, 0.03, 0.1, 0.3], "schema_change"),
    "sentinel": ([0.01, 0.03, 0.1, 0.3], "schema_change"),
    "casing": ([0.05, 0.2, 0.5, 1.0], "schema_change"),
    "frozen": ([1.0], "schema_change"),
    "concept": ([0.05, 0.1, 0.2, 0.4], "concept_drift"),
    "concept_segment": ([0.2, 0.4, 0.7, 1.0], "concept_drift"),
    "prior": ([0.1, 0.2, 0.4, 0.7], "prior_shift"),
    "calibration": ([0.2, 0.5, 1.0, 2.0], "calibration_loss"),
    "feed": ([0.2, 0.4, 0.7, 1.0], "feed_stalled"),
}
# The catalogue files volume and freshness under the form of the data.
ALSO = {"feed": {"schema_change"}}
# Modes that speak of a fall rather than of its cause: they stand beside the right name and do not contradict it.
SYMPTOMS = {"performance_loss"}


# --- dosimeter ---------------------------------------------------------------------------------------------------------------------

def run_dosimeter(binary, frame, folder, days=DAYS):
    part = frame[frame["at"] < START + np.timedelta64(days * 86_400, "s")]
    path = folder / "world.parquet"
    part.to_parquet(path, index=False)
    border = str(START + np.timedelta64(REFERENCE_DAYS * 86_400, "s"))
    as_of = str(START + np.timedelta64(days * 86_400, "s"))
    command = [binary, "check", str(path), "--reference-until", border, "--time", "at", "--id", "id", "--label", "label",
               "--score", "score", "--prediction", "prediction", "--window", "1d", "--as-of", as_of, "--format", "json", "-q"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"dosimeter failed on {path}: {done.stderr}")
    return json.loads(done.stdout)


def telling(result):
    """Its findings of severity watch or more, harmless ones apart, first things first."""
    loud = [f for f in result["findings"] if f["severity"] != "harmless"]
    return loud, [f for f in result["findings"] if f["severity"] == "harmless"]


def named(result):
    """The mode named first, symptoms left out; harmless movements come last."""
    loud, quiet = telling(result)
    causes = [f["mode"] for f in loud + quiet if f["mode"] not in SYMPTOMS]
    return causes[0] if causes else ("performance_loss" if loud else "nothing")


def onset_error(result, mode, frame):
    """Days between the true onset and the one of the first finding of the mode."""
    truth = frame["at"].iloc[min(ONSET_ROW, len(frame) - 1)]
    for f in result["findings"]:
        if f["mode"] == mode and f.get("onset") and f["onset"].get("at"):
            at = pd.Timestamp(f["onset"]["at"]).tz_localize(None)
            return (at - truth) / pd.Timedelta(days=1)
    return None


# --- Peers ---------------------------------------------------------------------------------------------------------------------------

def run_peer(name, venvs, listing, folder):
    """Scores by file of one peer, higher is more alarming; None where it is not installed."""
    python = sys.executable if name == "scipy" else str(Path(venvs or "/nonexistent") / name / "bin" / "python")
    if name != "scipy" and not Path(python).exists():
        return None
    out = folder / f"{name}.jsonl"
    script = Path(__file__).with_name("detection_peers.py")
    done = subprocess.run([python, str(script), name, str(listing), str(out)], capture_output=True, text=True)
    if done.returncode:
        print(f"{name} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return {r["file"]: r["scores"] for r in map(json.loads, out.read_text().splitlines())}


# --- The bench ---------------------------------------------------------------------------------------------------------------------

def interval(k, n):
    """Clopper-Pearson, 95 %."""
    from scipy.stats import beta
    low = 0.0 if k == 0 else beta.ppf(0.025, k, n - k + 1)
    high = 1.0 if k == n else beta.ppf(0.975, k + 1, n - k)
    return low, high


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("binary")
    p.add_argument("--repeats", type=int, default=20)
    p.add_argument("--nulls", type=int, default=100)
    p.add_argument("--peers", help="folder of venvs")
    p.add_argument("--work", help="where the worlds are kept for the peers")
    p.add_argument("--json")
    p.add_argument("--only", default="")
    p.add_argument("--looks", default="1,2,3,5,8,12,20", help="days after the onset at which a check is run, for the delay")
    a = p.parse_args()
    looks = [int(d) for d in a.looks.split(",")]
    modes = [m for m in FAULTS if not a.only or m in a.only.split(",")]
    work = Path(a.work or tempfile.mkdtemp(prefix="detection-"))
    work.mkdir(parents=True, exist_ok=True)
    report = {"null": {}, "faults": [], "peers": {}}
    for kind in ("still", "wobbling"):
        folder = work / kind
        folder.mkdir(exist_ok=True)
        listing, files = folder / "files.txt", []
        alarms = notices = anything = 0
        for i in range(a.nulls):
            frame = world(10_000 + i, kind)
            if a.peers:
                files.append(folder / f"null.{i}.parquet")
                frame.to_parquet(files[-1], index=False)
            result = run_dosimeter(a.binary, frame, folder)
            alarms += result["verdict"] == "decaying"
            notices += bool(telling(result)[0])
            anything += bool(result["findings"])
        report["null"][kind] = {"runs": a.nulls, "alarms": alarms, "notices": notices, "anything": anything}
        low, high = interval(alarms, a.nulls)
        print(f"\n{kind}: null runs {a.nulls}, alarms {alarms} ({low:.1%} to {high:.1%}), "
              f"with a finding of watch or more {notices}, with any {anything}\n")
        print(f"{'fault':16}{'strength':>9}{'seen':>7}{'alarm':>7}{'first name right':>18}{'among':>7}{'delay d':>9}{'onset error d':>22}")
        for mode in modes:
            strengths, truth = FAULTS[mode]
            for s in strengths:
                seen = alarmed = right = among = 0
                delays, errors, names = [], [], Counter()
                for i in range(a.repeats):
                    frame = world(i, kind, mode, s)
                    if a.peers:
                        files.append(folder / f"{mode}.{s}.{i}.parquet")
                        frame.to_parquet(files[-1], index=False)
                    result = run_dosimeter(a.binary, frame, folder)
                    loud, quiet = telling(result)
                    found = {f["mode"] for f in loud + quiet}
                    seen += bool(found)
                    alarmed += result["verdict"] == "decaying"
                    name = named(result)
                    names[name] += 1
                    names_right = {truth} | ALSO.get(mode, set())
                    right += name in names_right
                    among += bool(names_right & found)
                    error = onset_error(result, truth, frame)
                    if error is not None:
                        errors.append(error)
                    if found:
                        for d in looks:
                            early = run_dosimeter(a.binary, frame, folder, ONSET_DAY + d)
                            if any(f["mode"] == truth or f["mode"] in SYMPTOMS for f in early["findings"]):
                                delays.append(d)
                                break
                median = f"{np.median(delays):.0f}" if delays else "-"
                spread = (f"{np.median(errors):+.1f} [{np.quantile(errors, .1):+.1f}, {np.quantile(errors, .9):+.1f}]"
                          if errors else "-")
                print(f"{mode:16}{s:9g}{seen / a.repeats:7.0%}{alarmed / a.repeats:7.0%}{right / a.repeats:18.0%}"
                      f"{among / a.repeats:7.0%}{median:>9}{spread:>22}", flush=True)
                report["faults"].append(dict(world=kind, fault=mode, strength=s, runs=a.repeats, seen=seen, alarms=alarmed, right=right,
                                             among=among, delays=delays, onset_errors=errors, names=dict(names), truth=truth))
        if a.peers:
            listing.write_text("\n".join(map(str, files)))
            compare(a, kind, folder, listing, report)
    confusion(report)
    if a.json:
        Path(a.json).write_text(json.dumps(report, indent=1))


def compare(a, kind, folder, listing, report):
    """Detection of each peer with its threshold at the 95th percentile of its null runs."""
    rates = defaultdict(dict)
    for peer in ("scipy", "evidently", "alibi", "nannyml"):
        scores = run_peer(peer, a.peers, listing, folder)
        if scores is None:
            continue
        for method in sorted({m for s in scores.values() for m in s}):
            null = [s[method] for f, s in scores.items() if "/null." in f and method in s]
            bar = float(np.quantile(null, 0.95, method="higher"))
            by_fault = defaultdict(list)
            for f, s in scores.items():
                name = Path(f).name
                if not name.startswith("null."):
                    by_fault[name.rsplit(".", 2)[0]].append(s.get(method, -math.inf) > bar)
            for fault, hits in by_fault.items():
                rates[fault][f"{peer} {method}"] = float(np.mean(hits))
    methods = sorted({m for r in rates.values() for m in r})
    print(f"\n{kind}: detection rate at 5 % false alarms, dosimeter as it is (any finding)\n")
    print(f"{'fault strength':24}{'dosimeter':>11}" + "".join(f"{m[:18]:>20}" for m in methods))
    for f in (f for f in report["faults"] if f["world"] == kind):
        key = f"{f['fault']}.{f['strength']}"
        print(f"{key:24}{f['seen'] / f['runs']:11.0%}" + "".join(f"{rates[key].get(m, math.nan):20.0%}" for m in methods), flush=True)
    report["peers"][kind] = rates


def confusion(report):
    """True mode against the mode named first, for the strongest fault of each kind."""
    strongest = {}
    for f in report["faults"]:
        strongest[(f["world"], f["fault"])] = f
    print("\nClear cases (strongest fault of each kind): the mode named first\n")
    right = total = 0
    for (kind, fault), f in strongest.items():
        right += f["right"]
        total += f["runs"]
        others = ", ".join(f"{m} {n}" for m, n in sorted(f["names"].items()) if m != f["truth"])
        print(f"{kind:10}{fault:16}{f['truth']:18}{f['right']}/{f['runs']}" + (f"   else {others}" if others else ""))
    if total:
        low, high = interval(right, total)
        print(f"\nright in {right} of {total}: {right / total:.1%} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
