#!/bin/sh
# Writes dicomweb.json: pydicom's JSON of the series that src/testing/written/dicom-series.ts makes. Run in the repository root.
# (Debian: python3-pydicom)
set -e
dir=$(mktemp -d)
MILSCOPE_WRITE_TO="$dir" npx vitest run src/testing/dicom-json.test.ts || true
/usr/bin/python3 src/testing/goldens/make-dicomweb-goldens.py "$dir" > "$dir.json"
mv "$dir.json" src/testing/goldens/dicomweb.json
rm -r "$dir"
