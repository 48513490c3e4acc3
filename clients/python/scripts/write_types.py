"""Writes src/spend_ledger/_types.py from the server's OpenAPI document.

python scripts/write_types.py [URL or file] [--check]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
TARGET = PACKAGE / "src/spend_ledger/_types.py"
DOCUMENT = PACKAGE / "../../libs/wire/openapi.json"
MONEY_OUT = r"^-?(0|[1-9]\d*)\.(\d{2}|\d{2,11}[1-9])$"
HEADER = '"""The shapes of the API. Written by scripts/write_types.py from the OpenAPI document: do not edit."""'
OPTIONS = [
    *(
        "--input-file-type",
        "openapi",
        "--output-model-type",
        "dataclasses.dataclass",
        "--target-python-version",
        "3.10",
    ),
    *(
        "--base-class",
        "spend_ledger._answers.Answer",
        "--output-datetime-class",
        "datetime",
        "--enum-field-as-literal",
        "all",
    ),
    *(
        "--snake-case-field",
        "--keyword-only",
        "--frozen-dataclasses",
        "--collapse-root-models",
        "--use-union-operator",
        "--use-standard-collections",
    ),
    *("--disable-timestamp", "--custom-file-header", HEADER, "--formatters", "builtin"),
]


def types(document: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "_types.py")
        source.write_text(json.dumps(with_decimals(for_clients(document))))
        run(
            [
                sys.executable,
                "-m",
                "datamodel_code_generator",
                "--input",
                str(source),
                "--output",
                str(target),
                *OPTIONS,
            ]
        )
        ruff = [sys.executable, "-m", "ruff"]
        settings = ["--quiet", "--config", str(PACKAGE / "pyproject.toml"), str(target)]
        run([*ruff, "check", "--fix", "--select", "I,UP", *settings])
        run([*ruff, "format", *settings])
        return target.read_text()


def for_clients(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the shapes that only people read, in a console, and without the doors that answer them."""
    schemas = document["components"]["schemas"]
    kept = {name: schema for name, schema in schemas.items() if not schema.get("x-console")}
    return {**document, "paths": {}, "components": {**document["components"], "schemas": kept}}


def with_decimals(part: Any) -> Any:
    """Money that goes out is a string with a pattern in the document: its Python type is Decimal."""
    if isinstance(part, list):
        return [with_decimals(each) for each in part]
    if not isinstance(part, dict):
        return part
    more = {"format": "decimal"} if part.get("pattern") == MONEY_OUT else {}
    return {**{name: with_decimals(each) for name, each in part.items() if not (more and name == "pattern")}, **more}


def read(place: str) -> dict[str, Any]:
    if place.startswith(("http://", "https://")):
        with urllib.request.urlopen(place, timeout=30) as answer:
            document: dict[str, Any] = json.load(answer)
            return document
    document = json.loads(Path(place).read_text())
    return document


def run(command: list[str]) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    places = [word for word in sys.argv[1:] if word != "--check"]
    written = types(read(places[0] if places else str(DOCUMENT)))
    if "--check" not in sys.argv:
        TARGET.write_text(written)
    elif written != TARGET.read_text():
        sys.exit("The types differ from the OpenAPI document. Run: python scripts/write_types.py")
