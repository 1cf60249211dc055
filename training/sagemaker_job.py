#!/usr/bin/env python3
"""Describes a SageMaker training job for train.py, and starts it only with --launch (needs an account and the `sagemaker` SDK v2).

    sagemaker_job.py --training s3://BUCKET/shards --role ROLE_ARN --instances 2

Without --launch the description is printed as JSON; nothing is contacted. The article set
`smdistributed: {dataparallel: ...}` with its own torch API, which Amazon deprecated in February 2022 (SMDDP 1.4.0);
today's way is `torch_distributed`: SageMaker starts torchrun, and train.py is plain DistributedDataParallel."""
import argparse
import json
from pathlib import Path
from typing import Dict, List

# Accelerators an instance has: that many ranks run on it. One rank on an instance without one.
GPUS = {"ml.g4dn.xlarge": 1, "ml.g4dn.12xlarge": 4, "ml.g5.xlarge": 1, "ml.g5.12xlarge": 4, "ml.g5.48xlarge": 8,
        "ml.p4d.24xlarge": 8, "ml.c5.2xlarge": 0}


def job_description(training: str, role: str, recipe: str, instances: int, instance_type: str, hyperparameters: Dict[str, str],
                    bags: int = 0) -> dict:
    """`estimator`: the arguments of sagemaker.pytorch.PyTorch; `inputs`: those of its fit(); `ranks` and what follows from them."""
    if instance_type not in GPUS:
        raise ValueError(f"unknown instance type {instance_type}; known are {', '.join(GPUS)}")
    if instances < 1:
        raise ValueError("at least one instance")
    ranks = instances * max(1, GPUS[instance_type])
    description = {
        "estimator": {
            "base_job_name": f"milscope-{recipe}",
            "source_dir": str(Path(__file__).resolve().parent.name),
            "entry_point": "train.py",
            "role": role,
            "framework_version": "2.4.0",
            "py_version": "py311",
            "instance_count": instances,
            "instance_type": instance_type,
            "volume_size": 40,
            "distribution": {"torch_distributed": {"enabled": True}},
            "hyperparameters": {"recipe": recipe, **hyperparameters},
        },
        "inputs": {"training": training},
        "ranks": ranks,
    }
    if bags:
        description["stepsPerEpochOfOneBagEach"] = -(-bags // ranks)
    return description


def parse_pairs(pairs: List[str]) -> Dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise SystemExit(f"--set wants NAME=VALUE, not {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--training", required=True, help="s3:// folder with index.json and the shards")
    parser.add_argument("--role", required=True)
    parser.add_argument("--recipe", default="seed")
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--instance-type", default="ml.g5.12xlarge")
    parser.add_argument("--bags", type=int, default=0, help="training slides, to print the steps an epoch")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="further arguments of train.py")
    parser.add_argument("--launch", action="store_true")
    args = parser.parse_args()
    description = job_description(args.training, args.role, args.recipe, args.instances, args.instance_type,
                                  parse_pairs(args.set), args.bags)
    print(json.dumps(description, indent=2))
    if args.launch:
        from sagemaker.pytorch import PyTorch  # only here: printing and testing need no SDK

        settings = dict(description["estimator"], source_dir=str(Path(__file__).resolve().parent))
        PyTorch(**settings).fit(description["inputs"])


if __name__ == "__main__":
    main()
