"""What would have been said without labels: the estimate of every window against the metric that its labels gave later.

    python bench/estimates.py target/release/dosimeter DATA SCORED [--nannyml PYTHON] [--only NAME] [--json OUT]

DATA is the folder of original tables (examples/data/README.md), SCORED what `examples/data/make.py DATA --all SCORED` wrote. Every
set is cut into a reference and a current file. The program reads them twice: with the current labels, which give the realised
metric by window, and without, which gives the estimate. Nothing else differs.

  windows    current windows that have both, of 30 rows at least
  moved      mean |realised - reference|: the error of the guess that nothing changed
  error      mean |realised - estimate|, and in units of `moved`
  nannyml    the same of NannyML's CBPE (classes) or DLE (numbers) on the same rows, features and windows, all settings by default
  covered    windows whose realised metric lies within 1.96 errors of the estimate, the realised metric's own sampling error
             included: nominal 95 % where P(Y | X) is as in the reference, and nowhere else

PYTHON is one that has NannyML (pip install nannyml statsmodels "pandas<3" "numpy<2.3" "setuptools<81").
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# name: rows of the reference, label, prediction, score (None: none, dict: by class), time, metrics, concept drift known
SHIPPED = {
    "hotel_bookings": (32_959, "is_canceled", "prediction", "score", "arrival_date", ["accuracy", "auc", "f1"]),
    "bank_marketing": (23_997, "y", "prediction", "score", None, ["accuracy"]),
    "employment_ma": (20_000, "employed", None, "predicted_probability", None, ["accuracy", "auc"]),
}
BINARY = {"elec2": ["accuracy", "auc"], "noaa_weather": ["accuracy", "auc"], "sea": ["accuracy"], "spam_katakis": ["accuracy"]}
CLASSES = ["insects", "gas_sensor", "keystroke", "outdoor_objects"]
IGNORED = {"booking_id", "call_id", "id", "instant", "row", "person_id"}


def sets(data, scored):
    """(name, reference frame, current frame, task, label, prediction, score columns, metrics)"""
    import pandas as pd

    here = Path(__file__).resolve().parent.parent / "examples" / "data"
    for name, (rows, label, prediction, score, _, metrics) in SHIPPED.items():
        frame = pd.read_parquet(here / f"{name}.parquet")
        yield name, frame[:rows], frame[rows:], "binary", label, prediction, [score], metrics
    for name, metrics in {"car_loan": ["accuracy", "auc", "f1"]}.items():
        reference = pd.read_parquet(data / name / "reference.parquet")
        current = pd.read_parquet(data / name / "analysis.parquet")
        target = pd.read_parquet(data / name / "analysis_target.parquet")
        current["repaid"] = target["repaid"].to_numpy()
        yield name, reference, current[reference.columns], "binary", "repaid", "y_pred", ["y_pred_proba"], metrics
    reference = pd.read_parquet(data / "car_price" / "reference.parquet")
    current = pd.read_parquet(data / "car_price" / "analysis.parquet")
    current["y_true"] = pd.read_parquet(data / "car_price" / "analysis_target.parquet")["y_true"].to_numpy()
    yield "car_price", reference, current[reference.columns], "regression", "y_true", "y_pred", [], ["mae", "rmse", "mape"]
    facts = json.loads((scored / "reference_rows.json").read_text())
    for name, fact in facts.items():
        frame = pd.read_parquet(scored / f"{name}.parquet")
        rows, label, task = fact["reference_rows"], fact["label"], fact["task"]
        scores = ["score"] if task == "binary" else [c for c in frame if c.startswith("p_")]
        scores = [] if task == "regression" else scores
        metrics = BINARY.get(name) or (["mae", "rmse"] if task == "regression" else ["accuracy", "f1"])
        yield name, frame[:rows], frame[rows:], task, label, "prediction", scores, metrics


def check(binary, reference, current, roles, metric):
    command = [binary, "check", "--reference", reference, "--current", current, "--metric", metric, "-f", "json", *roles]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def se(interval):
    return (interval[1] - interval[0]) / 3.92 if interval else None


def nannyml(python, reference, current, cuts, task, label, prediction, scores, metric):
    """The peer's estimate by window, or None."""
    with tempfile.TemporaryDirectory() as folder:
        job = dict(task=task, label=label, prediction=prediction, scores=scores, metric=metric, cuts=cuts)
        reference.to_parquet(f"{folder}/reference.parquet")
        current.to_parquet(f"{folder}/current.parquet")
        Path(f"{folder}/job.json").write_text(json.dumps(job))
        environment = {**os.environ, "NML_DISABLE_USAGE_LOGGING": "1"}
        done = subprocess.run([python, __file__, "--worker", folder], capture_output=True, text=True, env=environment)
        try:
            return json.loads(done.stdout.splitlines()[-1])
        except (IndexError, json.JSONDecodeError):
            print(done.stderr[-600:], file=sys.stderr)
            return None


def worker(folder):
    import warnings

    warnings.filterwarnings("ignore")
    import nannyml as nml
    import numpy as np
    import pandas as pd

    job = json.loads(Path(f"{folder}/job.json").read_text())
    reference, current = pd.read_parquet(f"{folder}/reference.parquet"), pd.read_parquet(f"{folder}/current.parquet")
    features = [
        c for c in reference
        if c not in {job["label"], job["prediction"], *job["scores"], *IGNORED}
        and not pd.api.types.is_datetime64_any_dtype(reference[c])
    ]
    # A day a window: NannyML then cuts exactly where the program does.
    starts = np.array(job["cuts"])
    day = np.searchsorted(starts, np.arange(len(current)), side="right") - 1
    current["_at"] = pd.Timestamp("2001-01-01") + pd.to_timedelta(day, unit="D")
    size = max(1, len(reference) // 10)
    reference["_at"] = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(len(reference)) // size, unit="D")
    common = dict(timestamp_column_name="_at", chunk_period="D")
    if job["task"] == "regression":
        estimator = nml.DLE(
            feature_column_names=features, y_pred=job["prediction"], y_true=job["label"], metrics=[job["metric"]], **common
        )
    else:
        if job["task"] == "binary":
            for frame in (reference, current):
                values = frame[job["label"]].astype(str).str.lower()
                frame["_y"] = values.isin(["1", "1.0", "true", "yes", "up"]).astype(int)
                frame["_p"] = (frame[job["scores"][0]] >= 0.5).astype(int)
            kind, proba, y, p = "classification_binary", job["scores"][0], "_y", "_p"
        else:
            kind, y, p = "classification_multiclass", job["label"], job["prediction"]
            for frame in (reference, current):
                frame[y], frame[p] = frame[y].astype(str), frame[p].astype(str)
            proba = {c.removeprefix("p_"): c for c in job["scores"]}
        metric = {"auc": "roc_auc"}.get(job["metric"], job["metric"])
        estimator = nml.CBPE(
            y_pred_proba=proba, y_pred=p, y_true=y, metrics=[metric], problem_type=kind, **common
        )
    estimator.fit(reference)
    result = estimator.estimate(current).filter(period="analysis").to_df()
    name = {"auc": "roc_auc"}.get(job["metric"], job["metric"])
    days = pd.to_datetime(result[("chunk", "start_date")]).dt.normalize()
    at = ((days - pd.Timestamp("2001-01-01")).dt.days).to_numpy()
    values = result[(name, "value")].to_numpy(float)
    print(json.dumps({int(a): (None if np.isnan(v) else float(v)) for a, v in zip(at, values)}))


def measure(binary, python, folder, name, reference, current, task, label, prediction, scores, metric):
    paths = {}
    for key, frame in (("reference", reference), ("current", current), ("hidden", current.drop(columns=[label]))):
        paths[key] = f"{folder}/{name}-{key}.parquet"
        if not os.path.exists(paths[key]):
            frame.to_parquet(paths[key], index=False)
    roles = ["--label", label, "--task", task]
    roles += ["--prediction", prediction] if prediction else []
    if task == "binary":
        roles += ["--score", scores[0]]
    elif scores:
        roles += ["--score", ",".join(f"{c.removeprefix('p_')}={c}" for c in scores)]
    known = check(binary, paths["reference"], paths["current"], roles, metric)
    blind = check(binary, paths["reference"], paths["hidden"], roles, metric)
    assert len(known["windows"]) == len(blind["windows"]), name
    cuts = [w["first_row"] for w in known["windows"]]
    peer = None
    if python and None not in cuts and cuts == sorted(cuts):
        peer = nannyml(python, reference, current, cuts, task, label, prediction, scores, metric)
    reference_value = known["metric"]["reference"]
    rows = []
    for index, (now, then) in enumerate(zip(known["windows"], blind["windows"])):
        if now["metric"] is None or then["estimate"] is None or now["rows"] < 30:
            continue
        error = now["metric"] - then["estimate"]
        spread = (se(now["interval"]) ** 2 + se(then["estimate_interval"]) ** 2) ** 0.5
        rows.append(dict(
            realised=now["metric"], estimate=then["estimate"], covered=abs(error) <= 1.96 * spread,
            peer=(peer or {}).get(str(index)), start=now["start"] or now["first_row"],
        ))
    mean = lambda values: sum(values) / len(values) if values else None
    both = [r for r in rows if r["peer"] is not None]
    return dict(
        name=name, metric=metric, reference=reference_value, windows=len(rows), rows=rows, basis=blind["metric"]["basis"],
        verdict=blind["verdict"],
        moved=mean([abs(r["realised"] - reference_value) for r in rows]),
        error=mean([abs(r["realised"] - r["estimate"]) for r in rows]),
        nannyml=mean([abs(r["realised"] - r["peer"]) for r in both]) if len(both) == len(rows) else None,
        covered=mean([r["covered"] for r in rows]),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("data", type=Path)
    parser.add_argument("scored", type=Path)
    parser.add_argument("--nannyml", metavar="PYTHON")
    parser.add_argument("--only")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print("| set | metric | reference | windows | moved | error | of moved | nannyml | covered | without labels |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, reference, current, task, label, prediction, scores, metrics in sets(options.data, options.scored):
            if options.only and name not in options.only.split(","):
                continue
            for metric in metrics:
                r = measure(
                    options.binary, options.nannyml, folder, name, reference, current, task, label, prediction, scores, metric
                )
                results.append(r)
                text = lambda v: "-" if v is None else f"{v:.4g}"
                share = None if not r["moved"] or r["error"] is None else r["error"] / r["moved"]
                covered = "-" if r["covered"] is None else f"{100 * r['covered']:.0f} %"
                print(
                    f"| {name} | {metric} | {text(r['reference'])} | {r['windows']} | {text(r['moved'])} | {text(r['error'])} |"
                    f" {text(share)} | {text(r['nannyml'])} | {covered} | {r['verdict']} |",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--worker":
        worker(sys.argv[2])
    else:
        main()
