"""All figures of docs/benchmarks.md, measured here and now: `python -m benchmarks`, which is `make bench`.

About four minutes. On a machine that is busy otherwise the rates mean little; the ratios hold better, and the
processor time best of all.
"""

import subprocess
import sys
from datetime import UTC, datetime

from benchmarks import running

TABLES = (
    ("benchmarks.mail", "A mail becomes a durable ticket, against a bare aiosmtpd sink: 20 connections, one mail each"),
    ("benchmarks.http", "The API, against a bare aiohttp handler: 64 connections"),
    ("benchmarks.start", "From the start of the process to the first 250, and resident memory after five idle seconds"),
)


def main() -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}", flush=True)
    for module, title in TABLES:
        print(f"\n{title}", flush=True)
        subprocess.run([sys.executable, "-m", module], cwd=running.HOME, check=True)


if __name__ == "__main__":
    main()
