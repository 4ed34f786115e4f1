"""Columns of vectors: real ones, false alarms, power beside other detectors.

    python bench/embeddings.py target/release/dosimeter --reuters ORIGINALS/reuters21578/reuters21578.parquet
    python bench/embeddings.py target/release/dosimeter --null 100 --detection 20

Reuters: TF-IDF and truncated SVD to 64 dimensions, and a logistic regression of one topic against the rest, all fitted on
the reference period and frozen. Simulations: vectors of 32 numbers around five topics, 10 windows of 200 rows a period;
with `wobble` the mix of topics is drawn anew every window. Detectors are compared at the same false-alarm rate, 5 % of null
runs of the same kind: each one's threshold is the quantile of its own statistic there.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

DIMENSION, TOPICS, WINDOWS, ROWS = 32, 5, 10, 200


def check(binary, *arguments):
    run = subprocess.run([binary, "check", *map(str, arguments), "--format", "json"], capture_output=True, text=True)
    if run.returncode == 2:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)


def vectors(matrix):
    flat = pa.array(np.ascontiguousarray(matrix, np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1])


def reuters(binary, path, folder, topic):
    table = pq.read_table(path).to_pandas()
    table = table[table["has_topics"] == "YES"].sort_values("date").reset_index(drop=True)
    text = table["title"].fillna("") + " " + table["body"].fillna("")
    label = table["topics"].fillna("").str.split("|").map(lambda t: topic in t).astype(int).to_numpy()
    cut = int((table["date"] < "1987-03-20").sum())
    words = TfidfVectorizer(max_features=20_000, sublinear_tf=True, stop_words="english")
    svd = TruncatedSVD(64, random_state=0)
    # Half of the reference fits the model, the other half is what it is watched against.
    fitted = np.arange(cut) % 2 == 0
    embedded = svd.fit_transform(words.fit_transform(text[:cut][fitted]))
    model = LogisticRegression(C=10, max_iter=1000).fit(embedded, label[:cut][fitted])
    rest = np.concatenate([np.flatnonzero(~fitted), np.arange(cut, len(table))])
    embedded = svd.transform(words.transform(text.iloc[rest]))
    score = model.predict_proba(embedded)[:, 1]
    data = pa.table({
        "time": pa.array(table["date"].iloc[rest]), "embedding": vectors(embedded), "score": score,
        "prediction": (score > 0.5).astype(int), "label": label[rest],
    })
    reference, current = Path(folder) / "reuters_reference.parquet", Path(folder) / "reuters_current.parquet"
    first = int((~fitted).sum())
    pq.write_table(data.slice(0, first), reference)
    pq.write_table(data.slice(first), current)
    d = check(binary, "--reference", reference, "--current", current, "--time", "time")
    print(f"Reuters, {topic}: verdict {d['verdict']}; {d['metric']['name']} "
          f"{d['metric']['reference']:.3f} -> {d['metric']['current']:.3f}; {d['summary']}")
    column = next(c for c in d["columns"] if c["name"] == "embedding")
    print("  " + "; ".join(f"{e['statistic']} {e['value']:.4g}" + (f" (p {e['p_value']:.2g})" if e["p_value"] is not None else "")
                           for e in column["evidence"]))
    for f in d["findings"]:
        print(f"  {f['severity']:9} {f['mode']} {f['kind'] or ''}: {f['message']}")


def period(rng, centres, wobble, change=None, strength=0.0):
    """Vectors by window: a topic and noise, with a change by name."""
    blocks = []
    base = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    for _ in range(WINDOWS):
        mix = rng.dirichlet(20 * base) if wobble else base
        if change == "mixture":
            mix = (1 - strength) * mix + strength * np.eye(TOPICS)[-1]
        x = centres[rng.choice(TOPICS, ROWS, p=mix)] + rng.normal(size=(ROWS, DIMENSION)) * 0.7
        if change == "mean":
            x[:, 7] += strength
        elif change == "scale":
            x = x * (1 + strength)
        elif change == "rotation":
            c, s = np.cos(strength), np.sin(strength)
            x[:, :2] = x[:, :2] @ np.array([[c, -s], [s, c]])
        blocks.append(x)
    return np.concatenate(blocks)


def write(path, x, start):
    time = np.datetime64(start) + (np.arange(len(x)) * (7 * 86_400 // ROWS)).astype("timedelta64[s]")
    pq.write_table(pa.table({"time": pa.array(time.astype("datetime64[us]")), "embedding": vectors(x)}), path)


def dosimeter(binary, folder, x, y):
    a, b = Path(folder) / "a.parquet", Path(folder) / "b.parquet"
    write(a, x, "2024-01-01")
    write(b, y, "2024-03-11")
    d = check(binary, "--reference", a, "--current", b, "--time", "time", "--window", "1w")
    column = next(c for c in d["columns"] if c["name"] == "embedding")
    p = [e["p_value"] for e in column["evidence"] if e["p_value"] is not None]
    return bool(d["findings"]), -np.log(max(min(p), 1e-300))


def squares(a, b):
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0)


def mmd(x, y):
    """Unbiased, Gaussian, median heuristic, 400 rows a side: as detectors of today have it."""
    x, y = x[:: len(x) // 400], y[:: len(y) // 400]
    z = np.concatenate([x, y])
    d = squares(z, z)
    k = np.exp(-d / (2 * np.median(d[np.triu_indices(len(z), 1)])))
    return k, len(x)


def mmd_of(k, side):
    a, b = k[np.ix_(~side, ~side)], k[np.ix_(side, side)]
    n, m = len(a), len(b)
    return (a.sum() - n) / n / (n - 1) + (b.sum() - m) / m / (m - 1) - 2 * k[np.ix_(~side, side)].mean()


def peers(rng, x, y):
    k, n = mmd(x, y)
    side = np.arange(len(k)) >= n
    seen = mmd_of(k, side)
    p = (1 + sum(mmd_of(k, rng.permutation(side)) >= seen for _ in range(99))) / 100
    a, b = x.mean(0), y.mean(0)
    cosine = 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    z, t = np.concatenate([x, y]), np.repeat([0, 1], [len(x), len(y)])
    half = rng.random(len(z)) < 0.5
    model = LogisticRegression(max_iter=200).fit(z[half], t[half])
    auc = roc_auc_score(t[~half], model.predict_proba(z[~half])[:, 1])
    return {"mmd": seen, "cosine": cosine, "classifier": auc}, {"mmd": p <= 0.05}


def simulate(binary, folder, nulls, runs):
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(TOPICS, DIMENSION)) * 1.5
    strengths = {"mean": [0.05, 0.1, 0.2, 0.4, 0.8], "scale": [0.02, 0.05, 0.1, 0.2],
                 "rotation": [0.1, 0.2, 0.4, 0.8], "mixture": [0.05, 0.1, 0.2, 0.4]}
    for wobble in [False, True]:
        name = "topics of the week" if wobble else "independent rows"
        alarms, permutation, scores = 0, 0, {}
        for _ in range(nulls):
            x, y = period(rng, centres, wobble), period(rng, centres, wobble)
            alarm, score = dosimeter(binary, folder, x, y)
            alarms += alarm
            statistics, loud = peers(rng, x, y)
            permutation += loud["mmd"]
            for key, value in {"dosimeter": score, **statistics}.items():
                scores.setdefault(key, []).append(value)
        print(f"null, {name}: {alarms} of {nulls} runs alarm; MMD with permuted rows at 5 %: {permutation} of {nulls}", flush=True)
        bar = {key: np.quantile(values, 0.95) for key, values in scores.items()}
        if not runs:
            continue
        print(f"{'change':10} {'strength':>8} {'as it is':>9} " + " ".join(f"{k:>10}" for k in bar), flush=True)
        for change, grades in strengths.items():
            for strength in grades:
                found, loud = dict.fromkeys(bar, 0), 0
                for _ in range(runs):
                    x, y = period(rng, centres, wobble), period(rng, centres, wobble, change, strength)
                    alarm, score = dosimeter(binary, folder, x, y)
                    loud += alarm
                    for key, value in {"dosimeter": score, **peers(rng, x, y)[0]}.items():
                        found[key] += value > bar[key]
                print(f"{change:10} {strength:8} {loud / runs:9.0%} " + " ".join(f"{found[k] / runs:10.0%}" for k in bar), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--reuters")
    parser.add_argument("--null", type=int, default=0)
    parser.add_argument("--detection", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.reuters:
            for topic in ["earn", "acq"]:
                reuters(arguments.binary, arguments.reuters, folder, topic)
        if arguments.null:
            simulate(arguments.binary, folder, arguments.null, arguments.detection)


if __name__ == "__main__":
    main()
