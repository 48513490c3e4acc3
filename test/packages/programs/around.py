"""around.py <file>: runs the example in docs/clients.md with a provider, a request, and what it costs around it."""

import runpy
import sys
from decimal import Decimal
from types import SimpleNamespace

answer = SimpleNamespace(
    choices=[SimpleNamespace(message=SimpleNamespace(content="It rains."))],
    usage=SimpleNamespace(prompt_tokens=10, completion_tokens=5),
)
completions = SimpleNamespace(create=lambda **body: answer)
runpy.run_path(
    sys.argv[1],
    {
        "openai": SimpleNamespace(chat=SimpleNamespace(completions=completions)),
        "body": {"model": "gpt-5", "messages": []},
        "price": lambda usage: Decimal(usage.prompt_tokens + usage.completion_tokens).scaleb(-3),
    },
)
