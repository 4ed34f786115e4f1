"""Makes the example data: real tables that drift, each scored by a small model that was frozen before the drift.

    python make.py [ORIGINALS]                     the files that ship here, FIGURES.md, and the digests in README.md
    python make.py [ORIGINALS] --all OUT           more scored sets and shuffled controls, into OUT (not shipped)
    python make.py [ORIGINALS] --all OUT --only N  one of them

ORIGINALS is a folder with the source tables as Parquet (default: the folder in the environment variable DOSIMETER_DATA); README.md
says where each comes from. Everything is seeded: the same library versions (printed in FIGURES.md) give the same bytes.

The one idea: a reference scored by the model that was trained on it looks better than the model is, and any honest
later period then looks like decay. So the rows of the reference period carry OUT-OF-FOLD scores: the period is cut
into contiguous blocks, and each block is scored by a model of the other blocks. Later rows are scored by the one model
trained on the whole reference period, as a deployed model would score them.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")  # the order of floating-point sums follows the number of threads

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, brier_score_loss, mean_absolute_error, roc_auc_score

HERE = Path(__file__).resolve().parent
SEED = 20240501
MAX_CATEGORIES = 200  # the trees take at most 255
# Before a call there is little to know about its outcome: larger trees only learn the noise of those four months.
SMALLER = {"bank_marketing": dict(max_iter=60, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=100)}


# --- The models ------------------------------------------------------------------------------------------------------

def encode(train, *others):
    """Text and categories become the codes of the training rows' most frequent values; all else becomes missing."""
    out = [{} for _ in (train, *others)]
    for name in train:
        if pd.api.types.is_numeric_dtype(train[name]):
            for o, d in zip(out, (train, *others)):
                o[name] = d[name].to_numpy("float64")
            continue
        counts = train[name].astype("string").value_counts()
        # Ties in frequency are broken by name, so that the codes do not depend on the order of the rows.
        known = sorted(counts.index, key=lambda v: (-counts[v], v))[:MAX_CATEGORIES]
        for o, d in zip(out, (train, *others)):
            o[name] = pd.Categorical(d[name].astype("string"), categories=known)
    return [pd.DataFrame(o) for o in out]


def train_and_score(train, y, rows, task, overrides):
    """Scores of `rows` by a model of `train`: n x classes, or n for a regression."""
    a, b = encode(train, rows)
    settings = dict(max_iter=150, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=20, l2_regularization=1.0,
                    categorical_features="from_dtype", early_stopping=False, random_state=SEED) | overrides
    if task == "regression":
        return HistGradientBoostingRegressor(**settings).fit(a, y).predict(b)
    if task == "multiclass":  # one tree per class and round: fewer rounds are enough for these small sets
        settings.update(max_iter=60, min_samples_leaf=5)
    model = HistGradientBoostingClassifier(**settings).fit(a, y)
    p = model.predict_proba(b)
    full = np.zeros((len(b), len(CLASSES)))  # a block may lack a class
    full[:, [CLASSES.index(c) for c in model.classes_]] = p
    return full


CLASSES = []


def score(features, y, reference_rows, folds, task, overrides={}):
    """Out-of-fold scores for the first `reference_rows` rows, the frozen model's for the rest."""
    CLASSES[:] = [] if task == "regression" else sorted(pd.unique(y))
    n = len(features)
    shape = (n,) if task == "regression" else (n, len(CLASSES))
    out = np.full(shape, np.nan)
    reference = np.arange(n) < reference_rows
    assert len(folds) == reference_rows
    for k in np.unique(folds):
        held = reference.copy()
        held[:reference_rows] = folds == k
        fit = reference & ~held
        out[held] = train_and_score(features[fit], y[fit], features[held], task, overrides)
    if reference_rows < n:
        out[~reference] = train_and_score(features[reference], y[reference], features[~reference], task, overrides)
    assert not np.isnan(out).any()
    return out


def blocks(n, k):
    """k contiguous folds of rows."""
    return np.arange(n) * k // n


def week_blocks(time, k):
    """k contiguous folds of whole calendar weeks (Monday to Sunday); identical bookings of one day stay together."""
    week = time.dt.to_period("W").astype("int64").to_numpy()
    _, index = np.unique(week, return_inverse=True)
    return index * k // (index.max() + 1)


def attach(frame, scores, y, task, label):
    """The columns `score` or `p_<class>`, `prediction` and the label, last; rounded first, predicted from the rounded."""
    frame = frame.drop(columns=[label])
    if task == "regression":
        frame["prediction"] = np.round(scores, 2)
    elif task == "binary":
        frame["score"] = np.round(scores[:, 1], 4)
        frame["prediction"] = np.array(CLASSES, dtype=y.dtype)[(frame["score"] >= 0.5).astype(int)]
    else:
        for j, c in enumerate(CLASSES):
            frame[f"p_{c}"] = np.round(scores[:, j], 4)
        frame["prediction"] = np.array(CLASSES, dtype=y.dtype)[scores.argmax(axis=1)]
    frame[label] = y
    return frame


# --- The sets: each returns (frame in time order, label, task, rows of the reference, columns that are no features) ----

def spread_in(start, end, n):
    """n times evenly inside [start, end), to the second."""
    start, end = pd.Timestamp(start), pd.Timestamp(end)
    step = (np.arange(n) + 0.5) / n * (end - start).total_seconds()
    return start + pd.to_timedelta(np.floor(step), unit="s")


def hotel_bookings(src):
    d = pd.read_parquet(src / "hotel_bookings/hotel_bookings.parquet")
    d["arrival_date"] = pd.to_datetime(d["arrival_date"]).astype("datetime64[us]")
    d = d.sort_values("arrival_date", kind="stable", ignore_index=True)
    leaks = ["reservation_status", "reservation_status_date", "assigned_room_type", "booking_changes",
             "days_in_waiting_list", "country"]
    calendar = ["arrival_date_year", "arrival_date_month", "arrival_date_week_number", "arrival_date_day_of_month"]
    d = d.drop(columns=leaks + calendar)
    d.insert(0, "booking_id", np.arange(1, len(d) + 1))
    reference = int((d["arrival_date"] < "2016-04-01").sum())
    return d, "is_canceled", "binary", reference, ["booking_id", "arrival_date"]


def bank_marketing(src):
    d = pd.read_parquet(src / "bank_marketing/bank_marketing.parquet")
    month = pd.to_datetime(d["year"].astype(str) + "-" + d["month"], format="%Y-%b")
    called = [spread_in(m, m + pd.offsets.MonthBegin(1), int(n)) for m, n in month.value_counts().sort_index().items()]
    d.insert(1, "called_at", np.concatenate(called).astype("datetime64[us]"))
    d = d.rename(columns={"row": "call_id"}).drop(columns=["duration", "year", "month"])
    reference = int((d["called_at"] < "2008-09-01").sum())
    return d, "y", "binary", reference, ["call_id", "called_at"]


def bike_sharing(src):
    d = pd.read_parquet(src / "bike_sharing/bike_sharing.parquet")
    at = pd.to_datetime(d["dteday"]) + pd.to_timedelta(d["hr"], unit="h")
    d.insert(1, "at", at.astype("datetime64[us]"))
    d = d.drop(columns=["dteday", "yr", "mnth", "casual", "registered"])
    return d, "cnt", "regression", int((d["at"] < "2011-10-01").sum()), ["instant", "at"]


def elec2(src):
    d = pd.read_parquet(src / "elec2/elec2.parquet").drop(columns="date")
    at = pd.Timestamp("1996-05-07") + pd.to_timedelta(np.arange(len(d)) * 30, unit="min")
    d.insert(0, "at", at.astype("datetime64[us]"))
    return d, "class", "binary", 44 * 7 * 48, ["at"]


def insects(src):
    d = pd.read_parquet(src / "insects_gradual_balanced/insects_gradual_balanced.parquet")
    return d, "class", "multiclass", 6000, []


def gas_sensor(src):
    d = pd.read_parquet(src / "gas_sensor_drift/gas_sensor_drift.parquet").drop(columns="concentration")
    return d, "gas", "multiclass", int((d["batch"] == 2).sum()), ["batch"]


def noaa_weather(src):
    d = pd.read_parquet(src / "noaa_weather/noaa_weather.parquet")
    return d, "rain", "binary", 3650, []


def keystroke(src):
    return pd.read_parquet(src / "keystroke/keystroke.parquet"), "user", "multiclass", 400, []


def sea(src):
    return pd.read_parquet(src / "sea/sea.parquet"), "y", "binary", 10_000, []


def spam_katakis(src):
    return pd.read_parquet(src / "spam_katakis/spam_katakis.parquet"), "spam", "binary", 2000, []


def outdoor_objects(src):
    return pd.read_parquet(src / "outdoor_objects/outdoor_objects.parquet"), "object", "multiclass", 2000, []


SETS = {f.__name__: f for f in (hotel_bookings, bank_marketing, bike_sharing, elec2, insects, gas_sensor, noaa_weather,
                                keystroke, sea, spam_katakis, outdoor_objects)}


def scored(src, name):
    d, label, task, reference, aside = SETS[name](src)
    y = d[label].to_numpy()
    if name == "hotel_bookings":
        folds = week_blocks(d["arrival_date"][:reference], 8)
    elif name == "gas_sensor":  # the batch is sorted by gas: a contiguous block would be all there is of one
        folds = np.arange(reference) % 8
    else:
        folds = blocks(reference, 8)
    s = score(d.drop(columns=[label, *aside]), y, reference, folds, task, SMALLER.get(name, {}))
    return attach(d, s, y, task, label), label, task, reference


def employment_ma(src):
    """The census sample, with its own model's scores: nothing is trained here."""
    folder = src / "employment_ma"
    later = pd.read_parquet(folder / "analysis.parquet").merge(pd.read_parquet(folder / "analysis_target.parquet"), on="id")
    d = pd.concat([pd.read_parquet(folder / "reference.parquet"), later], ignore_index=True)
    rng = np.random.default_rng(SEED)
    parts = []
    for year, rows in d.groupby("year", sort=True):
        rows = rows.iloc[rng.permutation(len(rows))[:20_000]].copy()
        rows.insert(1, "surveyed_at", spread_in(f"{year}-01-01", f"{year + 1}-01-01", len(rows)).astype("datetime64[us]"))
        parts.append(rows)
    d = pd.concat(parts, ignore_index=True)
    for c in d.columns[d.dtypes == "category"]:
        d[c] = d[c].astype(str)
    d["predicted_probability"] = d["predicted_probability"].round(4)
    d = d.drop(columns="year")
    last = ["predicted_probability", "prediction", "employed"]
    return d[[c for c in d if c not in last] + last], int((d["surveyed_at"] < "2016-01-01").sum())


# --- Shuffled controls: the same rows with every drift taken out by a random permutation ------------------------------

def shuffled(src, name):
    """(reference half, current half): rows dealt at random over times evenly apart, so no window differs, in volume neither."""
    if name == "car_loan":
        folder = src / "car_loan"
        later = pd.read_parquet(folder / "analysis.parquet").merge(pd.read_parquet(folder / "analysis_target.parquet"), on="id")
        d = pd.concat([pd.read_parquet(folder / "reference.parquet"), later], ignore_index=True)
        d["timestamp"] = pd.to_datetime(d["timestamp"]).astype("datetime64[us]")
        d["repaid"] = d["repaid"].astype("int64")
        ordered, label, task = ["timestamp", "id"], None, None
    elif name == "employment_ma":
        d, _ = employment_ma(src)
        ordered, label, task = ["surveyed_at", "id"], None, None
    else:
        d, label, task, _, ordered = SETS[name](src)
    kept = d[ordered].sort_values(ordered[0]).reset_index(drop=True)
    d = d.iloc[np.random.default_rng([SEED, sum(name.encode())]).permutation(len(d))].reset_index(drop=True)
    d[ordered] = kept
    for time in d[ordered].select_dtypes("datetime"):
        d[time] = pd.date_range(d[time].min(), d[time].max(), periods=len(d)).astype("datetime64[us]")
    if label is not None:
        y = d[label].to_numpy()
        s = score(d.drop(columns=[label, *ordered]), y, len(d), np.arange(len(d)) % 5, task,
                  SMALLER.get(name, {}))
        d = attach(d, s, y, task, label)
    half = len(d) // 2
    return d[:half], d[half:]


# --- Writing, and the figures ------------------------------------------------------------------------------------------

def write(frame, path):
    """Small and the same every time: zstd, one row group per 65,536 rows, no pandas metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=65_536)


def figures(frame, groups, label, score_column, positive):
    """One line of measured performance per group of rows."""
    lines = ["| rows from | rows | accuracy | ROC AUC | Brier | base rate | mean score |", "|---|---|---|---|---|---|---|"]
    for name, rows in frame.groupby(groups, sort=False):
        y, s = (rows[label] == positive).astype(int), rows[score_column]
        auc = f"{roc_auc_score(y, s):.3f}" if y.nunique() == 2 else "-"
        accuracy = accuracy_score(rows[label], rows["prediction"])
        lines.append(f"| {name} | {len(rows):,} | {accuracy:.3f} | {auc} | {brier_score_loss(y, s):.3f} "
                     f"| {y.mean():.3f} | {s.mean():.3f} |")
    return lines


def periods(time, reference, unit):
    """The reference as one group, then one group per calendar period."""
    later = time.dt.to_period(unit).astype(str)
    return later.where(np.arange(len(time)) >= reference, "reference")


def quick_figures(frame, label, task, reference):
    """For the sets that do not ship: the reference and ten equal parts after it, on one line each."""
    cuts = np.linspace(reference, len(frame), 11).astype(int)
    for lo, hi in [(0, reference), *zip(cuts[:-1], cuts[1:])]:
        rows = frame[lo:hi]
        if task == "regression":
            error = rows["prediction"] - rows[label]
            yield f"{lo}-{hi}: MAE {mean_absolute_error(rows[label], rows['prediction']):.1f} bias {error.mean():.1f}"
        else:
            yield f"{lo}-{hi}: accuracy {accuracy_score(rows[label], rows['prediction']):.3f}"


def ship(src):
    text = ["# Measured performance of the shipped examples", "",
            "Written by `make.py`; do not edit. \"reference\" holds out-of-fold scores (employment_ma: the publisher's own test",
            "year). Accuracy is at the threshold 0.5. The base rate is the share of the positive label.", "",
            f"Python {sys.version.split()[0]}, scikit-learn {sklearn.__version__}, pandas {pd.__version__}, numpy "
            f"{np.__version__}, pyarrow {pa.__version__}.", ""]
    hotel, label, _, reference = scored(src, "hotel_bookings")
    write(hotel, HERE / "hotel_bookings.parquet")
    text += [f"## hotel_bookings ({reference:,} reference rows)", ""]
    text += figures(hotel, periods(hotel["arrival_date"], reference, "Q"), label, "score", 1) + [""]
    text += ["Inside the reference, by month:", ""]
    head = hotel[:reference]
    text += figures(head, head["arrival_date"].dt.to_period("M").astype(str), label, "score", 1) + [""]

    bank, label, _, reference = scored(src, "bank_marketing")
    write(bank, HERE / "bank_marketing.parquet")
    text += [f"## bank_marketing ({reference:,} reference rows)", ""]
    text += figures(bank, periods(bank["called_at"], reference, "Q"), label, "score", "yes") + [""]

    census, reference = employment_ma(src)
    write(census, HERE / "employment_ma.parquet")
    text += [f"## employment_ma ({reference:,} reference rows)", ""]
    text += figures(census, periods(census["surveyed_at"], reference, "Y"), "employed", "predicted_probability", 1) + [""]
    (HERE / "FIGURES.md").write_text("\n".join(text))

    sums = ["| file | rows | bytes | sha256 |", "|---|---|---|---|"]
    for path in sorted(HERE.glob("*.parquet")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sums.append(f"| {path.name} | {pq.read_metadata(path).num_rows:,} | {path.stat().st_size:,} | `{digest}` |")
    readme = HERE / "README.md"
    if readme.exists():
        pattern = r"(<!-- digests -->\n).*?(<!-- /digests -->)"
        readme.write_text(re.sub(pattern, lambda m: m[1] + "\n".join(sums) + "\n" + m[2], readme.read_text(), flags=re.S))
    print("\n".join(text + sums))


def more(src, out, only):
    cuts_file = out / "reference_rows.json"
    cuts = json.loads(cuts_file.read_text()) if cuts_file.exists() else {}
    for name in SETS:
        if only in (None, name) and name not in ("hotel_bookings", "bank_marketing"):
            frame, label, task, reference = scored(src, name)
            write(frame, out / f"{name}.parquet")
            cuts[name] = {"reference_rows": reference, "label": label, "task": task}
            print(name, "|", "; ".join(quick_figures(frame, label, task, reference)), flush=True)
            cuts_file.write_text(json.dumps(cuts, indent=1, sort_keys=True) + "\n")
    for name in ("hotel_bookings", "bank_marketing", "elec2", "bike_sharing", "car_loan", "employment_ma"):
        if only in (None, name, "shuffled"):
            for half, frame in zip(("reference", "current"), shuffled(src, name)):
                write(frame, out / "shuffled" / f"{name}_{half}.parquet")
            print("shuffled", name, len(frame), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("originals", nargs="?", type=Path, default=os.environ.get("DOSIMETER_DATA"))
    parser.add_argument("--all", type=Path, metavar="OUT", help="write the sets that do not ship into this folder")
    parser.add_argument("--only", metavar="NAME", help="with --all: this set alone, or 'shuffled'")
    args = parser.parse_args()
    if args.originals is None:
        parser.error("name ORIGINALS, or set DOSIMETER_DATA")
    if args.all:
        more(args.originals, args.all, args.only)
    else:
        ship(args.originals)


if __name__ == "__main__":
    main()
