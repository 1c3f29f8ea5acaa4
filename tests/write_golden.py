"""Writes the golden reports again: `python -m tests.write_golden`, then read the difference."""

from __future__ import annotations

from pathlib import Path

from session_conformance import render

from .sample_results import sample

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    results = sample(9)
    failed = next(result for result in results.results if result.verdict == "undeclared")
    for name, text in {
        "report.html": render.html(results),
        "summary.md": render.markdown(results),
        "junit.xml": render.junit(results),
        "ctrf.json": render.ctrf(results),
        "badge.svg": render.badges(results)["mariadb-pymysql.svg"],
        "terminal.txt": render.terminal(results, color=False, width=110),
        "failure.txt": render.failure(results, failed) + "\n",
    }.items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
