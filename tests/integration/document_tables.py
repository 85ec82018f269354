# SPDX-License-Identifier: Apache-2.0
"""document_tables: the tables of a document, for tests that run what it says cell by cell."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows_of(block):
    """The rows of one table, each a list of its cells' texts; the line of dashes is left out."""
    lines = [line.strip().strip("|") for line in block.splitlines()]
    return [[cell.strip() for cell in line.split("|")] for number, line in enumerate(lines)
            if number != 1]


def table(page, first_heading):
    """The table whose first column is headed so: {(row, column): text}."""
    text = (ROOT / page).read_text()
    for block in re.findall(r"^\|.*?\|\n(?!\|)", text, re.M | re.S):
        heading, *rows = rows_of(block)
        if heading[0] == first_heading:
            return {(row[0], column): cell for row in rows
                    for column, cell in zip(heading[1:], row[1:])}
    raise AssertionError(f"{page} has no table that begins with '{first_heading}'")
