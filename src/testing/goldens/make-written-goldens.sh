#!/bin/sh
# Writes written.json: what OpenSlide says of the slides that src/testing/written makes. Run in the repository root.
# (Debian: python3-openslide)
set -e
dir=$(mktemp -d)
MILSCOPE_WRITE_TO="$dir" npx vitest run src/slide/written.test.ts || true
/usr/bin/python3 src/testing/goldens/make-written-goldens.py "$dir" > "$dir.json"
mv "$dir.json" src/testing/goldens/written.json
npx biome format --write src/testing/goldens/written.json
rm -r "$dir"
