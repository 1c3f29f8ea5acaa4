"""The rules of the Common Test Report Format, version 0.0.0, as JSON Schema.

Every object is closed but for `extra`. Fields that only drafts of the next version know are no part
of it, since a strict reader refuses them.
"""

from __future__ import annotations

from typing import Any

STATUSES = ["passed", "failed", "skipped", "pending", "other"]
TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1}
MOMENT = {"type": "integer"}
COUNT = {"type": "integer", "minimum": 0}
# A key of somebody's own names its owner; those of the format itself are taken.
EXTRA = {"type": "object", "propertyNames": {"pattern": r"^(?!ctrf[./])[^./]+[./].+"}}


def closed(required: list[str], **fields: Any) -> dict[str, Any]:
    """Return the schema of an object that holds these fields, `extra`, and nothing else."""
    return {
        "type": "object",
        "required": required,
        "properties": {**fields, "extra": EXTRA},
        "additionalProperties": False,
    }


TEST = closed(
    ["name", "status", "duration"],
    name=NAME,
    status={"enum": STATUSES},
    duration=COUNT,
    start=MOMENT,
    stop=MOMENT,
    suite={"type": "array", "minItems": 1, "items": TEXT},
    message=TEXT,
    trace=TEXT,
    snippet=TEXT,
    line=MOMENT,
    rawStatus=TEXT,
    tags={"type": "array", "items": TEXT},
    type=TEXT,
    filePath=TEXT,
    threadId=TEXT,
    parameters={"type": "object"},
)
SUMMARY = closed(
    ["tests", *STATUSES, "start", "stop"],
    **dict.fromkeys(["tests", *STATUSES, "flaky", "suites"], COUNT),
    start=MOMENT,
    stop=MOMENT,
    duration=COUNT,
)
ENVIRONMENT = closed(
    [],
    **dict.fromkeys(
        [
            "reportName", "appName", "appVersion", "buildId", "buildName", "buildUrl",
            "repositoryName", "repositoryUrl", "commit", "branchName", "osPlatform", "osRelease",
            "osVersion", "testEnvironment",
        ],
        TEXT,
    ),
    buildNumber={"type": "integer"},
    healthy={"type": "boolean"},
)  # fmt: skip
RESULTS = closed(
    ["tool", "summary", "tests"],
    tool=closed(["name"], name=NAME, version=TEXT),
    summary=SUMMARY,
    tests={"type": "array", "items": TEST},
    environment=ENVIRONMENT,
)
REPORT = closed(
    ["reportFormat", "specVersion", "results"],
    reportFormat={"const": "CTRF"},
    specVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    reportId={"type": "string", "format": "uuid"},
    timestamp={"type": "string", "format": "date-time"},
    generatedBy=TEXT,
    results=RESULTS,
)
