"""Validates every shipped profile against the schema that is published beside it.

usage: validate_profiles.py FOLDER; exits 77 when python3-jsonschema is not installed.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
schema = json.loads(next(folder.glob("*.schema.json")).read_text())
validator_class = jsonschema.validators.validator_for(schema)
validator_class.check_schema(schema)
validator = validator_class(schema)
failed = False
for file in sorted(folder.glob("*.json")):
    if file.name.endswith(".schema.json") or file.name == "compatibility.json":
        continue
    for error in validator.iter_errors(json.loads(file.read_text())):
        print(f"{file.name}: {error.json_path}: {error.message}")
        failed = True
sys.exit(1 if failed else 0)
