"""Does a check name the one fault that each case has, and nothing else?

    python bench/run_faults.py BINARY CASES [--only TEXT] [--json OUT.json] [--jobs N] [--assert]

CASES is what `faults.py` wrote. Runs `BINARY check --reference R --current C --format json` with the roles of the case,
and prints one line per case, then a summary per fault:

  found     a finding of an expected kind about the column; `kind` otherwise shows the best that was said of that column
  rank      its place in the list of findings, 1 is first
  alone     how many other findings about form, categories or inputs are not harmless: 0 is right, since the tables have no
            drift of their own
  map       for a unit: whether the stated scale and offset are within 2 % of the truth
  onset     rows between the stated onset and the true one (cases that start in the middle)

--assert: exit code 1, and a line for each, where one of FLOORS does not hold, a case failed, or the case without a fault is
not silent.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

FLAGS = {"id": "--id", "time": "--time", "score": "--score", "prediction": "--prediction", "label": "--label"}
ABOUT_INPUTS = {"schema_change", "category_shift", "data_drift"}
# What --assert holds, as shares of all cases (of those with a map for `maps_ok`). Raise them when the program gets better.
FLOORS = {"found": 0.97, "exact": 0.91, "first": 0.96, "alone": 0.99, "maps_ok": 0.98}
ABOUT_NO_COLUMN = {"labels_stopped", "predictions_stopped", "volume_changed"}  # of the feed: they need not name a column


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def onset_rows(truth, finding, current):
    """Rows between the true and the stated onset; None where none is stated."""
    onset = finding.get("onset") or {}
    if onset.get("row") is not None:
        return abs(onset["row"] - truth["onset_row"])
    if onset.get("at") is None:
        return None
    column = pq.read_table(current, columns=[truth["roles"]["time"]])[0]
    stated = moment(onset["at"]).replace(tzinfo=None)
    return abs(int(pc.sum(pc.less(column, stated)).as_py() or 0) - truth["onset_row"])


def map_right(truth, finding):
    want, got = truth["detail"].get("map"), (finding.get("detail") or {}).get("map")
    if not want or not got or got.get("scale") is None:
        return None
    scale, offset = got["scale"], got.get("offset") or 0.0
    near = abs(scale / want["scale"] - 1) < 0.02
    return near and abs(offset - want["offset"]) < 0.02 * max(abs(want["offset"]), abs(want["scale"]))


def name_in(kinds, finding):
    """The expected name that the finding bears, its kind or its mode; None where it bears none."""
    return next((n for n in (finding.get("kind"), finding["mode"]) if n in kinds), None)


def judge(truth, result, current):
    """One row of the table."""
    findings = result["findings"]
    columns, kinds = set(truth["columns"]), truth["kinds"]
    numbered = list(enumerate(findings, 1))
    about = [(i, f) for i, f in numbered if columns & set((f.get("subject") or {}).get("columns") or [])
             or (f.get("kind") in kinds and f["kind"] in ABOUT_NO_COLUMN)]
    named = [(i, f) for i, f in about if name_in(kinds, f)]
    named.sort(key=lambda x: (kinds.index(name_in(kinds, x[1])), x[0]))
    hit = named[0] if named else None
    others = [f for i, f in numbered if f["mode"] in ABOUT_INPUTS and f["severity"] != "harmless"
              and not (hit and i == hit[0])]
    loud = [f for f in findings if f["severity"] != "harmless"]
    quiet = truth["quiet_ok"] and not loud
    said = hit or (about[0] if about else None)
    return dict(found=bool(hit) or quiet, quiet=bool(quiet and not hit), exact=bool(hit and name_in(kinds, hit[1]) == kinds[0]),
                kind=(said[1].get("kind") or said[1]["mode"]) if said else "-", severity=said[1]["severity"] if said else "-",
                rank=hit[0] if hit else None, others=len(others),
                other_names=[f"{f.get('kind') or f['mode']}({','.join((f.get('subject') or {}).get('columns') or [])})" for f in others],
                map=map_right(truth, hit[1]) if hit else None,
                onset=onset_rows(truth, hit[1], current) if hit and truth["onset"] == "middle" else None,
                verdict=result["verdict"])


def run(binary, folder):
    truth = json.loads((folder / "truth.json").read_text())
    current = folder / "current.parquet"
    command = [binary, "check", "--reference", str(folder / "reference.parquet"), "--current", str(current), "--format", "json"]
    for role, column in truth["roles"].items():
        command += [FLAGS[role], column]
    begun = time.monotonic()
    try:
        p = subprocess.run(command, capture_output=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return dict(case=str(folder), truth=truth, seconds=600.0, error="timeout")
    row = dict(case=str(folder), truth=truth, seconds=time.monotonic() - begun, exit=p.returncode)
    try:
        if p.returncode not in (0, 1, 3):
            raise ValueError(p.stderr.decode(errors="replace").strip()[:300] or f"exit code {p.returncode}")
        row |= judge(truth, json.loads(p.stdout), current)
    except (ValueError, KeyError, TypeError) as e:
        row["error"] = f"{type(e).__name__}: {e}"
    return row


def line(r):
    t = r["truth"]
    name = f"{t['table'][:10]:10} {Path(r['case']).name[:44]:44}"
    if "error" in r:
        return f"{name} ERROR {r['error'][:120]}"
    found = "quiet" if r["quiet"] else "yes" if r["found"] else "NO"
    extra = "".join([f" map={'ok' if r['map'] else 'WRONG'}" if r["map"] is not None else "",
                     f" onset±{r['onset']}" if r["onset"] is not None else ""])
    return (f"{name} {found:5} {r['kind'][:22]:22} {r['severity'][:8]:8} rank {str(r['rank'] or '-'):>3} others {r['others']:>3}"
            f" {r['verdict'][:8]:8} {r['seconds']:6.2f}s{extra}" + (f"  + {' '.join(r['other_names'][:4])}" if r["others"] else ""))


def summary(rows):
    groups = defaultdict(list)
    for r in rows:
        groups[r["truth"]["fault"]].append(r)
    print(f"\n{'fault':34} {'cases':>5} {'found':>6} {'exact':>6} {'first':>6} {'alone':>6} {'map ok':>8} {'errors':>6}")
    total = defaultdict(int)
    for fault, g in sorted(groups.items()):
        ok = [r for r in g if "error" not in r]
        counts = dict(cases=len(g), found=sum(r["found"] for r in ok), exact=sum(r["exact"] for r in ok),
                      first=sum(r["rank"] == 1 for r in ok), alone=sum(r["others"] == 0 for r in ok),
                      maps=sum(r["map"] is not None for r in ok), maps_ok=sum(bool(r["map"]) for r in ok), errors=len(g) - len(ok))
        for k, v in counts.items():
            total[k] += v
        print(summary_line(fault, counts))
    print(summary_line("all", total))
    return total


def broken(rows, total):
    """What does not hold, a line each."""
    out = []
    for name, floor in FLOORS.items():
        of = total["maps" if name == "maps_ok" else "cases"]
        if total[name] < floor * of:
            out.append(f"{name}: {total[name]} of {of}, under {floor:.0%}")
    if total["errors"]:
        out.append(f"{total['errors']} cases failed")
    out += [f"{r['case']}: no fault, and not silent" for r in rows
            if r["truth"]["fault"] == "none" and "error" not in r and not (r["quiet"] and r["others"] == 0)]
    return out


def summary_line(name, c):
    maps = f"{c['maps_ok']}/{c['maps']}" if c["maps"] else "-"
    return (f"{name[:34]:34} {c['cases']:>5} {c['found']:>6} {c['exact']:>6} {c['first']:>6} {c['alone']:>6} {maps:>8} "
            f"{c['errors']:>6}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=lambda p: str(Path(p).resolve()))
    parser.add_argument("cases", type=Path)
    parser.add_argument("--only", default="", help="cases whose path contains one of these texts, comma-separated")
    parser.add_argument("--jobs", type=int, default=1, help="side by side; seconds are then not to be trusted")
    parser.add_argument("--json", type=Path, help="write every row here too")
    parser.add_argument("--assert", dest="hold", action="store_true", help="exit with 1 where a floor does not hold")
    args = parser.parse_args()
    folders = sorted(p.parent for p in args.cases.glob("**/truth.json"))
    folders = [f for f in folders if any(o in str(f) for o in args.only.split(","))]
    if not folders:
        sys.exit(f"no cases in {args.cases}")
    rows = []
    with ThreadPoolExecutor(args.jobs) as pool:
        for r in pool.map(lambda f: run(args.binary, f), folders):
            rows.append(r)
            print(line(r), flush=True)
    total = summary(rows)
    if args.json:
        partial = args.json.with_suffix(".part")
        partial.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        os.replace(partial, args.json)
    if args.hold and (wrong := broken(rows, total)):
        sys.exit("\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
