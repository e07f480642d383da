"""A check that failed is green again. Pure: the same observation and memory give the same verdict."""
import json

import plugin_pb2 as wire

REPAIRED = "Repaired a check that had failed {failures} times"


def failures_in(memory):
    try:
        return int(json.loads(memory)["failures"])
    except (ValueError, KeyError, TypeError):
        # Nothing yet, or what an older version remembered.
        return 0


def verify(data, memory):
    exit_code = data.get("exit_code") if isinstance(data, dict) else None
    if type(exit_code) is not int:
        return wire.VerifyResponse(verdict="inconclusive", reason="this is not an event of the command source")
    failures = failures_in(memory)
    if exit_code != 0:
        remembered = json.dumps({"failures": failures + 1}).encode()
        return wire.VerifyResponse(verdict="rejected", reason="the check fails", memory=remembered)
    if failures == 0:
        return wire.VerifyResponse(verdict="rejected", reason="nothing was wrong")
    return wire.VerifyResponse(
        verdict="verified",
        action_type="fix",
        category="reliability",
        subcategory="check",
        description=REPAIRED.format(failures=failures),
        scoring_hints=wire.ScoringHints(
            complexity="medium" if failures > 10 else "low", impact_radius=2, artifacts_touched=1
        ),
        evidence=json.dumps({"failures": failures}).encode(),
        # Present and empty: forget the check.
        memory=b"",
    )
