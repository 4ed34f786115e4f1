"""What a check costs, against reading the same two files and against hand-written SQL.

    python bench/speed.py BINARY DATA [--rounds 5] [--json OUT.json] [--assert]

DATA holds reference.parquet, current.parquet and meta.json (`gen.py` makes them). Every task is a fresh process; a round
runs each task once, in turn, and a ratio is only taken inside a round: the machine may be busy, and is so for all of them
alike. CPU is user + system and memory is the peak resident size, both from wait4() of the process. Tasks:

  import         the interpreter and pyarrow, nothing read: what a Python task pays before it starts
  read           a bare columnar read of both files with pyarrow, row group by row group
  read_current   the same of the current file alone
  check          BINARY check --reference --current
  fit            BINARY fit, the reference into a baseline
  check_baseline BINARY check --baseline, the current file alone
  duckdb_psi     decile edges, counts and the population stability index of every column, in SQL by hand

`flagged` is how many of the columns that truly moved a task names, and how many others.

--assert: exit code 1, and a line for each, where one of LIMITS does not hold.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# This file imports no numpy or pyarrow at the top: the runner must stay small, since a child's peak counts from its fork.

COMMANDS = {  # how the program is called; {role} flags are added to those that read data
    "check": ["check", "--reference", "{reference}", "--current", "{current}", "--format", "json"],
    "fit": ["fit", "{reference}", "--output", "{baseline}"],
    "check_baseline": ["check", "--baseline", "{baseline}", "--current", "{current}", "--format", "json"],
}
WITH_ROLES = {"check", "fit"}

# What --assert holds. A ratio is the median over the rounds of a task's CPU against another's in the same round.
# What is learned of sampled rows (relations, slices, loss) costs the same whatever the rows, and more than a read of one file here.
LIMITS = {"cpu": [("check", "read", 2.5), ("check_baseline", "read_current", 3.0)], "peak": 300}  # the peak in MiB


# --- The tasks that are Python, each run as `speed.py --task NAME DATA` ------------------------------------------------------

def task_import(data):
    import pyarrow.parquet  # noqa: F401
    return {}


def task_read(data, names=("reference", "current")):
    import pyarrow.parquet as pq
    size = 0
    for name in names:
        file = pq.ParquetFile(data / f"{name}.parquet")
        for group in range(file.num_row_groups):
            size += file.read_row_group(group).nbytes
    return {"bytes_in_memory": size}


def task_read_current(data):
    return task_read(data, ("current",))


def psi(reference, current):
    """Population stability index of two lists of counts; an empty cell counts as half a row."""
    a, b = sum(reference) or 1, sum(current) or 1
    total = 0.0
    for r, c in zip(reference, current):
        p, q = max(r, 0.5) / a, max(c, 0.5) / b
        total += (q - p) * math.log(q / p)
    return total


def task_duckdb_psi(data):
    import duckdb
    db = duckdb.connect()
    files = [f"read_parquet('{data / name}.parquet')" for name in ("reference", "current")]
    meta = json.loads((data / "meta.json").read_text())
    aside = {meta["roles"]["time"]}
    kinds = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE SELECT * FROM {files[0]}").fetchall() if name not in aside}
    numbers = [n for n, k in kinds.items() if k in ("DOUBLE", "BIGINT")]
    words = [n for n in kinds if n not in numbers]
    tenths = [i / 10 for i in range(1, 10)]
    edges = db.execute("SELECT " + ", ".join(f'approx_quantile("{n}", {tenths})' for n in numbers) + f" FROM {files[0]}").fetchone()
    edges = {n: sorted({float(x) for x in e}) for n, e in zip(numbers, edges)}
    cells, categories = [], []
    for file in files:  # count_if: the same counts by FILTER (WHERE ...) take ten times as long
        wanted = [f'count_if("{n}" <= {x!r})' for n in numbers for x in edges[n]] + [f'count("{n}")' for n in numbers]
        row = list(db.execute(f"SELECT {', '.join(wanted)} FROM {file}").fetchone())
        valid, counts = row[-len(numbers):], {}
        for n, total in zip(numbers, valid):
            below, row = [0, *row[:len(edges[n])], total], row[len(edges[n]):]
            counts[n] = [b - a for a, b in zip(below, below[1:])]
        cells.append(counts)
        categories.append({n: dict(db.execute(f'SELECT "{n}", count(*) FROM {file} GROUP BY 1').fetchall()) for n in words})
    values = {n: psi(cells[0][n], cells[1][n]) for n in numbers}
    for n in words:
        keys = sorted(set(categories[0][n]) | set(categories[1][n]), key=str)
        values[n] = psi(*([side[n].get(k, 0) for k in keys] for side in categories))
    return {"flagged": sorted(n for n, v in values.items() if v > 0.1), "psi": {n: round(v, 4) for n, v in values.items()}}


# --- The runner -----------------------------------------------------------------------------------------------------------

def measure(command):
    """(seconds of wall, CPU seconds, peak MiB, exit code, stdout, stderr) of one fresh process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        p = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(p.pid, 0)
        wall = time.monotonic() - begun
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, p.returncode, out.read(), err.read()


def flagged(task, output):
    """The columns that a run names, or None. The program's: those marked as drifted, or in a finding that is not harmless."""
    if task == "duckdb_psi":
        return json.loads(output)["flagged"]
    if task.startswith("check"):
        result = json.loads(output)
        named = {c["name"] for c in result["columns"] if c.get("drifted")}
        for f in result["findings"]:
            if f["severity"] != "harmless":
                named |= set((f.get("subject") or {}).get("columns") or [])
        return sorted(named)
    return None


def ratio(runs, task, base, key):
    return statistics.median(r[key] / b[key] for r, b in zip(runs[task], runs[base]))


def broken(runs, truth):
    """What does not hold of LIMITS and of the flags, a line each; a task that was left out or failed holds nothing."""
    out = []
    for task, base, limit in LIMITS["cpu"]:
        if not (runs.get(task) and runs.get(base)):
            out.append(f"{task} against {base}: not measured")
        elif (r := ratio(runs, task, base, "cpu")) > limit:
            out.append(f"{task}: {r:.2f} times the CPU of {base}, at most {limit}")
    for task in COMMANDS:
        rows = runs.get(task) or []
        if any(r["failed"] for r in rows):
            out.append(f"{task}: failed")
        if rows and (peak := max(r["peak"] for r in rows)) >= LIMITS["peak"]:
            out.append(f"{task}: a peak of {peak:.0f} MiB, under {LIMITS['peak']} wanted")
        for names in {tuple(r["flagged"]) for r in rows if r["flagged"] is not None}:
            if set(names) != truth:
                out.append(f"{task}: missed {sorted(truth - set(names))}, beside {sorted(set(names) - truth)}")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="the program, or '-' to measure the others alone")
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every run here")
    parser.add_argument("--skip", default="", help="tasks to leave out, comma-separated")
    parser.add_argument("--assert", dest="hold", action="store_true", help="exit with 1 where a limit does not hold")
    args = parser.parse_args()
    meta = json.loads((args.data / "meta.json").read_text())
    python = [sys.executable, str(Path(__file__).resolve()), "--task"]
    folder = tempfile.TemporaryDirectory()
    places = dict(reference=args.data / "reference.parquet", current=args.data / "current.parquet",
                  baseline=Path(folder.name) / "speed.baseline")
    tasks = {t: [*python, t, str(args.data)] for t in ("import", "read", "read_current")}
    if args.binary != "-":
        for name, template in COMMANDS.items():
            command = [str(Path(args.binary).resolve()), *(a.format(**places) for a in template)]
            if name in WITH_ROLES:
                command += [a for role, column in meta["roles"].items() for a in (f"--{role}", column)]
            tasks[name] = command
    tasks["duckdb_psi"] = [*python, "duckdb_psi", str(args.data)]
    for name in filter(None, args.skip.split(",")):
        tasks.pop(name, None)

    runs = {t: [] for t in tasks}
    measure(tasks["read"])  # once before, so that every round finds the files in the page cache
    for number in range(args.rounds):
        for task, command in tasks.items():
            wall, cpu, peak, code, out, err = measure(command)
            bad = code not in ((0, 1, 3) if task.startswith("check") else (0,))
            runs[task].append(dict(round=number, wall=wall, cpu=cpu, peak=peak, exit=code, failed=bad, load=os.getloadavg()[0],
                                   flagged=None if bad else flagged(task, out)))
            print(f"round {number + 1} {task:15} wall {wall:7.2f} s  cpu {cpu:7.2f} s  peak {peak:7.0f} MiB"
                  + (f"  FAILED {code}: {err.decode(errors='replace').strip()[:200]}" if bad else ""), file=sys.stderr, flush=True)

    truth = set(meta["moved"])
    print(f"\n{meta['rows']:,} rows, {args.rounds} rounds, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; medians\n")
    print("| task | CPU s (min-max) | wall s | peak MiB | CPU against read | wall against read | flagged: of the "
          f"{len(truth)} that moved / others |")
    print("|---|---|---|---|---|---|---|")
    for task, rows in runs.items():
        def against(key):
            return f"{ratio(runs, task, 'read', key):.2f}"
        cpu = [r["cpu"] for r in rows]
        names = rows[-1]["flagged"]
        hits = f"{len(truth & set(names))} / {len(set(names) - truth)}" if names is not None else ""
        print(f"| {task} | {statistics.median(cpu):.2f} ({min(cpu):.2f}-{max(cpu):.2f}) "
              f"| {statistics.median(r['wall'] for r in rows):.2f} | {statistics.median(r['peak'] for r in rows):.0f} "
              f"| {against('cpu')} | {against('wall')} | {hits} |")
    for task, rows in runs.items():
        names = rows[-1]["flagged"]
        if names is not None:
            print(f"\n{task}: missed {sorted(truth - set(names))}, beside {sorted(set(names) - truth)}")
    if args.json:
        args.json.write_text(json.dumps(dict(meta=meta, runs=runs), indent=1) + "\n")
    if args.hold and (wrong := broken(runs, truth)):
        sys.exit("\n" + "\n".join(wrong))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--task":
        print(json.dumps(globals()[f"task_{sys.argv[2]}"](Path(sys.argv[3]))))
    else:
        main()
