"""What the package says goes to `logging`. It prints nothing, unless SPEND_LEDGER_LOG asks for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

log = logging.getLogger("spend_ledger")
log.addHandler(logging.NullHandler())
if (level := os.environ.get("SPEND_LEDGER_LOG", "").upper()) in ("DEBUG", "INFO", "WARNING", "ERROR"):
    log.setLevel(level)
    log.addHandler(logging.StreamHandler())


def telling(callback: Callable[[str], None] | None) -> Callable[[str], None]:
    """Logs each warning, and hands it to the caller, whose own error never stops a call."""

    def warn(message: str) -> None:
        log.warning(message)
        if callback is not None:
            try:
                callback(message)
            except Exception:
                log.exception("on_warning has raised an error.")

    return warn
