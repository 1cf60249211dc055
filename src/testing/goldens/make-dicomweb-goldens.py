"""Prints dicomweb.json: what pydicom says of the DICOM files in a folder, as the JSON of PS3.18 annex F, without pixel data.

See make-dicomweb-goldens.sh. (Debian: python3-pydicom)
"""

import json
import os
import sys

import pydicom

folder = sys.argv[1]
instances = {}
for name in sorted(os.listdir(folder)):
    dataset = pydicom.dcmread(os.path.join(folder, name), stop_before_pixels=True)
    instances[name] = dataset.to_json_dict(bulk_data_threshold=2**20)
print(json.dumps({"pydicom": pydicom.__version__, "instances": instances}, indent=1))
