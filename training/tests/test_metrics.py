"""The figures against scikit-learn, where it is installed, and against cases done by hand."""
import json
import unittest

from context import REPOSITORY  # first: it finds the modules

import numpy as np

from metrics import auroc, auroc_interval, bootstrap_auroc, fit_temperature, fit_threshold, log_loss, newcombe_auroc, sigmoid, summary

try:
    from sklearn import metrics as sklearn
except ImportError:
    sklearn = None


class Figures(unittest.TestCase):
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 2, 60)
    logits = np.round(3 * rng.normal(labels * 2 - 1, 1), 1)  # rounded, so that there are ties

    @unittest.skipIf(sklearn is None, "no scikit-learn")
    def test_equal_scikit_learns(self) -> None:
        p = sigmoid(self.logits)
        figures = summary(self.labels, p, 0.5)
        self.assertAlmostEqual(figures["auroc"], sklearn.roc_auc_score(self.labels, p), places=12)
        self.assertAlmostEqual(figures["log_loss"], sklearn.log_loss(self.labels, p), places=12)
        self.assertAlmostEqual(figures["brier"], sklearn.brier_score_loss(self.labels, p), places=12)
        self.assertAlmostEqual(figures["sensitivity"], sklearn.recall_score(self.labels, p >= 0.5), places=12)

    def test_auroc_by_hand(self) -> None:
        self.assertEqual(auroc([0, 1, 0, 1], [1, 2, 3, 4]), 0.75)
        self.assertEqual(auroc([0, 1], [1, 1]), 0.5)
        self.assertTrue(np.isnan(auroc([1, 1], [1, 2])))

    def test_interval_holds_the_value_and_narrows(self) -> None:
        low, high = bootstrap_auroc(self.labels, self.logits, draws=500)
        self.assertTrue(low < auroc(self.labels, self.logits) < high)
        low4, high4 = bootstrap_auroc(np.tile(self.labels, 4), np.tile(self.logits, 4), draws=500)
        self.assertLess(high4 - low4, 0.7 * (high - low))

    def test_interval_of_a_perfect_figure_is_newcombes(self) -> None:
        # 20 against 20: the published .899; the others are those of src/evaluation/goldens/metrics.json.
        golden = json.loads((REPOSITORY / "src" / "evaluation" / "goldens" / "metrics.json").read_text(encoding="utf-8"))
        for positives, negatives, low, high in golden["inOrder"]:
            found = newcombe_auroc(1.0, positives, negatives)
            self.assertAlmostEqual(found.low, low, places=9)
            self.assertEqual(found.high, high)
            self.assertAlmostEqual(newcombe_auroc(0.0, positives, negatives).high, 1 - low, places=9)
        labels = np.repeat([0, 1], 20)
        found = auroc_interval(labels, labels + np.linspace(0, 0.5, 40))
        self.assertEqual((f"{found.low:.3f}", found.high, found.method), ("0.899", 1.0, "newcombe"))
        for case in golden["cases"]:
            found = newcombe_auroc(case["auroc"], sum(case["labels"]), len(case["labels"]) - sum(case["labels"]))
            np.testing.assert_allclose(found[:2], case["newcombe"], atol=1e-9)

    def test_interval_is_the_bootstraps_unless_it_has_no_width(self) -> None:
        self.assertEqual(auroc_interval(self.labels, self.logits), (*bootstrap_auroc(self.labels, self.logits), "bootstrap"))
        tied = auroc_interval([0, 0, 1, 1], [1, 1, 1, 1])
        self.assertEqual(tied.method, "newcombe")
        self.assertTrue(tied.low < 0.5 < tied.high)

    def test_temperature_is_the_least_log_loss(self) -> None:
        t = fit_temperature(self.labels, self.logits)
        best = log_loss(self.labels, sigmoid(self.logits / t))
        for other in (t * 0.98, t * 1.02, 1.0):
            self.assertLessEqual(best, log_loss(self.labels, sigmoid(self.logits / other)))
        self.assertEqual(fit_temperature([0, 1], [-1.0, 0.5]), 1.0)

    def test_threshold(self) -> None:
        self.assertAlmostEqual(fit_threshold([0, 0, 1, 1], [0.1, 0.3, 0.7, 0.9]), 0.5)
        self.assertAlmostEqual(fit_threshold([0, 0, 1, 1], [0.7, 0.8, 0.9, 0.95]), 0.85)


if __name__ == "__main__":
    unittest.main()
