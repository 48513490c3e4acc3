"""What the hook does not hold: nothing would settle it. The bodies are those that LiteLLM 1.108.7 shows its hooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench import KEY, Bench, Ledger, run, taken

from spend_ledger.litellm.mark import call_of_request

PROMPT = [{"role": "user", "content": "hi"}]
FORGED = {"spend_logs_metadata": {"job": "7", "spend_ledger": {"call": "made up"}}}
PASSED_THROUGH = {"model": "gpt-5", "messages": PROMPT, "metadata": {**FORGED, "user_api_key": "of the client"}}
TOOL = {
    "model": "gpt-5",
    "messages": [{"role": "user", "content": "Tool: search\nArguments: {}"}],
    "mcp_tool_name": "search",
    "metadata": {"headers": {}, "user_api_key": "k", "user_api_key_user_id": "alice"},
}
SESSION = {"model": "gpt-5-realtime", "session": {"type": "realtime"}, "metadata": {"user_api_key": "k"}}
VIDEO = {"model": "sora-2", "video_id": "video_1", "litellm_metadata": {"user_api_key": "k"}}
UNMARKED = {"model": "mcp-tool-call", "messages": PROMPT, "metadata": {"user_api_key_user_id": "alice"}}


@pytest.mark.parametrize(
    ("call_type", "request_body"),
    [
        ("pass_through_endpoint", PASSED_THROUGH),
        ("call_mcp_tool", TOOL),
        ("list_mcp_tools", TOOL),
        ("acreate_realtime_client_secret", SESSION),
        ("arealtime_calls", SESSION),
        ("acreate_realtime_transcription_session", SESSION),
        ("avideo_status", VIDEO),
        ("avideo_content", VIDEO),
        ("acompletion", UNMARKED),
    ],
)
def test_what_leads_to_no_report_is_not_held(tmp_path: Path, call_type: str, request_body: dict[str, Any]) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        request = dict(request_body)
        await bench.hook.before(KEY, request, call_type)
        assert (bench.ledger.asked, call_of_request(request)) == ([], None)

    run(work())


@pytest.mark.parametrize("box", ["metadata", "litellm_metadata"])
def test_a_mark_that_the_client_made_up_goes_also_where_nothing_is_held(tmp_path: Path, box: str) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        request: dict[str, Any] = {"model": "gpt-5", box: dict(FORGED)}
        await bench.hook.before(KEY, request, "pass_through_endpoint")
        assert request[box] == {"spend_logs_metadata": {"job": "7"}}

    run(work())


def test_the_mark_of_a_call_that_runs_stays(tmp_path: Path) -> None:
    async def work() -> None:
        bench = Bench(tmp_path, Ledger(holds=[taken]))
        request = await bench.before()
        call = call_of_request(request)
        await bench.hook.before(KEY, request, "call_mcp_tool")
        await bench.hook.before(KEY, request, "acompletion")
        assert (bench.ledger.asked, call_of_request(request)) == (["holds"], call)

    run(work())
