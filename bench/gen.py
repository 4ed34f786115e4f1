"""Two large synthetic tables for the speed benchmark: a reference, and a current one in which ten columns really moved.

    python bench/gen.py ROWS OUT [--seed N]         OUT/reference.parquet, OUT/current.parquet, OUT/meta.json

51 columns: 30 float64 of ten different shapes, four in ten of them with nulls; 5 int64; 12 strings of 2 to 5,000
categories; a bool; a time; a score and the label it predicts. The ten that moved (meta.json names them) all have a
population stability index above 0.1; the score depends on columns that did not move, so nothing else did. The same seed
and the same numpy give the same tables; rows are made in chunks of 250,000, so memory does not grow with ROWS.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 250_000
CATEGORIES = [2, 4, 6, 10, 16, 30, 75, 150, 400, 900, 2_000, 5_000]

# Ten shapes; the columns num_00 to num_29 take them in turn. z: standard normals, u: uniforms, both of n rows.
SHAPES = {
    "normal": lambda z, u: 50 + 10 * z,
    "lognormal": lambda z, u: np.exp(3 + 0.8 * z),
    "exponential": lambda z, u: -12.0 * np.log1p(-u),
    "uniform": lambda z, u: 100 * u - 20,
    "two_modes": lambda z, u: np.where(u < 0.35, -3 + 0.6 * z, 2 + z),
    "heavy_tails": lambda z, u: np.tan(np.pi * (0.98 * u + 0.01 - 0.5)),
    "money": lambda z, u: np.round(np.exp(4 + 0.6 * z), 2),
    "share": lambda z, u: 1 / (1 + np.exp(-1.2 * z)),
    "many_zeros": lambda z, u: np.where(u < 0.6, 0.0, np.abs(z) * 30),
    "steps": lambda z, u: np.round(20 + 4 * z) / 2,
}

# What happened to the ten, as functions of the column's own values and fresh uniforms.
MOVED = {
    "num_00": lambda v, u: v + 4.0,  # normal: the mean, by 0.4 standard deviations
    "num_01": lambda v, u: v * 1.4,  # lognormal: the scale
    "num_04": lambda v, u: np.where((u < 0.4) & (v > 0), v - 5.0, v),  # two modes: their weights
    "num_07": lambda v, u: v**1.35,  # share: the shape
    "num_08": lambda v, u: np.where(u < 0.45, 0.0, v),  # many zeros: more of them
    "num_12": lambda v, u: v * 1.5,  # exponential, with nulls
    "int_00": lambda v, u: v + (u < 0.8),
    "int_03": lambda v, u: (v * (0.55 + 0.45 * u)).astype(np.int64),
    "cat_03": None,  # categories: the more frequent half gives 40 % of its rows to the other
    "cat_08": None,
}


def category_shares(k, moved):
    p = 1.0 / (np.arange(k) + 2.0) ** 1.05
    p /= p.sum()
    if moved:
        half = k // 2
        freed = 0.4 * p[:half].sum()
        p[:half] *= 0.6
        p[half:] += freed / (k - half)
    return p


def chunk(seed, side, number, first_row, n):
    """Rows first_row.. of one side (0: reference, 1: current) as a table."""
    names, arrays, numbers = [], [], {}

    def rng(column):
        return np.random.default_rng([seed, side, number, column])

    def add(name, values, mask=None):
        names.append(name)
        arrays.append(pa.array(values, mask=mask))

    shapes = list(SHAPES.values())
    for i in range(30):
        r, name = rng(i), f"num_{i:02d}"
        v = shapes[i % 10](r.standard_normal(n), r.random(n))
        if side and name in MOVED:
            v = MOVED[name](v, r.random(n))
        numbers[i] = v
        add(name, v, r.random(n) < (0.01, 0.05, 0.2)[i % 3] if i % 5 in (2, 4) else None)
    for i in range(5):
        r, name = rng(100 + i), f"int_{i:02d}"
        v = [lambda: r.poisson(4, n), lambda: r.geometric(0.15, n), lambda: r.integers(18, 90, n), lambda: r.integers(0, 100_000, n),
             lambda: r.negative_binomial(3, 0.05, n)][i]().astype(np.int64)
        add(name, MOVED[name](v, r.random(n)).astype(np.int64) if side and name in MOVED else v)
    for i, k in enumerate(CATEGORIES):
        r, name = rng(200 + i), f"cat_{i:02d}"
        share = category_shares(k, bool(side and name in MOVED))
        code = np.minimum(np.searchsorted(np.cumsum(share), r.random(n)), k - 1).astype(np.int32)
        words = pa.array([f"{name[4:]}-{w * 7919 % 99991:05d}" for w in range(k)])
        names.append(name)
        arrays.append(pa.DictionaryArray.from_arrays(pa.array(code), words).cast(pa.string()))
    r = rng(300)
    add("flag", r.random(n) < 0.27)
    start = np.datetime64("2024-01-01" if side == 0 else "2024-07-01", "us").astype(np.int64)
    names.append("at")
    arrays.append(pa.array(start + (first_row + np.arange(n)) * 1_500_000).cast(pa.timestamp("us")))
    logit = -1.2 + 0.05 * (numbers[10] - 50) + 0.9 * np.log(numbers[11] / 20) + 1.5 * (numbers[17] - 0.5)
    score = 1 / (1 + np.exp(-logit))
    add("score", score)
    add("label", (r.random(n) < score).astype(np.int64))
    return pa.table(arrays, names=names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for side, name in enumerate(("reference", "current")):
        writer = None
        for number, first in enumerate(range(0, args.rows, CHUNK)):
            table = chunk(args.seed, side, number, first, min(CHUNK, args.rows - first))
            writer = writer or pq.ParquetWriter(args.out / f"{name}.parquet", table.schema, compression="snappy")
            writer.write_table(table, row_group_size=CHUNK)
        writer.close()
    meta = {"rows": args.rows, "seed": args.seed, "moved": sorted(MOVED), "roles": {"time": "at", "score": "score", "label": "label"}}
    (args.out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


if __name__ == "__main__":
    main()
