"""The pages that people read about the contracts, in Markdown: the contracts, and the rules of the dead letters."""

from __future__ import annotations

import json

from streams.contracts.check import Example, examples
from streams.contracts.published import published_tables
from streams.contracts.registry import Contract, Field, contracts, read_yaml
from streams.contracts.validate import BEYOND_EXAMPLES, RULES, Rule

SHOWN_HEAD_BYTES, SHOWN_BYTES = 24, 120
"""Of the head and of the end of a record that can't be shown as a change of a right one."""


def contracts_page() -> str:
    """Every topic and published table: what it holds, who owns it, how it is kept."""
    lines = ["# 数据合同 Data contracts", ""]
    lines += [
        "Each topic carries CloudEvents 1.0 in structured JSON (UTF-8). The envelope is the same for all: "
        "`specversion`, `id` (32 hex, first half of sha256 over `city|source|case|stage|time`), "
        "`source` (`/<city>/<system>`), `type`, `subject`, `time` (event time), `recordedtime` (when the source "
        "system knew), `datacontenttype`, `data`. Times are RFC 3339 in UTC with Z, three digits of a second at "
        "most. Unknown members of `data` are kept as `extra`.",
        "",
    ]
    for contract in contracts().values():
        lines += _docs_of(contract)
    lines += [
        "## 拒收规则 Dead-letter rules",
        "",
        "What breaks a rule goes to `<topic>.dlq`: see [dead_letters.md](dead_letters.md).",
        "",
    ]
    lines += ["## 发布表 Published tables", ""]
    for table in published_tables():
        lines += [f"### `published.{table.name}`", "", table.description, ""]
        lines += [f"Key: {', '.join(f'`{name}`' for name in table.primary_key)}.", ""]
        lines += ["| column | type | required | 说明 |", "|---|---|---|---|"]
        lines += [
            f"| `{c.name}` | {c.data_type} | {'yes' if c.required else ''} | {c.description} |" for c in table.columns
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _docs_of(contract: Contract) -> list[str]:
    key = " + `/` + ".join(f"`{name}`" for name in contract.key_fields)
    return [
        f"## `{contract.topic}` {contract.title_zh}",
        "",
        f"{contract.purpose} {contract.limitations}",
        "",
        f"| owner | contact | key | partitions | kept | late after | dead letters |\n|---|---|---|---|---|---|---|\n"
        f"| {contract.owner} | {contract.contact} | {key} | {contract.partitions} | {contract.retention_days} days "
        f"| {contract.late_after_minutes} min | `{contract.dlq}`, {contract.dlq_retention_days} days |",
        "",
        "| field | 名称 | type | required | class | unit | meaning |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| `{f.name}` | {f.name_zh} | {_docs_type(f)} | {'yes' if f.required else ''} | {f.classification}"
            f"{' (lake only)' if f.lake_only else ''} | {f.unit or ''} | {f.description} |"
            for f in contract.fields
        ),
        "",
    ]


def _docs_type(field: Field) -> str:
    if field.enum:
        return ", ".join(f"`{value}`" for value in field.enum)
    if field.minimum is not None or field.maximum is not None:
        low, high = ("" if end is None else f"{end:g}" for end in (field.minimum, field.maximum))
        return f"{field.logical_type} {low} … {high}"
    return field.logical_type


def dead_letters_page() -> str:
    """Every rule: what it means, what to do about its letters, and a record that breaks it, from the examples."""
    lines = [
        "# 拒收规则 Dead-letter rules",
        "",
        "违反规则的消息原样(字节不变)进入 `<topic>.dlq`,不进数据湖和数据库,也不影响其余消息。"
        "规则按下列顺序检查,记最先违反的一条。",
        "",
        "A record that breaks a rule goes to `<topic>.dlq` with its bytes unchanged, and no further; the others go on. "
        "The rules are tried in this order; the first one broken is the record's rule.",
        "",
        "- `citybrain dlq list` 列出待处理消息 lists what waits; `citybrain dlq show` 查看一条(已脱敏) shows one, "
        "scrubbed.",
        "- `citybrain dlq replay` 将原字节重发:仅在我方改动(合同、城市文件、时钟)之后有用;来源改正的,由来源重发。"
        " Sends the same bytes again: it helps where our side changed (a contract, a city file, a clock); what the "
        "source mends, the source sends.",
        "- `citybrain dlq drop --reason …` 不再需要的,注明原因放弃,仍计入拒收数。"
        " Gives up what nobody will need; it stays counted, with the reason.",
        "- `--rule`、`--source` 按规则、来源选择(list、replay、drop)。 choose by rule and source for these three.",
        "",
    ]
    for number, (name, rule) in enumerate(RULES.items()):
        lines += _docs_of_rule(name, rule, number)
    return "\n".join(lines).rstrip() + "\n"


def _docs_of_rule(name: str, rule: Rule, number: int) -> list[str]:
    said = [
        f"## `{name}` {rule.zh}",
        "",
        rule.en,
        "",
        f"- 处理 {rule.do_zh}",
        f"- What to do: {rule.do_en}",
        "",
    ]
    if name == BEYOND_EXAMPLES:
        return said
    every = list(contracts().values())
    # Each rule is shown on another topic, as far as they can break it.
    one, example = next(
        (one, example)
        for one in every[number % len(every) :] + every
        for example in examples(one)
        if example.rule == name
    )
    what = example.path.stem.split("--")[1].replace("-", " ")
    return [
        *said,
        f"Example ({what}), on `{one.topic}`:",
        "",
        "```text",
        *_example(one, example),
        "```",
        "",
    ]


def _printable(value: bytes) -> str:
    text = " ".join(value.decode("utf-8", errors="backslashreplace").split())
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def _example(contract: Contract, example: Example) -> list[str]:
    if example.path.suffix == ".json":
        value = example.value or b""
        if len(value) <= SHOWN_BYTES:
            return [_printable(value)]
        return [f"{_printable(value[:SHOWN_HEAD_BYTES])} … {_printable(value[-SHOWN_BYTES:])}"]
    recipe = read_yaml(example.path)
    lines = [f"{place} = {json.dumps(value, ensure_ascii=False)}" for place, value in recipe.get("set", {}).items()]
    lines += [f"{place} is absent" for place in recipe.get("drop", ())]
    if "key" in recipe:
        right = "/".join(f"<{name}>" for name in contract.key_fields)
        lines.append(f"key = {json.dumps(recipe['key'])}, not {right}")
    if "value" in recipe:
        lines.append("value = null")
    if recipe.get("repeat"):
        lines.append(f"(that text {recipe['repeat']} times)")
    if recipe.get("after"):
        lines.append("(the same event came before, without this change)")
    return lines
