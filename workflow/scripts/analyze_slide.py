"""Runs `milscope analyze` on one slide and keeps what it printed: a prediction, or the slide's own error.

An error of the machine (no model, no memory, a crash, a signal) fails the job instead, so that the engine tries again."""
import json
import os
import subprocess
from pathlib import Path

# Codes that a second try on another machine would give again.
OF_THE_SLIDE = ("slide/", "bag/")


def main() -> None:
    params, out = snakemake.params, Path(snakemake.output[0])  # noqa: F821 (given by Snakemake)
    command = ["node", str(params.program), "analyze", snakemake.input.slide, "--model", params.model, "--json"]  # noqa: F821
    if params.mpp:
        command += ["--mpp", str(params.mpp)]
    with open(snakemake.log[0], "w", encoding="utf-8") as log:  # noqa: F821
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
        try:
            result = json.loads(done.stdout)
        except ValueError:
            log.write(f"exit code {done.returncode}, no JSON: {done.stdout[:500]!r}\n")
            raise SystemExit(1)
        if "error" in result and not result["error"]["code"].startswith(OF_THE_SLIDE):
            log.write(json.dumps(result["error"]) + "\n")
            raise SystemExit(1)
    # Whole or not at all, also where the engine is killed while this is written.
    part = Path(f"{out}.part")
    part.write_text(json.dumps(result) + "\n", encoding="utf-8")
    os.replace(part, out)


main()
