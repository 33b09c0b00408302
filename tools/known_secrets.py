"""`make secrets`: no secret stands in a tracked file, beside those of the demonstration that the baseline knows.

detect-secrets' own hook fails, and rewrites the baseline, whenever a known one has moved to another line; here a line
is no difference.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection

BASELINE = ".secrets.baseline"


def unknown(files: Iterable[str], known: Path) -> list[str]:
    """`file:line what` of each secret that the baseline does not know; the secret itself is not said."""
    collected = baseline.load(baseline.load_from_file(str(known)), str(known))
    found = SecretsCollection()
    for file in files:
        found.scan_file(file)
    return [f"{file}:{secret.line_number} {secret.type}" for file, secret in found - collected]


def main() -> int:
    """0: nothing new."""
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    new = unknown([name for name in tracked.split("\0") if name], Path(BASELINE))
    if new:
        print(*new, sep="\n", file=sys.stderr)
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
