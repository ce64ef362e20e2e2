"""Print what functions and builds need of the package's requirements: ``requirements.py SETUP_CFG [EXTRA…]``."""

from __future__ import annotations

import configparser
import re
import sys

COMMAND_LINE_ONLY = frozenset({"rich", "typer"})
"""Not in the image. structlog, for one, loads rich wherever it finds it: 60 ms of every cold start."""


def main(path: str, *extras: str) -> int:
    setup = configparser.ConfigParser()
    with open(path, encoding="utf-8") as file:
        setup.read_file(file)
    wanted = setup["options"]["install_requires"].splitlines()
    for extra in extras:
        wanted += setup["options.extras_require"][extra].splitlines()
    for line in filter(None, map(str.strip, wanted)):
        if re.split(r"[^\w.-]", line)[0].lower() not in COMMAND_LINE_ONLY:
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
