"""Runs `milscope tiles` on one slide. A slide without tissue, or that cannot be read, gets an index without slides."""
import json
import subprocess
from pathlib import Path


def main() -> None:
    params, out = snakemake.params, Path(snakemake.output[0])  # noqa: F821 (given by Snakemake)
    command = ["node", str(params.program), "tiles", snakemake.input.slide, "--model", params.model,  # noqa: F821
               "--out", str(out.parent), "--json"]
    if params.mpp:
        command += ["--mpp", str(params.mpp)]
    with open(snakemake.log[0], "w", encoding="utf-8") as log:  # noqa: F821
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
        if done.returncode == 0:
            return
        try:
            error = json.loads(done.stdout)["error"]
        except (ValueError, KeyError):
            error = {"code": "internal", "message": f"exit code {done.returncode}: {done.stdout[:500]!r}"}
        log.write(json.dumps(error) + "\n")
    # `tiles` answers a folder that gave no tiles at all with `usage`.
    if error["code"] != "usage" and not error["code"].startswith(("slide/", "bag/")):
        raise SystemExit(1)
    out.write_text(json.dumps({"formatVersion": 1, "slides": [], "failed": [error]}) + "\n", encoding="utf-8")


main()
