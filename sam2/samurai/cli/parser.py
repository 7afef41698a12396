"""The argument parser of every program of the project: help that can be read at once, and mistakes
in one line."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from samurai.cli.ending import UNUSABLE
from samurai.spelling import did_you_mean

STATUS = (
    "exit status: 0 done, 1 something failed, 2 the command line or what it names can't be used, "
    "130 Ctrl-C; the table is in docs/troubleshooting.md"
)


class Parser(argparse.ArgumentParser):
    """A parser whose usage names only what must be given, and whose help ends with examples.

    Args:
        examples: command lines that work as they are typed.
        options: those of `argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: Iterable[str] = (), **options: Any) -> None:
        super().__init__(formatter_class=_Formatter, **options)
        self.examples = tuple(examples)
        self._positionals.title = "arguments"
        self.register("action", "parsers", _Commands)

    def format_help(self) -> str:
        """The help, then the examples and the meaning of the exit status."""
        end = self._get_formatter()
        if self.examples:
            end.add_text("\n".join(["examples:", *(f"  {each}" for each in self.examples)]))
        end.add_text(STATUS)
        return f"{super().format_help()}\n{end.format_help()}"

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse, but what isn't known is an error of the command that it was given to."""
        given = sys.argv[1:] if args is None else list(args)
        self._refuse_unknown(given)
        found, rest = super().parse_known_args(given, namespace)
        if rest:
            self.error(f"unexpected argument {rest[0]!r}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Print one line, the cause and then the remedy, and exit."""
        name, cause = self.prog.removeprefix("python -m "), message.removeprefix("argument ")
        self.exit(UNUSABLE, f"{name}: {cause}. Remedy: see `{self.prog} --help`\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Suggest what was meant by a value that is none of the choices."""
        if action.choices is not None and value not in action.choices:
            known = [str(each) for each in action.choices]
            closest = did_you_mean(str(value), known)
            text = f"{value!r} isn't allowed{closest}; it must be one of {', '.join(known)}"
            raise argparse.ArgumentError(action, text)

    def _refuse_unknown(self, given: Sequence[str]) -> None:
        """Report a misspelt option before what is missing because of it."""
        known = list(self._option_string_actions)
        has_commands = any(isinstance(a, argparse._SubParsersAction) for a in self._actions)
        for each in given:
            if each == "--" or (has_commands and not each.startswith("-")):
                return
            name = each.partition("=")[0]
            is_option = name.startswith("--") and " " not in name
            if is_option and not any(option.startswith(name) for option in known):
                self.error(f"unknown option {name}{did_you_mean(name, known)}")


class _Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Commands, whose own help begins with the line that the list of commands has."""

    def add_parser(self, name: str, **options: Any) -> Any:
        """As argparse; without a description the line of help is one."""
        line = options.pop("description", None) or options["help"]
        about = f"{line[0].upper()}{line[1:]}."
        return super().add_parser(name, description=about, **options)


class _Formatter(argparse.HelpFormatter):
    """Short usage, commands beside their help, and texts that keep their lines."""

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Any, prefix: Any = None
    ) -> None:
        """Write `[option ...]` for all that may be left out."""
        every = list(actions)
        shown = [each for each in every if each.required or not each.option_strings]
        if len(every) - len(shown) > 1:  # more than -h
            every = [argparse.Action(["option ..."], "", nargs=0), *shown]
        super().add_usage(usage, every, [], prefix)

    def add_argument(self, action: argparse.Action) -> None:
        """Count the indentation of commands, which older versions of Python forget."""
        super().add_argument(action)
        for command in self._iter_indented_subactions(action):
            length = len(self._format_action_invocation(command)) + self._current_indent
            self._action_max_length = max(self._action_max_length, length)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Break only lines that are too long, and no examples, which are copied."""
        lines = [
            line
            if line.startswith("  ")
            else textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
            for line in text.splitlines()
        ]
        return "\n".join(lines)
