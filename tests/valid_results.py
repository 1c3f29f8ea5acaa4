"""Any valid results, for property tests: odd names, missing pieces, every outcome."""

from __future__ import annotations

from hypothesis import strategies as st

from session_conformance.results import (
    BackendRecord,
    CaseRecord,
    Declared,
    Detail,
    End,
    Result,
    Results,
    Run,
    TraceRecord,
)

TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "a/b",
        "a@b",
        "\x1b[31m",
        "\x00",
        "日本",
        "|",
        "`",
        "a b",
        "%41",
    ]
)
SOME = st.none() | TEXT
OUTCOMES = [
    "passed", "failed", "answered", "unsupported", "error", "timeout", "crashed", "unreachable",
    "not run",
]  # fmt: skip
KINDS = ["sql", "begin", "commit", "rollback", "savepoint", "connect", "check-out", "reset", "note"]

DECLARED = st.builds(
    Declared,
    outcome=st.sampled_from(OUTCOMES),
    cause=st.sampled_from(["driver", "database", "sqlalchemy"]),
    why=TEXT,
    source=TEXT | st.just("https://example.org/1"),
    answer=SOME,
)
DETAIL = st.builds(
    Detail,
    kind=st.sampled_from(["assertion", "exception", "vacuous", "timeout", "crash", "capability"]),
    message=TEXT,
    where=SOME,
    line=SOME,
    explanation=st.lists(TEXT, max_size=3),
    exception=SOME,
    traceback=SOME,
)
EVENT = st.tuples(
    TEXT | st.just("main"),
    st.sampled_from(KINDS),
    SOME | st.sampled_from(['SELECT "a" FROM b WHERE c = %(c)s::INTEGER', "UPDATE a SET b = ?"]),
    SOME | st.sampled_from(["(1, 'x')", "{'a': 1}"]),
    st.none() | st.integers(-1, 3),
    SOME,
).map(list)
RUN = st.builds(
    Run,
    id=TEXT,
    started=TEXT | st.just("2026-11-22T12:10:47+00:00"),
    suite=TEXT,
    suite_hash=TEXT,
    sqlalchemy=TEXT | st.just("2.1.0"),
    python=TEXT,
    platform=TEXT,
    argv=st.lists(TEXT, max_size=3),
    jobs=st.integers(1, 9),
    seed=st.none() | st.integers(),
    shard=st.sampled_from([None, "2/5"]),
)
END = st.builds(
    End,
    results=st.integers(0, 99),
    complete=st.booleans(),
    seconds=st.floats(0, 1e5),
    exit_code=st.integers(0, 12),
    reason=SOME,
)


@st.composite
def valid_results(draw: st.DrawFn) -> Results:
    """Draw results in which no cell is told twice."""
    backends = draw(
        st.lists(
            st.builds(
                BackendRecord,
                id=TEXT,
                title=TEXT,
                database=st.sampled_from(["sqlite", "postgresql"]),
                database_title=TEXT,
                driver=TEXT,
                reached=st.booleans(),
                reason=SOME,
                url=SOME,
                server_version=SOME,
                capabilities=st.dictionaries(TEXT, st.booleans(), max_size=2),
            ),
            max_size=4,
            unique_by=lambda backend: backend.id,
        )
    )
    cases = draw(
        st.lists(
            st.builds(
                CaseRecord,
                id=TEXT,
                what=st.sampled_from(["promise", "question"]),
                chapter=TEXT,
                text=TEXT,
                docs=TEXT,
                source=TEXT,
                code=TEXT,
                answers=st.dictionaries(TEXT, TEXT, max_size=3),
                variants=st.lists(TEXT, max_size=2, unique=True),
            ),
            max_size=4,
            unique_by=lambda case: case.id,
        )
    )
    traces = draw(
        st.lists(
            st.builds(
                TraceRecord, id=TEXT, events=st.lists(EVENT, max_size=6), cut=st.integers(0, 2)
            ),
            max_size=3,
            unique_by=lambda trace: trace.id,
        )
    )
    identities = st.sampled_from([case.id for case in cases]) | TEXT if cases else TEXT
    columns = st.sampled_from([backend.id for backend in backends]) | TEXT if backends else TEXT
    evidence = st.sampled_from([trace.id for trace in traces]) | SOME if traces else SOME
    found = draw(
        st.lists(
            st.builds(
                Result,
                case=identities,
                backend=columns,
                variant=SOME,
                outcome=st.sampled_from(OUTCOMES),
                verdict=st.sampled_from(["expected", "undeclared", "stale"]),
                answer=SOME,
                expected_answer=SOME,
                declared=st.none() | DECLARED,
                detail=st.none() | DETAIL,
                needs=SOME,
                trace=evidence,
                seconds=st.floats(0, 100),
            ),
            max_size=8,
            unique_by=lambda result: (result.case, result.variant, result.backend),
        )
    )
    return Results(
        run=draw(RUN),
        backends=backends,
        cases=cases,
        traces={trace.id: trace for trace in traces},
        results=found,
        end=draw(st.none() | END),
    )
