"""Scores of one peer over the worlds of detection.py: `detection_peers.py PEER LISTING OUT.jsonl`, run in the peer's venv.

LISTING names one Parquet file a line. For each file a line of JSON: {"file", "scores": {method: score}}; a higher score is
more alarming. The first 30 days are the reference; tools of two samples see the last 20 days as current, tools of
chunks see days as chunks, and their score is the largest over the chunks, as an alert in any chunk is an alert. Labels and
scores are given to every tool as columns like the others. Files that OUT.jsonl has already are not scored again.
"""

import json
import math
import os
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("NML_DISABLE_USAGE_LOGGING", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")

import numpy as np
import pandas as pd

START = pd.Timestamp("2024-03-04")


def split(frame, since):
    day = (frame["at"] - START).dt.days
    return frame[day < 30].reset_index(drop=True), frame[day >= since].reset_index(drop=True)


def columns(frame):
    inputs = [c for c in frame if c not in ("id", "at")]
    return ([c for c in inputs if frame[c].dtype.kind in "fi" and c not in ("label", "prediction")],
            [c for c in inputs if frame[c].dtype.kind not in "fi" or c in ("label", "prediction")])


def chi_square_p(a, b):
    from scipy import stats
    table = pd.concat([a.astype(str).value_counts(), b.astype(str).value_counts()], axis=1).fillna(0).to_numpy().T
    return stats.chi2_contingency(table)[1] if table.shape[1] > 1 else 1.0


def minus_log(p):
    return -math.log10(max(p, 1e-300))


def scipy(frame):
    from scipy import stats
    r, c = split(frame, 40)
    numbers, categories = columns(frame)
    p = [stats.ks_2samp(r[k].dropna(), c[k].dropna()).pvalue for k in numbers if c[k].notna().any()]
    p += [chi_square_p(r[k].isna(), c[k].isna()) for k in numbers if r[k].isna().any() or c[k].isna().any()]
    p += [chi_square_p(r[k], c[k]) for k in categories]
    return {"ks+chi2": minus_log(min(p))}


def evidently(frame):
    """Its default test per column, chosen by its own get_stattest(), as its drift preset does."""
    import evidently.legacy.calculations.stattests  # noqa: F401  registers them
    from evidently.legacy.calculations.stattests import registry
    from evidently.legacy.core import ColumnType
    r, c = split(frame, 40)
    numbers, categories = columns(frame)
    worst = -math.inf
    for k in numbers + categories:
        kind = ColumnType.Numerical if k in numbers else ColumnType.Categorical
        a, b = r[k].dropna(), c[k].dropna()
        if not len(b):
            continue
        test = registry.get_stattest(a, b, kind, None)
        result = test(a, b, kind, None)
        by_p = "p_value" in test.display_name
        score = minus_log(result.drift_score) / minus_log(0.05) if by_p else result.drift_score / 0.1
        worst = max(worst, score)
    return {"default": worst}


def alibi(frame):
    from alibi_detect.cd import TabularDrift
    r, c = split(frame, 40)
    numbers, categories = columns(frame)
    def encode(part):
        x = part[numbers].fillna(r[numbers].median()).to_numpy(float)
        codes = [pd.Categorical(part[k].astype(str), categories=levels[k]).codes for k in categories]
        return np.column_stack([x] + codes).astype(np.float32)
    levels = {k: sorted(set(r[k].astype(str)) | set(c[k].astype(str))) for k in categories}
    a, b = encode(r), encode(c)
    per_feature = {len(numbers) + i: len(levels[k]) for i, k in enumerate(categories)}
    p = TabularDrift(a, p_val=0.05, categories_per_feature=per_feature).predict(b)["data"]["p_val"]
    return {"tabular": minus_log(float(np.min(p)))}


def nannyml(frame):
    import nannyml as nml
    frame = frame.copy()
    r, c = split(frame, 30)
    numbers, categories = columns(frame)
    for k in categories:
        r[k], c[k] = r[k].astype(str), c[k].astype(str)
    out = {}
    def worst(fitted, name):
        table = fitted.to_df(multilevel=False)
        analysis, reference = table[table["chunk_period"] == "analysis"], table[table["chunk_period"] == "reference"]
        score = -math.inf
        for k in [k for k in table if k.endswith("_value")]:
            x, y = reference[k].astype(float), analysis[k].astype(float)
            score = max(score, float(((y - x.mean()).abs() / (x.std() + 1e-12)).max()))
        out[name] = score
    def run(calculator, name):
        fitted = calculator.fit(r)
        worst(fitted.estimate(c) if hasattr(fitted, "estimate") else fitted.calculate(c), name)
    chunks = dict(chunk_period="D", timestamp_column_name="at")
    run(nml.UnivariateDriftCalculator(column_names=numbers + categories, **chunks), "univariate")
    inputs = [k for k in numbers + categories if k not in ("score", "prediction", "label")]
    run(nml.DataReconstructionDriftCalculator(column_names=inputs, **chunks), "pca")
    for k in ("label", "prediction"):
        r[k], c[k] = r[k].astype(int), c[k].astype(int)
    outcome = dict(y_true="label", y_pred="prediction", y_pred_proba="score", problem_type="classification_binary",
                   metrics=["accuracy", "roc_auc"], **chunks)
    run(nml.PerformanceCalculator(**outcome), "realised")
    run(nml.CBPE(**outcome), "cbpe")
    return out


def main():
    peer, listing, out = sys.argv[1:4]
    score = {"scipy": scipy, "evidently": evidently, "alibi": alibi, "nannyml": nannyml}[peer]
    done = {json.loads(line)["file"] for line in open(out)} if os.path.exists(out) else set()
    with open(out, "a") as f:
        for line in open(listing).read().splitlines():
            if line in done:
                continue
            frame = pd.read_parquet(line)
            try:
                scores = score(frame)
            except Exception as e:  # a tool that stops at a file has seen something: the most alarming score there is
                print(f"{line}: {type(e).__name__}: {e}", file=sys.stderr)
                scores = {"failed": 1.0}
            f.write(json.dumps({"file": line, "scores": {k: v for k, v in scores.items() if math.isfinite(v)}}) + "\n")
            f.flush()


if __name__ == "__main__":
    main()
