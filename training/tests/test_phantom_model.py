"""What the one command writes into the card of its model."""
import unittest

from context import TRAINING  # noqa: F401  first: it skips the module where torch is absent

from phantom_model import card_section

REPORT = {
    "counts": {"evaluated": 39, "failed": 1},
    "auroc": {"value": 0.9876, "deLong": {"ci95": {"low": 0.95, "high": 1.0}}},
    "atThreshold": {"confusion": {"truePositive": 18, "trueNegative": 17, "falsePositive": 2, "falseNegative": 2},
                    "sensitivity": {"value": 0.9}, "specificity": {"value": 0.8947}},
    "maps": {"slides": 20, "maps": [{"name": "attention", "mean": 0.97, "standardError": 0.01}, {"name": "contribution", "mean": 0.9}]},
}


class CardSection(unittest.TestCase):
    def test_says_what_was_found(self):
        text = card_section(REPORT, 40)
        for words in ("## On 40 phantoms of another seed", "--slides 40 --seed 2", "AUROC 0.988 (95 % 0.950–1.000)", "35 of 39 called right",
                      "sensitivity 0.900, specificity 0.895", "1 slides failed", "over 20 malignant slides", "| attention | 0.970 ± 0.010 |"):
            self.assertIn(words, text)

    def test_without_masks_says_nothing_of_maps(self):
        self.assertNotIn("AUROC of each map", card_section({**REPORT, "maps": None}, 40))


if __name__ == "__main__":
    unittest.main()
