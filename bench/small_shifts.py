"""How soon is a small shift that stays seen, at one rate of false alarms?

    python bench/small_shifts.py [--runs 2000] [--seed 1]

Windows are standardised deviations: normal, of variance 1, after each of which one looks. Every rule is first set so that it
raises a false alarm in 5 % of histories of 90 windows without a shift (by simulation, one number per rule); then a step or a
ramp begins at window 20 and the windows until the alarm are counted.

  single     the window just seen, by itself
  parts      the program's: all windows so far, their last half, quarter and so on, and every single window
  cusum k    two-sided, with drift k standard deviations (Page 1954)
  e-process  the mixture martingale exp(r^2 S^2 / 2 / (1 + r^2 n)) / sqrt(1 + r^2 n) of the sum since each window (restarted: the
             largest over all starts; Robbins 1970)
"""

import argparse

import numpy as np

WINDOWS, ONSET, RATE = 90, 20, 0.05


def single(z):
    return np.abs(z)


def parts(z):
    runs, n = z.shape
    sums = np.concatenate([np.zeros((runs, 1)), np.cumsum(z, 1)], 1)
    out = np.empty_like(z)
    largest = np.maximum.accumulate(np.abs(z), 1)
    for t in range(1, n + 1):
        length, best, tried = t, np.zeros(runs), 0
        while True:
            best = np.maximum(best, np.abs(sums[:, t] - sums[:, t - length]) / np.sqrt(length))
            tried += 1
            if length < 4:
                break
            length //= 2
        # The smaller of two p-values, each times what was tried, in units of -log p: one number for both kinds.
        log_p = lambda x, count: np.maximum(x * x / 2 + np.log(np.maximum(x, 1)) - np.log(count), 0)
        out[:, t - 1] = np.maximum(log_p(best, tried), log_p(largest[:, t - 1], t))
    return out


def cusum(k):
    def run(z):
        up = down = np.zeros(len(z))
        out = np.empty_like(z)
        for t in range(z.shape[1]):
            up, down = np.maximum(0, up + z[:, t] - k), np.maximum(0, down - z[:, t] - k)
            out[:, t] = np.maximum(up, down)
        return out
    return run


def e_process(r):
    def run(z):
        sums = np.concatenate([np.zeros((len(z), 1)), np.cumsum(z, 1)], 1)
        out = np.empty_like(z)
        for t in range(1, z.shape[1] + 1):
            n = t - np.arange(t)
            s = sums[:, [t]] - sums[:, :t]
            out[:, t - 1] = (r * r * s * s / 2 / (1 + r * r * n) - np.log(1 + r * r * n) / 2).max(1)
        return out
    return run


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--runs", type=int, default=2000)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rng = np.random.default_rng(a.seed)
    rules = {"single": single, "parts": parts, "cusum 0.25": cusum(0.25), "cusum 0.5": cusum(0.5), "e-process": e_process(0.5)}
    null = rng.normal(size=(a.runs, WINDOWS))
    limits = {name: np.quantile(rule(null).max(1), 1 - RATE) for name, rule in rules.items()}
    check = rng.normal(size=(a.runs, WINDOWS))
    print(f"{'shift from window 20 on':28s}" + "".join(f"{n:>22s}" for n in rules))
    print(f"{'none: share of histories':28s}" + "".join(f"{(rule(check) > limits[n]).any(1).mean():22.3f}" for n, rule in rules.items()))
    after = np.arange(WINDOWS - ONSET)
    shapes = {f"step of {d} sd": np.where(after >= 0, d, 0.0) for d in (0.5, 0.75, 1.0, 1.5, 2.0, 3.0)}
    shapes |= {f"ramp of {s} sd a window": s * (after + 1) for s in (0.02, 0.05, 0.1)}
    for name, shape in shapes.items():
        z = rng.normal(size=(a.runs, WINDOWS))
        z[:, ONSET:] += shape
        cells = []
        for n, rule in rules.items():
            loud = rule(z) > limits[n]
            healthy = ~loud[:, :ONSET].any(1)
            late = loud[healthy][:, ONSET:]
            found, delay = late.any(1), late.argmax(1) + 1
            cells.append(f"{np.median(np.where(found, delay, WINDOWS)):9.0f} ({100 * found.mean():3.0f} %)")
        print(f"{name:28s}" + "".join(f"{c:>22s}" for c in cells), flush=True)
    print("median windows to the alarm (share of histories in which it comes at all)")


if __name__ == "__main__":
    main()
