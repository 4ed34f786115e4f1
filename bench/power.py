"""Is a run's stated power true? Losses of exactly `power.metric_change` should be noticed 4 times in 5.

    python bench/power.py PROGRAM [--runs 200]

Each run draws a reference and a current period of 20 windows of 250 rows from one model of accuracy 0.85. The check of healthy
data says what it would have noticed; then the labels of new current rows are drawn with just that loss, and it is counted
how often the loss is named as more than chance (a `performance_loss` with p under half of the metric's share of the
budget). Once without wobble, once with an accuracy that wobbles by 2 points between windows; each with rows in order
(windows are tested as well) and in none (two files without a time). The control has no loss.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

WINDOWS, ROWS, ACCURACY = 20, 250, 0.85


def period(path, rng, accuracy, wobble):
    by_window = np.clip(accuracy + wobble * rng.standard_normal(WINDOWS), 0, 1)
    right = rng.random(WINDOWS * ROWS) < np.repeat(by_window, ROWS)
    prediction = rng.integers(0, 2, WINDOWS * ROWS)
    label = np.where(right, prediction, 1 - prediction)
    lines = [f"{p},{y}" for p, y in zip(prediction, label)]
    path.write_text("prediction,label\n" + "\n".join(lines) + "\n")


def check(program, reference, current, ordered):
    args = [program, "check", "--reference", reference, "--current", current, "--format", "json", "-q"]
    out = subprocess.run(args + (["--window", str(ROWS)] if ordered else []), capture_output=True, text=True)
    return json.loads(out.stdout)


def noticed(result):
    # Half of the metric's share, which is 40 % of the run's budget.
    alpha = result["budget"]["false_alarms"] * 0.4 / 2
    losses = [f for f in result["findings"] if f["mode"] == "performance_loss" and f["kind"] == "metric_fell"]
    return any((e["p_value"] or 1) < alpha for f in losses for e in f["evidence"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    print("| rows | wobble | stated power | noticed | control |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        reference, current = Path(folder, "r.csv"), Path(folder, "c.csv")
        for ordered in (False, True):
            for wobble in (0.0, 0.02):
                rng = np.random.default_rng(20)
                hits, false, stated = 0, 0, []
                for _ in range(options.runs):
                    period(reference, rng, ACCURACY, wobble)
                    period(current, rng, ACCURACY, wobble)
                    healthy = check(options.program, reference, current, ordered)
                    power = healthy["power"]["metric_change"]
                    stated.append(power)
                    false += noticed(healthy)
                    period(current, rng, ACCURACY - power, wobble)
                    hits += noticed(check(options.program, reference, current, ordered))
                n = options.runs
                share = hits / n
                print(f"| {'in order' if ordered else 'in none'} | {wobble} | {np.mean(stated):.4f} | "
                      f"{share:.3f} ± {1.96 * (share * (1 - share) / n) ** 0.5:.3f} | {false / n:.3f} |", flush=True)


if __name__ == "__main__":
    main()
