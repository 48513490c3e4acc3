"""What a caller decides for outages, for calls whose process has died, and for power cuts."""

from __future__ import annotations

from typing import Literal

Outage = Literal["closed", "open"]
"""`closed`: no call without a hold. `open`: the call runs, and its cost is sent later."""
OnInterrupted = Literal["unknown", "estimate", "release"]
"""What a call of a killed process becomes: one of unknown cost, one that cost its estimate, or none."""
Synchronous = Literal["normal", "full"]
"""`full`: the journal survives a power cut, too."""
