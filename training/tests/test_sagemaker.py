"""The SageMaker job's description, without an account and without the SDK."""
import json
import subprocess
import sys
import unittest

from context import TRAINING
from sagemaker_job import job_description


class Job(unittest.TestCase):
    def test_description_uses_torchrun_and_not_the_deprecated_api(self) -> None:
        job = job_description("s3://bucket/shards", "arn:role", "seed", 2, "ml.g5.12xlarge", {"seed": "3"}, bags=624)
        self.assertEqual(job["estimator"]["distribution"], {"torch_distributed": {"enabled": True}})
        self.assertNotIn("smdistributed", json.dumps(job))
        self.assertEqual(job["estimator"]["hyperparameters"], {"recipe": "seed", "seed": "3"})
        self.assertTrue((TRAINING / job["estimator"]["entry_point"]).exists())
        self.assertEqual(job["inputs"], {"training": "s3://bucket/shards"})
        # The article's 624 slides: 8 ranks leave 78 steps an epoch, where one rank has 624.
        self.assertEqual((job["ranks"], job["stepsPerEpochOfOneBagEach"]), (8, 78))

    def test_its_hyperparameters_are_arguments_of_train(self) -> None:
        job = job_description("s3://bucket/shards", "arn:role", "seed", 1, "ml.g5.xlarge", {"epochs": "3"})
        given = [part for name, value in job["estimator"]["hyperparameters"].items() for part in (f"--{name}", value)]
        # SageMaker names the folders in the environment; here they are missing, and everything else must parse.
        done = subprocess.run([sys.executable, str(TRAINING / "train.py"), *given], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
        self.assertIn("SM_CHANNEL_TRAINING", done.stderr)
        self.assertNotIn("unrecognized", done.stderr)

    def test_unknown_instances_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "unknown instance type"):
            job_description("s3://b", "r", "seed", 1, "ml.unknown", {})
        with self.assertRaisesRegex(ValueError, "at least one"):
            job_description("s3://b", "r", "seed", 0, "ml.g5.xlarge", {})

    def test_prints_and_contacts_nothing_without_launch(self) -> None:
        done = subprocess.run([sys.executable, str(TRAINING / "sagemaker_job.py"), "--training", "s3://b/x", "--role", "r", "--set", "epochs=2"],
                              capture_output=True, text=True, check=True)
        self.assertEqual(json.loads(done.stdout)["estimator"]["hyperparameters"]["epochs"], "2")


if __name__ == "__main__":
    unittest.main()
