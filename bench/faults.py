"""Real tables without drift of their own, each broken upstream in exactly one known way.

    python bench/faults.py SHUFFLED OUT                           every fault on every table
    python bench/faults.py SHUFFLED OUT --tables hotel_bookings --faults unit,rename
    python bench/faults.py --list

SHUFFLED holds `<table>_reference.parquet` and `<table>_current.parquet`, two random halves of one real table
(`examples/data/make.py --all OUT` writes them): whatever a tool finds beside the fault is a false finding. Scores,
predictions and labels stay as they were. With `--cut ROWS` a table is one file `<table>.parquet` whose first ROWS rows
are the reference.

Each case is a folder OUT/<table>/<fault>_<column>[_middle]/ with reference.parquet, current.parquet and truth.json. The
fault starts at row 0 of the current file, or in `_middle` at its half. Everything is seeded by the name of the case.
"""

import argparse
import json
import os
import unicodedata
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass
class Table:
    """The roles of a table's columns, and which of its columns each family of faults is tried on."""

    roles: dict
    floats: list  # continuous
    ints: list  # counts and codes
    words: list  # categories with letters
    swaps: list  # pairs of numbers: (name of the case, a, b)
    word_swaps: list = field(default_factory=list)
    flags: list = field(default_factory=list)  # bool, or 0 and 1
    codes: list = field(default_factory=list)  # digits kept as text


def roles(id, time, label, score="score", prediction="prediction"):
    return {k: v for k, v in dict(id=id, time=time, score=score, prediction=prediction, label=label).items() if v}


TABLES = {
    "hotel_bookings": Table(
        roles("booking_id", "arrival_date", "is_canceled"), floats=["adr"], ints=["lead_time"],
        words=["market_segment", "customer_type"], flags=["is_repeated_guest"],
        swaps=[("far", "adr", "stays_in_week_nights"), ("near", "adr", "lead_time")],
        word_swaps=[("far", "reserved_room_type", "meal"), ("near", "market_segment", "distribution_channel")]),
    "bank_marketing": Table(
        roles("call_id", "called_at", "y"), floats=["euribor3m", "cons.price.idx"], ints=["age"], words=["job", "education"],
        swaps=[("far", "age", "nr.employed"), ("near", "age", "cons.price.idx")],
        word_swaps=[("far", "job", "marital"), ("near", "housing", "loan")]),
    "bike_sharing": Table(
        roles("instant", "at", "cnt", score=None), floats=["temp", "windspeed"], ints=["hr"], words=[],
        flags=["workingday"], swaps=[("far", "hr", "hum"), ("near", "temp", "hum")]),
    "car_loan": Table(
        roles("id", "timestamp", "repaid", "y_pred_proba", "y_pred"), floats=["car_value", "driver_tenure"], ints=[],
        words=["salary_range"], flags=["repaid_loan_on_prev_car"],
        swaps=[("far", "car_value", "driver_tenure"), ("near", "loan_length", "driver_tenure")],
        word_swaps=[("far", "salary_range", "size_of_downpayment")]),
    "employment_ma": Table(
        roles("id", "surveyed_at", "employed", "predicted_probability"), floats=["AGEP"], ints=[], words=[],
        codes=["SCHL", "RELP"], swaps=[], word_swaps=[("far", "SCHL", "MAR"), ("near", "DEAR", "DEYE")]),
}


@dataclass
class Case:
    """One fault: `apply(current, rows, rng)` breaks the rows numbered `rows` in place or returns a new frame."""

    fault: str
    columns: list
    kinds: list  # any of these names it right, the best first
    apply: Callable
    mode: str = "schema_change"
    onsets: tuple = ("start", "middle")
    detail: dict = field(default_factory=dict)
    prepare: Callable = None  # applied to both files: for faults that need a column the table has not
    quiet_ok: bool = False  # saying nothing, or that it is harmless, is right too
    renamed: dict = field(default_factory=dict)
    note: str = ""


class NoEffect(Exception):
    """The fault would change nothing in this column, as upper case where all is in upper case: no case is written."""


# --- Helpers ------------------------------------------------------------------------------------------------------------

def put(d, column, rows, values):
    """Writes `values` at `rows`; the column's type widens only where it must."""
    old = d[column]
    new = pd.Series(values, index=old.index[rows])
    if pd.api.types.is_integer_dtype(old.dtype) and not pd.api.types.is_integer_dtype(new.dtype):
        old = old.astype("Float64")
    new = new.astype(old.dtype)
    old = old.copy()
    old.iloc[rows] = new
    d[column] = old


def some(rows, rate, rng):
    """A random share of the rows, in order."""
    return rows[rng.random(len(rows)) < rate]


def number_text(series, decimal=".", thousands=""):
    def one(v):
        if pd.isna(v):
            return None
        t = f"{int(v):,}" if float(v).is_integer() and thousands else f"{v:,}" if thousands else f"{v}"
        return t.replace(",", "\0").replace(".", decimal).replace("\0", thousands)
    return pd.Series([one(v) for v in series], index=series.index, dtype="string")


def changed(f):
    """A change of the text of a value, as a fault of the column `c`."""
    def make(c):
        def apply(d, rows, rng):
            old = d[c].iloc[rows]
            table = {v: f(v) for v in old.dropna().unique()}
            if all(k == v for k, v in table.items()):
                raise NoEffect
            put(d, c, rows, old.map(table))
        return apply
    return make


CITIES = ["São Paulo", "Málaga", "Zürich", "Kraków", "Lisbon", "Besançon", "Århus", "Oslo"]


def add_city(d, rng):
    p = np.array([8, 5, 5, 4, 6, 2, 3, 4], float)
    d["city"] = pd.array(np.array(CITIES)[rng.choice(8, len(d), p=p / p.sum())], dtype="string")


def add_signup(d, rng):
    days = np.sort(rng.integers(0, 900, (2, len(d))), axis=0)[1]
    d["signed_up"] = pd.array((pd.Timestamp("2015-01-01") + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d"), dtype="string")


def add_branch(d, rng):
    d["branch"] = pd.array([f"{v:04d}" for v in (rng.gamma(1.5, 60, len(d)).astype(int) % 400) + 1], dtype="string")


def add_price_text(d, rng):
    d["price"] = pd.array([f"{v:.2f}" for v in rng.lognormal(4, 0.6, len(d))], dtype="string")


# --- The faults ---------------------------------------------------------------------------------------------------------

MAPS = {"x1000": (1000, 0), "per1000": (0.001, 0), "x100": (100, 0), "days_to_hours": (24, 0), "hours_to_days": (1 / 24, 0),
        "f_to_c": (5 / 9, -160 / 9), "c_to_f": (1.8, 32), "kg_to_lb": (2.20462, 0)}


def unit_cases(t):
    for c in t.floats + t.ints:
        for name, (a, b) in MAPS.items():
            def apply(d, rows, rng, c=c, a=a, b=b):
                v = d[c].iloc[rows].to_numpy(dtype="float64", na_value=np.nan) * a + b
                whole = pd.api.types.is_integer_dtype(d[c].dtype) and float(a).is_integer() and float(b).is_integer()
                put(d, c, rows, pd.array(v, dtype="Int64") if whole else v)
            yield Case(f"unit_{name}", [c], ["unit_changed"], apply, detail={"map": {"scale": a, "offset": b}})
    for c in t.floats[:1]:
        def part(d, rows, rng, c=c):
            rows = some(rows, 0.3, rng)
            put(d, c, rows, d[c].iloc[rows].to_numpy(dtype="float64", na_value=np.nan) * 100)
        yield Case("unit_x100_of_30_percent", [c], ["unit_changed", "range_left", "data_drift"], part,
                   note="one of several senders changed its unit")

        def log(d, rows, rng, c=c):
            put(d, c, rows, np.log10(1 + np.clip(d[c].iloc[rows].to_numpy(dtype="float64", na_value=np.nan), 0, None)))
        yield Case("log_scale", [c], ["unit_changed", "data_drift", "range_left"], log)


def rename_cases(t):
    def renamed(c, to, name):
        return Case(name, [c, to], ["column_renamed"], lambda d, rows, rng: d.rename(columns={c: to}), onsets=("start",),
                    renamed={c: to}, detail={"from": c, "to": to})
    for c in (t.floats + t.ints)[:2] + (t.words + t.codes)[:1]:
        words = c.replace(".", "_").lower().split("_")
        camel = words[0] + "".join(w.capitalize() for w in words[1:])
        yield renamed(c, c + "_v2", "rename_suffix")
        yield renamed(c, camel if camel != c else c.swapcase(), "rename_camel")
        yield renamed(c, "q7_total", "rename_different")


def swap_cases(t):
    for how, a, b in t.swaps + [("words_" + h, a, b) for h, a, b in t.word_swaps]:
        def apply(d, rows, rng, a=a, b=b):
            x, y = d[a].iloc[rows].copy(), d[b].iloc[rows].copy()
            put(d, a, rows, y.array)
            put(d, b, rows, x.array)
        yield Case(f"swap_{how}", [a, b], ["columns_swapped"], apply)


def column_cases(t):
    for c in (t.floats + t.ints)[:1] + (t.words + t.codes)[:1]:
        yield Case("missing", [c], ["column_missing"], lambda d, rows, rng, c=c: d.drop(columns=c), onsets=("start",))

    def new(d, rows, rng):
        d["loyalty_points"] = rng.poisson(40, len(d))
    yield Case("new", ["loyalty_points"], ["column_new"], new, onsets=("start",), quiet_ok=True)
    for c in (t.floats + t.ints)[:1] + (t.words + t.codes)[:1]:
        def frozen(d, rows, rng, c=c):
            last = d[c].iloc[rows[0]]
            last = last if not pd.isna(last) else d[c].dropna().iloc[0]
            put(d, c, rows, pd.array([last] * len(rows), dtype=d[c].dtype))
        yield Case("frozen", [c], ["column_frozen"], frozen)


def type_cases(t):
    for c in (t.floats + t.ints)[:2]:
        def to_text(d, rows, rng, c=c):
            d[c] = number_text(d[c])
        yield Case("number_to_text", [c], ["type_changed"], to_text, onsets=("start",), detail={"from": "number", "to": "text"})

        def comma(d, rows, rng, c=c):
            d[c] = number_text(d[c], decimal=",")
        if c in t.floats:
            yield Case("number_to_decimal_comma", [c], ["decimal_comma", "type_changed"], comma, onsets=("start",))

        def thousands(d, rows, rng, c=c):
            d[c] = number_text(d[c] * 1000, thousands=",")
        yield Case("number_to_thousands_separator", [c], ["type_changed", "decimal_comma", "unit_changed"], thousands,
                   onsets=("start",), note="values x 1000, written as 1,234")
    for c in t.ints[:1]:
        def widen(d, rows, rng, c=c):
            d[c] = d[c].astype("float64")
        yield Case("int_to_float", [c], ["type_changed"], widen, onsets=("start",), quiet_ok=True)
    for c in t.flags:
        def yes_no(d, rows, rng, c=c):
            d[c] = d[c].astype("boolean").map({True: "yes", False: "no"}).astype("string")
        yield Case("flag_to_yes_no", [c], ["type_changed"], yes_no, onsets=("start",))


def text_cases(t):
    layouts = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "epoch": None}
    for name, layout in layouts.items():
        def date(d, rows, rng, layout=layout):
            at = pd.to_datetime(d["signed_up"].iloc[rows])
            new = at.dt.strftime(layout) if layout else (at.astype("datetime64[s]").astype("int64")).astype(str)
            put(d, "signed_up", rows, new)
        kinds = ["date_layout_changed"] + (["type_changed"] if layout is None else [])
        yield Case(f"date_{name}", ["signed_up"], kinds, date, prepare=add_signup)
    yield Case("decimal_comma", ["price"], ["decimal_comma"], changed(lambda v: v.replace(".", ","))("price"), prepare=add_price_text)
    mojibake = changed(lambda v: v.encode("utf-8").decode("latin-1"))
    stripped = changed(lambda v: "".join(x for x in unicodedata.normalize("NFKD", v) if not unicodedata.combining(x)))
    question = changed(lambda v: v.encode("ascii", "replace").decode().replace("?", "\ufffd"))
    yield Case("encoding_mojibake", ["city"], ["encoding_changed"], mojibake("city"), prepare=add_city)
    yield Case("encoding_replaced", ["city"], ["encoding_changed"], question("city"), prepare=add_city)
    yield Case("encoding_accents_stripped", ["city"], ["encoding_changed", "category_new"], stripped("city"), prepare=add_city)
    yield Case("padding_zeros_lost", ["branch"], ["padding_changed", "type_changed"], changed(lambda v: v.lstrip("0"))("branch"),
               prepare=add_branch)
    for c in t.words[:2]:
        for name, f in dict(upper=str.upper, lower=str.lower, title=str.title).items():
            def apply(d, rows, rng, c=c, f=f):
                changed(f)(c)(d, rows, rng)
            yield Case(f"casing_{name}", [c], ["casing_changed"], apply)
        yield Case("padding_blanks", [c], ["padding_changed"], changed(lambda v: v + "  ")(c))
        yield Case("padding_fixed_width", [c], ["padding_changed"], changed(lambda v: v.ljust(24))(c))
    if "salary_range" in t.words:
        yield Case("encoding_mojibake", ["salary_range"], ["encoding_changed"], mojibake("salary_range"))
    for c in t.codes:
        yield Case("padding_zeros", [c], ["padding_changed"], changed(lambda v: v.zfill(3))(c))


def value_cases(t):
    for c in (t.floats + t.ints)[:2]:
        for value in (-999, -1, 9999, 0):
            for rate in (0.02, 0.10, 0.60):
                def sentinel(d, rows, rng, c=c, value=value, rate=rate):
                    rows = some(rows, rate, rng)
                    put(d, c, rows, np.full(len(rows), value, dtype="int64" if pd.api.types.is_integer_dtype(d[c].dtype) else "float64"))
                yield Case(f"sentinel_{value}_{rate:.0%}".replace("%", "_percent"), [c], ["sentinel_appeared", "range_left"], sentinel,
                           detail={"value": value, "rate": rate})
    for c in (t.words + t.codes)[:1]:
        for value in ("N/A", "unknown"):
            for rate in (0.02, 0.10, 0.60):
                def word(d, rows, rng, c=c, value=value, rate=rate):
                    put(d, c, some(rows, rate, rng), value)
                yield Case(f"sentinel_{value.replace('/', '').lower()}_{rate:.0%}".replace("%", "_percent"), [c],
                           ["sentinel_appeared", "category_new"], word, detail={"value": value, "rate": rate})
    for c in (t.floats + t.ints)[:1] + (t.words + t.codes)[:1]:
        for rate in (0.05, 0.30, 0.90, 1.0):
            def null(d, rows, rng, c=c, rate=rate):
                rows = some(rows, rate, rng)
                put(d, c, rows, pd.array([None] * len(rows), dtype=d[c].dtype) if d[c].dtype != "float64" else np.full(len(rows), np.nan))
            kinds = ["null_rate_jumped"] + (["column_missing"] if rate == 1.0 else [])
            yield Case(f"null_{rate:.0%}".replace("%", "_percent"), [c], kinds, null, detail={"current": rate})
    for c in (t.floats + t.ints)[:1]:
        def negative(d, rows, rng, c=c):
            put(d, c, rows, -d[c].iloc[rows])
        yield Case("negative", [c], ["range_left", "unit_changed"], negative)

        def clipped(d, rows, rng, c=c):
            put(d, c, rows, d[c].iloc[rows].clip(upper=d[c].quantile(0.6)))
        yield Case("clipped", [c], ["data_drift", "range_left", "sentinel_appeared"], clipped, note="cut at the 60th percentile")


def category_cases(t):
    for c in (t.words + t.codes)[:2]:
        def remap(d, rows, rng, c=c):
            top = d[c].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
            first, other = top[0], top[min(3, len(top) - 1)]
            put(d, c, rows, d[c].iloc[rows].map(lambda v: {first: other, other: first}.get(v, v), na_action="ignore"))
        yield Case("category_remapped", [c], ["mix_changed", "rare_became_common", "category_shift"], remap, mode="category_shift",
                   note="the codes of the most frequent and the fourth category trade places")

        def rare(d, rows, rng, c=c):
            put(d, c, some(rows, 0.35, rng), d[c].value_counts().sort_index().sort_values(kind="stable").index[0])
        yield Case("rare_became_common", [c], ["rare_became_common", "mix_changed"], rare, mode="category_shift")

        def vanished(d, rows, rng, c=c):
            top = d[c].value_counts().sort_index().sort_values(ascending=False, kind="stable").index
            rows = rows[(d[c].iloc[rows] == top[1]).fillna(False).to_numpy(dtype=bool)]
            put(d, c, rows, top[0])
        yield Case("category_vanished", [c], ["category_vanished", "mix_changed"], vanished, mode="category_shift",
                   note="the second most frequent is now written as the first")

        def new(d, rows, rng, c=c):
            put(d, c, some(rows, 0.2, rng), "Metaverse")
        yield Case("category_new", [c], ["category_new", "sentinel_appeared"], new, mode="category_shift")


def feed_cases(t):
    id, time, label, prediction = (t.roles.get(k) for k in ("id", "time", "label", "prediction"))

    def duplicate(d, rows, rng):
        hit = some(rows, 0.05, rng)
        put(d, id, hit, d[id].iloc[rng.choice(rows, len(hit))].to_numpy())
    yield Case("duplicate_keys", [id], ["key_not_unique"], duplicate)

    def twice(d, rows, rng):
        return pd.concat([d, d.iloc[some(rows, 0.05, rng)]]).sort_values(time, kind="stable", ignore_index=True)
    yield Case("duplicate_rows", [id], ["key_not_unique"], twice)

    def volume(d, rows, rng):
        return d.drop(index=d.index[some(rows, 0.8, rng)]).reset_index(drop=True)
    yield Case("volume_drop_80_percent", [time], ["volume_changed"], volume)

    def nothing_after(column):
        def apply(d, rows, rng):
            values = pd.array([None] * len(rows), dtype=d[column].dtype) if d[column].dtype != "float64" else np.full(len(rows), np.nan)
            put(d, column, rows, values)
        return apply
    yield Case("labels_late", [label], ["labels_stopped"], nothing_after(label), mode="feed_stalled", quiet_ok=True)
    yield Case("predictions_stop", [prediction], ["predictions_stopped", "null_rate_jumped"], nothing_after(prediction),
               mode="feed_stalled", onsets=("middle",))


def cases(t):
    yield Case("none", [], [], lambda d, rows, rng: None, mode=None, onsets=("start",), quiet_ok=True,
               note="no fault: any finding is false")
    for family in (unit_cases, rename_cases, swap_cases, column_cases, type_cases, text_cases, value_cases, category_cases, feed_cases):
        yield from family(t)


# --- Reading and writing ------------------------------------------------------------------------------------------------

def load(path):
    """With types that can hold nulls, so that a null does not turn an integer into a float."""
    types = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.int8(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(),
             pa.string(): pd.StringDtype()}
    return pq.read_table(path).to_pandas(types_mapper=types.get)


def save(d, path):
    table = pa.Table.from_pandas(d, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", compression_level=1)


def write_case(case, onset, name, t, reference, current, base, out):
    """One folder; a reference that the fault does not touch is a hard link to one common file."""
    folder = out / name / "_".join([case.fault, *case.columns[:1], *(["middle"] if onset == "middle" else [])])
    rng = np.random.default_rng(zlib.crc32(f"{name}/{folder.name}".encode()))
    r, c = reference, current.copy()
    if case.prepare:
        r = reference.copy()
        case.prepare(r, rng)
        case.prepare(c, rng)
    first = len(c) // 2 if onset == "middle" else 0
    at = c[t.roles["time"]].iloc[first]
    try:
        broken = case.apply(c, np.arange(first, len(c)), rng)
    except NoEffect:
        return 0
    c = c if broken is None else broken
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "reference.parquet"
    target.unlink(missing_ok=True)
    if case.prepare:
        save(r, target)
    else:
        os.link(base, target)
    save(c, folder / "current.parquet")
    truth = dict(table=name, fault=case.fault, mode=case.mode, kinds=case.kinds, columns=case.columns, detail=case.detail,
                 onset=onset, onset_row=first, onset_at=at.isoformat() + "Z", rows=len(c), quiet_ok=case.quiet_ok,
                 roles=t.roles, note=case.note)
    if "value" in case.detail:  # a code that was an honest value before is hard to tell, or impossible
        truth["present_before"] = float((r[case.columns[0]] == case.detail["value"]).mean())
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path, help="folder with the two halves of each table")
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--faults", help="only faults that begin with one of these, comma-separated")
    parser.add_argument("--cut", type=int, help="tables are single files; this many rows are the reference")
    parser.add_argument("--list", action="store_true", help="print the cases and stop")
    args = parser.parse_args()
    if not args.list and not args.out:
        parser.error("SHUFFLED and OUT are needed")
    total = 0
    for name in args.tables.split(","):
        t = TABLES[name]
        if not args.list:
            if args.cut:
                both = load(args.source / f"{name}.parquet")
                reference, current = both[: args.cut].reset_index(drop=True), both[args.cut:].reset_index(drop=True)
            else:
                reference, current = (load(args.source / f"{name}_{half}.parquet") for half in ("reference", "current"))
            base = args.out / name / "reference.parquet"
            base.parent.mkdir(parents=True, exist_ok=True)
            base.unlink(missing_ok=True)
            save(reference, base)
        for case in cases(t):
            if args.faults and not any(case.fault.startswith(f) for f in args.faults.split(",")):
                continue
            for onset in case.onsets:
                if args.list:
                    total += 1
                    print(name, case.fault, ",".join(case.columns), onset, "->", "|".join(case.kinds) or "nothing")
                else:
                    total += write_case(case, onset, name, t, reference, current, base, args.out)
        if not args.list:
            print(name, "done", flush=True)
    print(total, "cases")


if __name__ == "__main__":
    main()
