# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Makes small corpora of what the tests want in them, with a manifest that fits."""

import hashlib
import json
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"
DATA = ("vectors", "families", "scripts")


def seal(folder, **changes):
    """Writes a manifest for the data files of a folder; those that are missing are made without
    rows. The changes go into the manifest."""
    files = []
    for key in DATA:
        path = folder / f"{key}.json"
        if not path.exists():
            data = json.loads((CORPUS / path.name).read_text())
            path.write_text(json.dumps({**data, key: []}))
        text = path.read_bytes()
        files.append({"name": path.name, "sha256": hashlib.sha256(text).hexdigest(),
                      "count": len(json.loads(text)[key])})
    manifest = {"schema": "devfd-corpus/1", "version": "0.1", "files": files, **changes}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
