#!/usr/bin/env bash
# The step of action.yml: install, check, summary, outputs. Everything comes by the environment.
set -euo pipefail

out="${RUNNER_TEMP:-/tmp}/session-conformance"
read -r -a requirements <<<"${REQUIREMENTS:-}"
"$PYTHON" -m pip install --quiet "$ACTION" "${requirements[@]}"

words=(--out "$out")
[ -n "${BACKEND_FILE:-}" ] && words+=(--backend-file "$BACKEND_FILE")
[ -n "${AS_OF:-}" ] && words+=(--as-of "$AS_OF")
[ -n "${BASELINE:-}" ] && words+=(--baseline "$BASELINE")
[ "${QUICK:-false}" = true ] && words+=(--quick)

code=0
"$PYTHON" -m session_conformance check "${words[@]}" || code=$?

if [ -f "$out/latest/results.jsonl" ]; then
    cat "$out/latest/summary.md" >>"$GITHUB_STEP_SUMMARY"
    {
        echo "cells=$(grep -c '^{"kind": "result"' "$out/latest/results.jsonl" || true)"
        echo "failed=$(grep '^{"kind": "result"' "$out/latest/results.jsonl" |
            grep -cE '"verdict": "(undeclared|stale)"' || true)"
        echo "report=$out/latest/report.html"
        echo "folder=$out/latest"
        echo "ctrf=$out/latest/ctrf.json"
        echo "results=$out/latest/results.jsonl"
    } >>"$GITHUB_OUTPUT"
fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
