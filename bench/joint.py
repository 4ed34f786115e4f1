"""Do relations that change get noticed, and are relations that stay left alone?

    python bench/joint.py BINARY [--runs 40] [--only TEXT] [--json OUT.json] [--assert]

Makes two periods of a table per run, writes them as Parquet, runs `BINARY check --reference R --current C --format json` (with
`--window` where the rows are a stream), and counts the runs with a finding of kind relation_changed or joint_shift. Beside it
stand what people use: a domain classifier whose cross-validated AUC is tested against 0.5 (scikit-learn), a Kolmogorov-Smirnov
test of every column with Bonferroni's correction, and PCA reconstruction with bounds of three standard deviations of the
reference's chunks, as NannyML has them. All four read the same rows.

  found   share of runs with a finding, with its 95 % interval (Wilson)
  named   of those, how many name a column that truly changed first; `other`: runs with another finding about inputs
  onset   median rows between the stated and the true onset, where it begins in the middle

`null_*` has no change: what is found there is a false alarm. The share of the budget that relations have is 5 % of 5 % a run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = {"relation_changed", "joint_shift"}


# --- Worlds: each gives reference, current, and what to know about them ---------------------------------------------------------

def gaussian(rng, rows, width, rho):
    """Columns that share one factor: every two correlate by rho."""
    common = rng.normal(size=(rows, 1))
    return np.sqrt(rho) * common + np.sqrt(1 - rho) * rng.normal(size=(rows, width))


def pair(rng, rows, rho):
    x = rng.normal(size=rows)
    return x, rho * x + np.sqrt(1 - rho * rho) * rng.normal(size=rows)


def frame(matrix, **more):
    data = {f"x{i}": matrix[:, i] for i in range(matrix.shape[1])}
    return pd.DataFrame(data | more)


def beside(rng, rows, **columns):
    """Some columns among eight others that nothing happens to."""
    return frame(gaussian(rng, rows, 8, 0.3), **columns)


def null_independent(rng, width=10, reference=5000, current=5000):
    return frame(rng.normal(size=(reference, width))), frame(rng.normal(size=(current, width))), {}


def null_correlated(rng, reference=5000, current=5000, width=10):
    return frame(gaussian(rng, reference, width, 0.6)), frame(gaussian(rng, current, width, 0.6)), {}


def null_skewed(rng, reference=5000, current=5000):
    one = lambda n: frame(np.exp(2 * gaussian(rng, n, 10, 0.5)))
    return one(reference), one(current), {}


def null_categories(rng, reference=5000, current=5000):
    def one(n):
        z = gaussian(rng, n, 8, 0.4)
        cut = {f"c{i}": pd.Series(np.clip(((z[:, i] + 3) * k / 6).astype(int), 0, k - 1)).map(lambda v: f"v{v}")
               for i, k in enumerate([2, 3, 5, 10, 30, 60])}
        holes = np.where(rng.uniform(size=n) < 0.2, np.nan, z[:, 6])
        return pd.DataFrame(cut | {"holes": holes, "counts": np.round(np.abs(z[:, 7]) * 2)})
    return one(reference), one(current), {}


def stream(rng, reference, current, per, level, relation, lasting):
    """Windows whose means and whose correlations wobble; `lasting` is how much is still there in the next window."""
    windows = (reference + current) // per
    def walk(scale, width):
        out = np.zeros((windows, width))
        state = rng.normal(size=width) * scale
        for w in range(windows):
            out[w] = state
            state = lasting * state + np.sqrt(1 - lasting ** 2) * rng.normal(size=width) * scale
        return out
    means, mix = walk(level, 8), walk(relation, 8)
    rows = []
    for w in range(windows):
        loading = np.clip(0.6 + mix[w], -0.95, 0.95)
        common = rng.normal(size=(per, 1))
        rows.append(loading * common + np.sqrt(1 - loading ** 2) * rng.normal(size=(per, 8)) + means[w])
    all_rows = np.concatenate(rows)
    return frame(all_rows[:reference]), frame(all_rows[reference:]), {"window": per}


def null_wobbling_means(rng):
    return stream(rng, 10000, 10000, 500, 0.3, 0.0, 0.0)


def null_wobbling_relations(rng):
    return stream(rng, 10000, 10000, 500, 0.1, 0.1, 0.0)


def null_lasting(rng):
    return stream(rng, 20000, 10000, 500, 0.3, 0.08, 0.6)


def null_lasting_long(rng):
    return stream(rng, 20000, 10000, 500, 0.3, 0.08, 0.8)


def weaker(rng, rows=5000):
    a, b = pair(rng, rows, 0.6)
    c, d = pair(rng, rows, 0.2)
    return beside(rng, rows, a=a, b=b), beside(rng, rows, a=c, b=d), {"truth": {"a", "b"}}


def weaker_middle(rng, rows=10000):
    a, b = pair(rng, rows, 0.6)
    c, d = pair(rng, rows // 2, 0.6)
    e, f = pair(rng, rows // 2, 0.2)
    now = beside(rng, rows, a=np.append(c, e), b=np.append(d, f))
    return beside(rng, rows, a=a, b=b), now, {"truth": {"a", "b"}, "window": 500, "onset": rows // 2}


def weaker_slightly(rng, rows=10000):
    a, b = pair(rng, rows, 0.6)
    c, d = pair(rng, rows, 0.5)
    return beside(rng, rows, a=a, b=b), beside(rng, rows, a=c, b=d), {"truth": {"a", "b"}}


def flipped(rng, rows=3000):
    a, b = pair(rng, rows, 0.4)
    c, d = pair(rng, rows, -0.4)
    return beside(rng, rows, a=a, b=b), beside(rng, rows, a=c, b=d), {"truth": {"a", "b"}}


def ring(rng, rows=5000):
    """Both columns spread out together: no correlation before or after."""
    a, b = rng.normal(size=(2, rows))
    s, c, d = rng.normal(size=(3, rows))
    rank = lambda v: v.argsort().argsort() / rows
    size = np.abs(s) * 0.9 + 0.3 * np.abs(rng.normal(size=rows))
    c, d = np.sign(c) * np.sort(np.abs(a))[(rank(size) * rows).astype(int)], np.sign(d) * np.sort(np.abs(b))[
        (rank(size + 0.3 * np.abs(rng.normal(size=rows))) * rows).astype(int)]
    return beside(rng, rows, a=a, b=b), beside(rng, rows, a=c, b=d), {"truth": {"a", "b"}}


def chequered(rng, rows=8000):
    """A board of 4 by 4 fields, every other one less full: margins, and all correlations, as before."""
    a, b = rng.uniform(size=(2, rows))
    c, d = rng.uniform(size=(2, 4 * rows))
    light = ((c * 4).astype(int) + (d * 4).astype(int)) % 2 == 0
    keep = np.flatnonzero(light | (rng.uniform(size=4 * rows) < 0.3))[:rows]
    return beside(rng, rows, a=a, b=b), beside(rng, rows, a=c[keep], b=d[keep]), {"truth": {"a", "b"}}


def cluster(rng, rows=10000, share=0.05):
    """A few rows of one kind: all of six columns near one spot. Each column's own distribution is held as it was."""
    then, now = rng.normal(size=(2, rows, 10))
    few = rng.uniform(size=rows) < share
    spot = np.array([0.5, -0.5, 0.7, -0.7, 0.4, 0.6])
    now[np.ix_(few, range(6))] = spot + 0.2 * rng.normal(size=(few.sum(), 6))
    for i in range(6):
        now[now[:, i].argsort(), i] = np.sort(rng.normal(size=rows))
    return frame(then), frame(now), {"truth": {f"x{i}" for i in range(6)}}


def many_weak(rng, rows=10000):
    """Thirty columns, every two of which correlate by 0.30 and then by 0.22."""
    return frame(gaussian(rng, rows, 30, 0.30)), frame(gaussian(rng, rows, 30, 0.22)), {"truth": {f"x{i}" for i in range(30)}}


def three_parity(rng, rows=8000):
    """Of three columns every two are independent before and after; the product of their signs is even, then mostly one."""
    then, now = rng.normal(size=(2, rows, 3))
    odd = np.prod(np.sign(now), axis=1) < 0
    turn = odd & (rng.uniform(size=rows) < 0.8)
    now[turn, 2] *= -1
    name = lambda m: {"a": m[:, 0], "b": m[:, 1], "c": m[:, 2]}
    return beside(rng, rows, **name(then)), beside(rng, rows, **name(now)), {"truth": {"a", "b", "c"}}


def wobbling_broken(rng):
    """The stream with wobbling relations; two of its columns lose theirs."""
    then, now, more = stream(rng, 10000, 10000, 500, 0.1, 0.1, 0.0)
    now = now.copy()
    now["x0"] = now["x0"].to_numpy().reshape(-1, 500)[:, rng.permutation(500)].ravel()
    return then, now, more | {"truth": {"x0"}}


WORLDS = {
    "null_independent": null_independent,
    "null_5_columns": lambda rng: null_independent(rng, 5),
    "null_100_columns": lambda rng: null_independent(rng, 100),
    "null_500_rows": lambda rng: null_correlated(rng, 500, 500),
    "null_500_against_5k": lambda rng: null_correlated(rng, 500, 5000),
    "null_100k_rows": lambda rng: null_correlated(rng, 100000, 20000),
    "null_correlated": null_correlated,
    "null_skewed": null_skewed,
    "null_categories": null_categories,
    "null_wobbling_means": null_wobbling_means,
    "null_wobbling_relations": null_wobbling_relations,
    "null_lasting": null_lasting,
    "null_lasting_long": null_lasting_long,
    "0.6_to_0.2": weaker,
    "0.6_to_0.2_middle": weaker_middle,
    "0.6_to_0.5": weaker_slightly,
    "flipped": flipped,
    "ring": ring,
    "chequered": chequered,
    "cluster_2%": lambda rng: cluster(rng, share=0.02),
    "cluster_5%": cluster,
    "many_weak": many_weak,
    "three_parity": three_parity,
    "wobbling_broken": wobbling_broken,
}


OUT_OF_REACH = {"cluster_2%"}  # too few rows of too little: shown, not asked for


# --- What others say --------------------------------------------------------------------------------------------------------------

def codes(then, now):
    """Categories by how often they are met, holes by the mean, all scaled: as NannyML reads them."""
    out = []
    for name in then:
        a, b = then[name], now[name]
        if a.dtype == object or str(a.dtype).startswith(("str", "cat")):
            often = a.value_counts()
            a, b = a.map(often), b.map(often).fillna(0)
        a, b = a.fillna(a.mean()).astype(float), b.fillna(a.mean()).astype(float)
        spread = a.std(ddof=0) or 1.0
        out.append(((a - a.mean()) / spread, (b - a.mean()) / spread))
    return np.column_stack([a for a, _ in out]), np.column_stack([b for _, b in out])


def classifier(then, now):
    """Cross-validated AUC against 0.5 at 5 %, with the error of Hanley and McNeil at 0.5."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict
    x = np.concatenate([then, now])
    y = np.repeat([0, 1], [len(then), len(now)])
    model = HistGradientBoostingClassifier(max_iter=60)
    score = cross_val_predict(model, x, y, cv=5, method="predict_proba")[:, 1]
    error = np.sqrt((len(then) + len(now) + 1) / (12 * len(then) * len(now)))
    return roc_auc_score(y, score) > 0.5 + 1.645 * error


def columns_alone(then, now):
    from scipy.stats import ks_2samp
    return min(ks_2samp(then[:, i], now[:, i]).pvalue for i in range(then.shape[1])) * then.shape[1] < 0.05


def reconstruction(then, now, chunks=10):
    from sklearn.decomposition import PCA
    model = PCA(n_components=0.65).fit(then)
    error = lambda x: np.linalg.norm(x - model.inverse_transform(model.transform(x)), axis=1)
    reference = [c.mean() for c in np.array_split(error(then), chunks)]
    low, high = np.mean(reference) - 3 * np.std(reference), np.mean(reference) + 3 * np.std(reference)
    return any(not low <= c.mean() <= high for c in np.array_split(error(now), chunks))


# --- Runs -------------------------------------------------------------------------------------------------------------------------

def wilson(k, n, z=1.96):
    if n == 0:
        return 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return max(0.0, (p + z * z / (2 * n)) / d - half), min(1.0, (p + z * z / (2 * n)) / d + half)


def check(binary, folder, then, now, more):
    paths = [folder / "reference.parquet", folder / "current.parquet"]
    for path, table in zip(paths, (then, now)):
        table.to_parquet(path, index=False)
    command = [binary, "check", "--reference", paths[0], "--current", paths[1], "--format", "json"]
    command += ["--window", str(more["window"])] if "window" in more else []
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(done.stderr)
    return json.loads(done.stdout)["findings"]


def world(name, binary, runs, others):
    rows = {"world": name, "runs": runs, "found": 0, "named": 0, "other": 0, "onset": [], "kinds": {}}
    rivals = {"classifier": classifier, "columns": columns_alone, "pca": reconstruction}
    rows |= dict.fromkeys(rivals, 0)
    judged = min(runs, others)
    for run in range(runs):
        rng = np.random.default_rng([run, list(WORLDS).index(name)])
        then, now, more = WORLDS[name](rng)
        with tempfile.TemporaryDirectory() as folder:
            findings = check(binary, Path(folder), then, now, more)
        joint = [f for f in findings if f["kind"] in KINDS]
        rows["other"] += len(findings) > len(joint)
        if joint:
            rows["found"] += 1
            rows["kinds"][joint[0]["kind"]] = rows["kinds"].get(joint[0]["kind"], 0) + 1
            named = joint[0]["subject"]["columns"]
            rows["named"] += bool(more.get("truth")) and bool(named) and named[0] in more["truth"]
            onset = joint[0].get("onset") or {}
            if "onset" in more and onset.get("row") is not None:
                rows["onset"].append(abs(onset["row"] - more["onset"]))
        if run < judged:
            pair = codes(then, now)
            for rival, test in rivals.items():
                rows[rival] += bool(test(*pair))
    rows["judged"] = judged
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--others", type=int, default=10, help="runs of each world that the other methods judge too")
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    parser.add_argument("--assert", dest="hold", action="store_true", help="fail where a floor or a ceiling does not hold")
    args = parser.parse_args()
    print(f"{'world':26}{'found':>7}{'95 %':>15}{'named':>7}{'other':>7}{'onset':>7}   "
          f"{'AUC > 0.5':>10}{'KS':>7}{'PCA 3 sd':>10}")
    results, failed = [], []
    for name in WORLDS:
        if args.only not in name:
            continue
        r = world(name, args.binary, args.runs, args.others)
        low, high = wilson(r["found"], r["runs"])
        onset = f"{int(np.median(r['onset']))}" if r["onset"] else ""
        named = f"{r['named']}/{r['found']}" if not name.startswith("null") else ""
        share = lambda key: f"{r[key] / r['judged']:.2f}" if r["judged"] else ""
        print(f"{name:26}{r['found'] / r['runs']:7.2f}{f'{low:.2f} to {high:.2f}':>15}{named:>7}{r['other']:>7}{onset:>7}   "
              f"{share('classifier'):>10}{share('columns'):>7}{share('pca'):>10}  {r['kinds'] or ''}", flush=True)
        results.append(r)
        if name.startswith("null") and r["found"] > 0.05 * r["runs"] + 1:
            failed.append(f"{name}: {r['found']} false alarms in {r['runs']} runs")
        if not name.startswith("null") and name not in OUT_OF_REACH and r["found"] < 0.8 * r["runs"]:
            failed.append(f"{name}: found in {r['found']} of {r['runs']} runs")
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=1))
    if args.hold and failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
