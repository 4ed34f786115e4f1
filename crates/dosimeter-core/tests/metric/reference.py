"""The values that the tests of the metrics compare with: scikit-learn's, on data that both sides generate alike.

The generator is a 64-bit LCG and only +, -, *, / and comparisons follow, so the data is equal to the last bit.
"""

import numpy as np
from scipy import stats
from sklearn import metrics as m


class Lcg:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53


def binary(seed, n):
    """Smooth scores, informative, not calibrated."""
    g, rows = Lcg(seed), []
    for _ in range(n):
        x, u = g.next(), g.next()
        rows.append((u < 0.05 + 0.9 * x, x * x * (3 - 2 * x)))
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows])


def discrete(seed, n):
    """Scores in steps of 1/20, few positives."""
    g, rows = Lcg(seed), []
    for _ in range(n):
        x, u = g.next(), g.next()
        rows.append((u < 0.02 + 0.3 * x * x, np.floor(x * 20) / 20))
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows])


SHARES = [0.5, 0.8, 0.95, 1.0]


def multiclass(seed, n):
    """Four classes, unevenly frequent."""
    g, labels, scores = Lcg(seed), [], []
    for _ in range(n):
        u = g.next()
        label = next(k for k, s in enumerate(SHARES) if u < s)
        raw = []
        for k in range(4):
            v = g.next()
            raw.append(v * v + 0.01 + (0.35 if k == label else 0.0))
        total = raw[0] + raw[1] + raw[2] + raw[3]
        labels.append(label)
        scores.append([r / total for r in raw])
    return np.array(labels), np.array(scores)


def regression(seed, n):
    """Skewed labels, errors that grow with them."""
    g, y, p = Lcg(seed), [], []
    for _ in range(n):
        a, b, c = g.next(), g.next(), g.next()
        label = 5 + 100 * a * a + 10 * b
        y.append(label)
        p.append(label + (c - 0.4) * (2 + 0.2 * label))
    return np.array(y), np.array(p)


def ece(y, s):
    bins = np.minimum((s * 10).astype(int), 9)
    return sum(abs((y[bins == b] - s[bins == b]).mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())


def show(name, values):
    print(name)
    for key, value in values.items():
        print(f"    {key}: {float(value)!r}")


def of_binary(y, s):
    p = s >= 0.5
    return {
        "accuracy": m.accuracy_score(y, p),
        "auc": m.roc_auc_score(y, s),
        "average_precision": m.average_precision_score(y, s),
        "log_loss": m.log_loss(y, s),
        "brier": m.brier_score_loss(y, s),
        "precision": m.precision_score(y, p),
        "recall": m.recall_score(y, p),
        "f1": m.f1_score(y, p),
        "specificity": m.recall_score(~y, ~p),
        "mcc": m.matthews_corrcoef(y, p),
        "ece": ece(y, s),
    }


def main():
    y, s = binary(1, 50_000)
    show("binary(1, 50000)", of_binary(y, s))
    y, s = discrete(2, 3_000)
    show("discrete(2, 3000)", of_binary(y, s))

    y, s = multiclass(3, 4_000)
    p = s.argmax(axis=1)
    both = dict(average="macro", zero_division=0)
    onehot = np.eye(4)[y]
    cm = m.confusion_matrix(y, p)
    fp, tn = cm.sum(0) - cm.diagonal(), cm.sum() - cm.sum(0) - cm.sum(1) + cm.diagonal()
    show("multiclass(3, 4000)", {
        "accuracy": m.accuracy_score(y, p),
        "auc": m.roc_auc_score(y, s, multi_class="ovr", average="macro"),
        "log_loss": m.log_loss(y, s),
        "brier": m.brier_score_loss(y, s),
        "precision": m.precision_score(y, p, **both),
        "recall": m.recall_score(y, p, **both),
        "f1": m.f1_score(y, p, **both),
        "specificity": (tn / (tn + fp)).mean(),
        "mcc": m.matthews_corrcoef(y, p),
        "ece": ece(y == p, s.max(axis=1)),
    })
    show("    per class", {f"f1 {k}": v for k, v in enumerate(m.f1_score(y, p, average=None))}
         | {f"auc {k}": m.roc_auc_score(onehot[:, k], s[:, k]) for k in range(4)})

    y, p = regression(4, 3_000)
    show("regression(4, 3000)", {
        "mae": m.mean_absolute_error(y, p),
        "rmse": m.root_mean_squared_error(y, p),
        "mape": m.mean_absolute_percentage_error(y, p),
        "rmsle": m.root_mean_squared_log_error(y, p),
        "bias": (p - y).mean(),
        "r2": m.r2_score(y, p),
    })
    y[7] = 0.0
    show("regression(4, 3000) with a label of 0", {"mape": m.mean_absolute_percentage_error(y, p)})

    (y, s), (z, t) = discrete(5, 3_000), discrete(6, 2_000)
    t = t * t
    a, b = stats.ks_2samp(s[y], t[z], method="asymp"), stats.ks_2samp(s[~y], t[~z], method="asymp")
    show("discrete(5, 3000) against discrete(6, 2000) squared", {
        "positives d": a.statistic, "positives p": a.pvalue, "negatives d": b.statistic})


if __name__ == "__main__":
    main()
