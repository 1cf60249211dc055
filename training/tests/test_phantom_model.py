"""What the one command writes into the card of its model."""
import unittest

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

from card import interval_words, spread_of
from metrics import Interval
from phantom_model import card_section

REPORT = {
    "counts": {"evaluated": 39, "failed": 1}, "scopes": {"inside": 38, "outside": 1, "unmeasured": 0},
    "auroc": {"value": 0.9876, "interval": {"low": 0.95, "high": 1.0, "method": "DeLong"}},
    "atThreshold": {"confusion": {"truePositive": 18, "trueNegative": 17, "falsePositive": 2, "falseNegative": 2},
                    "sensitivity": {"value": 0.9}, "specificity": {"value": 0.8947}},
    "maps": {"slides": 20, "maps": [{"name": "attention", "mean": 0.97, "standardError": 0.01}, {"name": "contribution", "mean": 0.9}]},
}


class CardSection(unittest.TestCase):
    def test_says_what_was_found(self):
        text = card_section(REPORT, 40)
        for words in ("## On 40 phantoms of another seed", "--slides 40 --seed 2", "AUROC 0.988 (95 % interval 0.950–1.000, DeLong)", "35 of 39 called right",
                      "sensitivity 0.900, specificity 0.895; 1 of 39 outside its scope", "1 slides failed", "over 20 malignant slides", "| attention | 0.970 ± 0.010 |"):
            self.assertIn(words, text)

    def test_says_how_sure_a_perfect_result_is(self):
        report = {**REPORT, "auroc": {"value": 1.0, "interval": {"low": 0.8987, "high": 1.0, "method": "Newcombe 2006, method 5"}}}
        self.assertIn("AUROC 1.000 (95 % interval 0.899–1.000, Newcombe 2006, method 5)", card_section(report, 40))

    def test_without_masks_says_nothing_of_maps(self):
        self.assertNotIn("AUROC of each map", card_section({**REPORT, "maps": None}, 40))


class Words(unittest.TestCase):
    def test_no_interval_reads_as_if_it_had_no_width(self):
        self.assertEqual(interval_words(Interval(0.99962, 1.0, "newcombe")), "95 % interval 0.9996–1.0000, Newcombe 2006, method 5")
        self.assertEqual(interval_words(Interval(0.8721, 1.0, "bootstrap")), "95 % interval 0.872–1.000, bootstrap")
        self.assertEqual(spread_of([1.0, 1.0, 1.0], [1, 2, 3]), "1.000 with each of the seeds 1, 2, 3")
        self.assertIn("95 % interval of the mean 0.913–1.000", spread_of([1.0, 0.985, 0.949], [4, 1, 2]))


if __name__ == "__main__":
    unittest.main()
