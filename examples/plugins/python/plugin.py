"""A plugin for restore drills: a backup counts once somebody has restored it and compared it with the original."""

from farmops_plugin import inconclusive, rejected, serve, verified

DESCRIPTION = {
    "plugin_id": "example/restore-drill",
    "version": "1.0.0",
    "description": "Verifies that a backup was restored and is the same as the original.",
    "categories": ["reliability"],
    "source_requirements": [
        # The name of the database is not asked for, so the agent never sends it.
        {"source_type": "restore-drills", "permissions": ["read"], "fields": ["/tables", "/differing"]}
    ],
    "description_templates": ["Restored a backup and compared {tables} tables"],
}


def count(drill, name):
    number = drill.get(name) if isinstance(drill, dict) else None
    # True is an int too.
    return number if type(number) is int and number >= 0 else None


def verify(source_type, drill):
    """Pure: the same drill has the same verdict."""
    tables, differing = count(drill, "tables"), count(drill, "differing")
    if tables is None or differing is None:
        return inconclusive("this is not a drill's report")
    if tables < 1:
        return inconclusive("the report names no tables")
    if differing > 0:
        return rejected("the restored tables differ")
    return verified(
        action_type="verify",
        category="reliability",
        description=f"Restored a backup and compared {tables} tables",
        scoring_hints={
            "complexity": "high" if tables > 50 else "medium",
            "impact_radius": 5,
            "artifacts_touched": tables,
        },
        evidence={"tables": tables, "differing": differing},
    )


if __name__ == "__main__":
    serve(DESCRIPTION, verify)
