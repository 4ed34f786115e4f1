"""Are the parts of a loss what they should be, and do their intervals cover the truth?

    python bench/decomposition.py BINARY [--seeds 20] [--rows 5000,20000] [--only TEXT] [--json OUT.json]
    python bench/decomposition.py BINARY --hotel [HOTEL.parquet]

The first form makes worlds whose parts are known, checks each with BINARY, and prints one line per world and number of rows:

  told      runs in which there was a loss to split, of all
  total     the true change of the metric; every other figure is in hundredths of it
  truth     the true part: inputs (common ground and unseen together), concept, schema
  bias      mean of what was said minus the truth
  cover     how often the 95 % interval holds the truth

Worlds of the simulator (`dosimeter simulate`) have one cause each, so that one part is the whole change (`truth.json`
says how large that is) and the others are nought. Those made here have several: half inputs and half concept, a concept that moved
in one slice, a broken column beside a concept that moved, and one column that matters among forty.

The second form says how much of the hotel data's loss is inputs and how much concept, and in which slices it lives; and computes
the same apart from the program: cross-fitted gradient boosting of scikit-learn, for the loss and for the odds of the periods, put
together by augmented inverse probability weighting, and the slices on all rows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the libraries that read it

import numpy as np
import pandas as pd

PARTS = ["inputs", "concept", "schema"]
# Scenarios of the simulator and the one part that their whole change belongs to.
SIMULATED = {
    "concept_abrupt": "concept", "concept_gradual": "concept", "regression_growth": "concept",
    "data_drift": "inputs", "rare_category": "inputs",
    "unit_change": "schema", "column_swap": "schema", "frozen_column": "schema", "sentinel": "schema", "null_burst": "schema",
}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def hard(x):
    """The chance that the frozen model errs: more where the second column is large."""
    return 0.05 + 0.25 * sigmoid(3 * (x[:, 1] - 0.5))


class World:
    """Inputs that move by `shift`, errors that come with the chance `hard` then and `now` today, and perhaps a broken column."""

    def __init__(self, columns=6, shift=0.0, now=None, broken=False, by=1):
        self.columns, self.shift, self.now, self.broken, self.by = columns, shift, now or hard, broken, by

    def inputs(self, rows, rng, moved):
        x = rng.normal(size=(rows, self.columns))
        if moved:
            x[:, self.by] += self.shift
        return x

    def chance(self, x):
        """What today's rows cost: where the broken column is zero the model guesses."""
        return self.now(x)

    def table(self, rows, rng, moved):
        x = self.inputs(rows, rng, moved)
        chance = self.now(x) if moved else hard(x)
        frame = pd.DataFrame({f"x{j}": np.round(x[:, j], 4) for j in range(self.columns)})
        if self.broken and moved:
            gone = rng.random(rows) < BROKEN
            frame.loc[gone, "x3"] = np.nan
            chance = np.where(gone, chance + COST, chance)
        says = x[:, 0] > 0
        sure = 0.5 + 0.45 * np.abs(np.tanh(x[:, 0]))
        frame["score"] = np.round(np.where(says, sure, 1 - sure), 5)
        frame["prediction"] = says.astype(int)
        frame["label"] = (says ^ (rng.random(rows) < chance)).astype(int)
        return frame

    def truth(self):
        """The parts as changes of accuracy, by Monte Carlo."""
        rng = np.random.default_rng(99)
        then, now = self.inputs(400_000, rng, False), self.inputs(400_000, rng, True)
        concept = self.now(now).mean() - hard(now).mean()
        return {
            "inputs": -(hard(now).mean() - hard(then).mean()),
            "concept": -concept,
            "schema": -(BROKEN * COST if self.broken else 0.0),
        }


BROKEN, COST = 0.4, 0.2
# Made here, by name.
MADE = {
    "half_and_half": World(shift=0.9, now=lambda x: hard(x) + 0.065),
    "concept_in_a_slice": World(now=lambda x: hard(x) + 0.4 * ((x[:, 2] > 0.6) & (x[:, 4] > 0))),
    "schema_and_concept": World(broken=True, now=lambda x: hard(x) + 0.06),
    "one_of_forty_moves": World(columns=40, shift=1.2),
    "concept_among_forty": World(columns=40, now=lambda x: hard(x) + 0.1 * (x[:, 2] > 0)),
    "inputs_move_far": World(shift=2.5),
}


def check(binary, *arguments):
    done = subprocess.run([binary, "check", *arguments, "--format", "json"], capture_output=True, text=True)
    if done.returncode == 2:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def told(result):
    """Value and interval of each part; None where nothing was split."""
    parts = result["decomposition"]
    if parts is None:
        return None
    intervals = parts["interval"]
    half = lambda name: (intervals[name][1] - intervals[name][0]) / 2 if name in intervals else 0.0
    value = parts["inputs_common"] + parts["inputs_unseen"]
    both = np.hypot(half("inputs_common"), half("inputs_unseen"))
    said = {"inputs": (value, value - both, value + both)}
    for name in ["concept", "schema"]:
        # Where all rows broke, nothing is claimed of the concept, and where none did, nothing of the schema.
        said[name] = (parts[name], *intervals.get(name, [parts[name]] * 2))
    return said


def simulated(binary, folder, name, rows, seed):
    events = folder / "events.parquet"
    subprocess.run([binary, "simulate", name, "--rows", str(rows), "--seed", str(seed), "-o", events], check=True,
                   capture_output=True)
    truth = json.loads((folder / "events.truth.json").read_text())
    change = truth["metric"]["current"] - truth["metric"]["before"]
    result = check(binary, str(events), "--reference-until", truth["reference_until"]["at"])
    return {part: change if part == SIMULATED[name] else 0.0 for part in PARTS}, told(result)


def made(binary, folder, name, rows, seed):
    world, rng = MADE[name], np.random.default_rng(seed)
    for file, moved in [("reference", False), ("current", True)]:
        world.table(rows, rng, moved).to_parquet(folder / f"{file}.parquet")
    files = ["--reference", str(folder / "reference.parquet"), "--current", str(folder / "current.parquet")]
    return world.truth_once, told(check(binary, *files, "--label", "label"))


def measure(options):
    print(f"{'world':<22}{'rows':>7}{'told':>7}{'total':>8}  " + "".join(f"|{p:^23}" for p in PARTS))
    print(f"{'':<44}  " + "|  truth   bias   cover  " * len(PARTS))
    lines = []
    for name in [*SIMULATED, *MADE]:
        if options.only and options.only not in name:
            continue
        if name in MADE:
            MADE[name].truth_once = MADE[name].truth()
        for rows in options.rows:
            with tempfile.TemporaryDirectory() as folder:
                run = made if name in MADE else simulated
                runs = [run(options.binary, Path(folder), name, rows, seed) for seed in range(options.seeds)]
            split = [(truth, said) for truth, said in runs if said]
            total = float(np.mean([sum(truth.values()) for truth, _ in runs]))
            line = {"world": name, "rows": rows, "told": len(split), "of": len(runs), "total": total}
            for part in PARTS if split else []:
                truth = np.array([t[part] for t, _ in split])
                value, low, high = np.array([s[part] for _, s in split]).T
                line[part] = {
                    "truth": 100 * truth.mean() / total, "bias": 100 * (value - truth).mean() / total,
                    "cover": float(np.mean((low <= truth + 1e-9) & (truth - 1e-9 <= high))),
                }
            lines.append(line)
            cells = "".join("|{truth:>7.0f}{bias:>7.1f}{cover:>7.2f}  ".format(**line[p]) if p in line else "" for p in PARTS)
            print(f"{name:<22}{rows:>7}{len(split):>4}/{len(runs):<2}{total:>8.4f}  {cells}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(lines, indent=1))


def independent(then, now, features, seed=0):
    """The parts over common ground by cross-fitted AIPW; `wrong` is the loss."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    both = pd.concat([then[features], now[features]], ignore_index=True)
    for column in features:
        if both[column].dtype == object or str(both[column].dtype) in ("category", "str", "string"):
            codes, values = pd.factorize(both[column])
            common = pd.Series(codes).value_counts().index[:200]
            both[column] = pd.Categorical(np.where(np.isin(codes, common), codes, 10_000))
        else:
            both[column] = pd.to_numeric(both[column])
    loss = np.concatenate([then["wrong"], now["wrong"]])
    period = np.repeat([0, 1], [len(then), len(now)])
    odds, expected = np.zeros(len(both)), np.zeros(len(both))
    settings = dict(max_iter=80, learning_rate=0.1, max_leaf_nodes=16, categorical_features="from_dtype", random_state=seed)
    for learn, judge in StratifiedKFold(5, shuffle=True, random_state=seed).split(both, period):
        of_period = HistGradientBoostingClassifier(**settings).fit(both.iloc[learn], period[learn])
        share = of_period.predict_proba(both.iloc[judge])[:, 1].clip(1e-6, 1 - 1e-6)
        odds[judge] = share / (1 - share) * len(then) / len(now)
        own = learn[period[learn] == 0]
        of_loss = HistGradientBoostingClassifier(**settings).fit(both.iloc[own], loss[own])
        expected[judge] = of_loss.predict_proba(both.iloc[judge])[:, 1]
    p, q, most = period == 0, period == 1, 20.0
    of_then, of_now = np.minimum(odds[p], most), np.minimum(1, most / odds[q])
    surprise = np.average(loss[p] - expected[p], weights=of_then)
    before = np.average(expected[q], weights=of_now) + surprise
    after = np.average(loss[q], weights=of_now)
    return {"inputs_common": before - loss[p].mean(), "concept": after - before, "inputs_unseen": loss[q].mean() - after}


def bounds(words):
    """The two ends of `168 to 364`, `below 2` or `3 and above`."""
    if words.startswith("below "):
        return -np.inf, float(words[6:].replace(",", ""))
    if words.endswith(" and above"):
        return float(words[:-10].replace(",", "")), np.inf
    low, high = words.split(" to ")
    return float(low.replace(",", "")), float(high.replace(",", ""))


def inside(frame, segment):
    rows = np.ones(len(frame), bool)
    for column, words in segment.items():
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values):
            low, high = bounds(words)
            rows &= (values >= low) & ((values < high) if words.startswith("below") else (values <= high))
        else:
            rows &= values.isin(words.split(", "))
    return rows


def hotel(options):
    arguments = [options.hotel, "--reference-until", "2016-04-01", "--label", "is_canceled", "--id", "booking_id"]
    result = check(options.binary, *arguments)
    frame = pd.read_parquet(options.hotel)
    frame["wrong"] = (frame["prediction"] != frame["is_canceled"]).astype(float)
    time = pd.to_datetime(frame["arrival_date"])
    fell = next(f for f in result["findings"] if f["kind"] == "metric_fell")
    onset = pd.Timestamp(fell["onset"]["at"]).tz_localize(None)
    then, now, since = frame[time < "2016-04-01"], frame[time >= "2016-04-01"], frame[time >= onset]
    base = then["wrong"].mean()
    dilution = (now["wrong"].mean() - base) / (since["wrong"].mean() - base)
    features = [c for c in result["inputs"]["roles"]["feature"]]
    drawn = since.sample(len(then), random_state=0)  # as many rows as the reference has are enough
    apart = {name: -dilution * value for name, value in independent(then, drawn, features).items()}
    parts = result["decomposition"]
    print(f"accuracy changed by {result['metric']['change']:.4f}; since {onset:%Y-%m-%d}\n")
    print(f"{'part':<16}{'dosimeter':>10}   {'95 % interval':<20}{'apart from it':>14}")
    for name in ["inputs_common", "inputs_unseen", "concept"]:
        low, high = parts["interval"][name]
        print(f"{name:<16}{parts[name]:>10.4f}   {low:>8.4f} to {high:<8.4f}{apart[name]:>14.4f}")
    print(f"\n{'slice':<64}{'share':>7}{'loss then':>11}{'now':>7}{'adds':>8}  {'95 % interval':<19}on all rows")
    for s in fell["detail"]["segments"]:
        words = ", ".join(f"{c} = {v}" for c, v in s["segment"].items())
        a, b = then[inside(then, s["segment"])], since[inside(since, s["segment"])]
        adds = len(b) / len(since) * (b["wrong"].mean() - a["wrong"].mean())
        low, high = s["interval"]
        print(f"{words:<64}{s['share']:>7.3f}{s['loss_reference']:>11.3f}{s['loss_current']:>7.3f}{s['contribution']:>8.4f}"
              f"  {low:.4f} to {high:.4f}   {adds:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rows", type=lambda text: [int(n) for n in text.split(",")], default=[5_000, 20_000])
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    parser.add_argument("--hotel", nargs="?", const="examples/data/hotel_bookings.parquet")
    options = parser.parse_args()
    if options.hotel:
        hotel(options)
    else:
        measure(options)


if __name__ == "__main__":
    main()
