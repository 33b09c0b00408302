"""`python -m bot`: ask in a terminal. `python -m bot evaluate FILE.jsonl [--each OUT] [--errors]`: figures as JSON.

`python -m bot tune FILE.jsonl`: what each threshold would answer, for choosing the one in bot/dialogue.py.
`python -m bot rehearse --model-before FILE --model-after FILE`: JSON of two sets of entries in, what changes out.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from bot.dialogue import Bot, load_bot, model_for
from bot.entries import entry_of, load_entries
from bot.evaluation import HELD_OUT_FILE, evaluate, read_questions, tune
from bot.rehearsal import Asked, rehearse


def main() -> int:
    """Talk, or evaluate; a file that cannot be read is one clear line."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    run = commands.add_parser("evaluate")
    run.add_argument("file", type=Path)
    run.add_argument("--each", type=Path, help="write what each question got, one JSON object a line")
    run.add_argument("--errors", action="store_true", help="list the misses")
    thresholds = commands.add_parser("tune")
    thresholds.add_argument("file", type=Path)
    commands.add_parser("train")
    commands.add_parser("study").add_argument("file", type=Path)
    rehearsal = commands.add_parser("rehearse")
    rehearsal.add_argument("--model-before", type=Path, required=True)
    rehearsal.add_argument("--model-after", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.command == "train":
        model_for(load_entries())
        return 0
    if arguments.command == "rehearse":
        return _rehearse(arguments.model_before, arguments.model_after)
    began = time.perf_counter()
    bot = load_bot()
    bot.answer("一事一议是什么")
    load_seconds = time.perf_counter() - began
    if arguments.command is None:
        return _talk(bot.answer)
    try:
        questions = read_questions(arguments.file)
    except (OSError, ValueError) as error:
        print(f"错误: 读不了 {arguments.file}: {error}", file=sys.stderr)
        return 2
    if arguments.command == "tune":
        print(json.dumps(tune(bot, questions), ensure_ascii=False, indent=1))
        return 0
    if arguments.command == "study":
        from bot.study import study

        print(json.dumps(study(bot.entries, questions), ensure_ascii=False, indent=1))
        return 0
    report, each = evaluate(bot, questions)
    report["load_seconds"] = round(load_seconds, 3)
    if arguments.each:
        lines = (json.dumps(row, ensure_ascii=False) for row in each)
        arguments.each.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not arguments.errors:
        report.pop("errors")
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0


def _rehearse(model_before: Path, model_after: Path) -> int:
    """{"before": {intent: fields}, "after": the same, "asked": [{"text", "right"}]} -> what changes.

    A model that is not there, or is another's, is trained and written.
    """
    given = json.load(sys.stdin)
    bots = []
    for name, file in (("before", model_before), ("after", model_after)):
        entries = {intent: entry_of(intent, fields) for intent, fields in given[name].items()}
        bots.append(Bot(entries, model_for(entries, file)))
    asked = [Asked(item["text"], item.get("right")) for item in given["asked"]]
    found = rehearse(bots[0], bots[1], asked, read_questions(HELD_OUT_FILE))
    print(json.dumps(found, ensure_ascii=False))
    return 0


def _talk(answer: object) -> int:
    from collections.abc import Callable
    from typing import cast

    from bot.answers import Answer

    ask = cast(Callable[[str], Answer], answer)
    print("请输入问题, 空行结束。")
    for line in sys.stdin:
        if not line.strip():
            break
        print(ask(line.strip()).text, end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
