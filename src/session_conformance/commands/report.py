"""`session-conformance report`: make the reports of a run again, or one report of several runs."""

from __future__ import annotations

from pathlib import Path

import click

from session_conformance import render
from session_conformance.baseline import Baseline, beside
from session_conformance.bundle import bundle, file_name
from session_conformance.commands import options
from session_conformance.commands.pages import own_folder, read_all, results_file, text_of_all
from session_conformance.output import FILES, split_by_size, write_reports
from session_conformance.render.excerpt import excerpt
from session_conformance.results import ResultsError

INCOMPLETE, UNREADABLE = 2, 12


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the reports; beside FILE where there is only one, or called as a bundle is.",
)
@click.option(
    "--support",
    is_flag=True,
    help="Print what each driver supports, as Markdown for its own documentation; write nothing.",
)
@click.option(
    "--format",
    "forms",
    multiple=True,
    type=click.Choice(list(FILES)),
    help="Write only this; repeat it for several.",
)
@click.option(
    "--split/--no-split",
    default=None,
    help="Make the cases of report.html files of their own, in the folder report-cases beside it; "
    "without either, where it would come to 5 MiB.",
)
@click.option(
    "--bundle",
    "bundled",
    is_flag=True,
    help="Write a zip to hand on, with results, report, versions and backend files; besides it "
    "only what --format names.",
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    callback=options.words,
    metavar="WORD",
    help="Only these cases: a chapter, an id or a pattern; several with commas.",
)
@click.option(
    "--backend",
    "backends",
    multiple=True,
    callback=options.words,
    metavar="NAME",
    help="Only these backends: an id, a database or a pattern; several with commas.",
)
@options.BASELINE
@click.pass_context
def report(
    context: click.Context,
    files: tuple[Path, ...],
    out: Path | None,
    support: bool,
    forms: tuple[str, ...],
    split: bool | None,
    bundled: bool,
    cases: list[str],
    backends: list[str],
    baseline: Path | None,
) -> None:
    """Render results files: one again, or several as one.

    FILE is a results.jsonl, the folder of a run, or a bundle of one. Files of several machines
    become one report, and so do those of one backend with several releases of its driver or server:
    a column for each. Written are report.html, summary.md, junit.xml, ctrf.json and the folder
    badges. Exit code 2 says that the run is incomplete, 12 that a file cannot be read or the files
    cannot be combined.
    """
    _refuse(
        several=len(files) > 1,
        part=bool(cases or backends),
        nowhere=out is None and not support,
        whole=bundled or baseline is not None,
    )
    try:
        results = excerpt(read_all(files), cases, backends)
        if support:
            click.echo(render.support(results), nl=False)
            context.exit(0 if results.complete else INCOMPLETE)
        changed = None
        if not (cases or backends):
            since = Baseline(baseline) if baseline else beside(results, results_file(files[0]))
            changed = since.changes(results)
        folder = out or own_folder(files[0])
        chosen = forms or (() if bundled else tuple(FILES))
        written = write_reports(results, folder, changed, chosen, split)
        if bundled:
            path = folder / file_name(results)
            text = text_of_all(files, results)
            path.write_bytes(bundle(results, text, changed, split=split))
            written.append(path)
    except ResultsError as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(UNREADABLE)
    except OSError as error:
        click.echo(f"Error: the reports cannot be written: {error}", err=True)
        context.exit(UNREADABLE)
    click.echo(render.verdict(results).text)
    if changed is not None:
        click.echo(render.brief(changed), nl=False)
    for path in written:
        click.echo(f"  {path}")
    click.echo(split_by_size(written, split), nl=False)
    if not results.complete:
        context.exit(INCOMPLETE)


def _refuse(*, several: bool, part: bool, nowhere: bool, whole: bool) -> None:
    if several and nowhere:
        raise click.UsageError("Several files make a new report: say where, with --out FOLDER.")
    if part and nowhere:
        raise click.UsageError("A part makes a report of its own: say where, with --out FOLDER.")
    if part and whole:
        raise click.UsageError(
            "A bundle and a comparison take a whole run: leave --case and --backend off."
        )
