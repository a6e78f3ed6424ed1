"""Options that the command line does not give: from the environment, and from a file."""

from __future__ import annotations

import csv
import io
import os
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from gaussmix.cli.failures import FilesFailed, WrongUsage
from gaussmix.cli.values import FilePath, names, number_of_components, number_or_auto

PREFIX = "GAUSSMIX"
CONFIG = f"{PREFIX}_CONFIG"
LEVEL = f"{PREFIX}_ISA"
"""The instruction level of the compiled pass, which looks for it itself."""
NEAR = 0.6
"""How like a name must be to be offered in place of another (`difflib`)."""
HELP = (
    "File of options in TOML, a section for each command; the command line goes before {prefix}_… in the environment, "
    "which goes before the file."
)


def configurable(command: click.Command) -> click.Command:
    """Let the options of a command be given by the environment and by a file, too.

    An option goes by its long name: ``--max-iter`` of ``fit`` is ``max-iter`` in the section ``[fit]`` of the file, and
    ``GAUSSMIX_FIT_MAX_ITER`` in the environment.
    """
    for key, option in _options(command).items():
        option.envvar = _variable(command, key)  # click's own would go by the names of Python's arguments
    command.params.append(
        click.Option(
            ["--config"],
            metavar="FILE",
            type=FilePath(),
            envvar=CONFIG,
            is_eager=True,  # before the options that it gives
            expose_value=False,
            callback=_configure,
            help=HELP.format(prefix=_variable(command, "")[:-1]),
        )
    )
    return command


def _options(command: click.Command) -> dict[str, click.Option]:
    """What can be given elsewhere than on the command line, by its long name."""
    return {
        next(name for name in option.opts if name.startswith("--"))[2:]: option
        for option in command.params
        if isinstance(option, click.Option) and option.envvar != CONFIG
    }


def _variable(command: click.Command, key: str) -> str:
    return f"{PREFIX}_{command.name}_{key}".upper().replace("-", "_")


def _configure(ctx: click.Context, _param: click.Parameter, path: Path | None) -> None:
    """Check all that the environment and the file say, also what the command line will say otherwise."""
    if ctx.resilient_parsing:  # a shell completes what is being typed
        return
    _check_environment(ctx)
    if path is not None:
        ctx.default_map = {**(ctx.default_map or {}), **_settings(ctx, path)}


def _check_environment(ctx: click.Context) -> None:
    own = _variable(ctx.command, "")
    known = {_variable(ctx.command, key): option for key, option in _options(ctx.command).items()}
    others = tuple(_variable(command, "") for command in _commands(ctx).values())
    for name, text in os.environ.items():
        if name.startswith(own):
            if name not in known:
                raise _no_such_variable(ctx, name, known)
            if text:  # an empty one counts as none
                _check(ctx, known[name], text, f"environment variable {name}")
        elif name == LEVEL:
            _check_level(text)
        elif name.startswith(f"{PREFIX}_") and name != CONFIG and not name.startswith(others):
            every = [_variable(command, key) for command in _commands(ctx).values() for key in _options(command)]
            raise _unknown(
                f"the environment has {name}, of which gaussmix knows nothing",
                name,
                [*every, CONFIG, LEVEL],
                f"what it knows begins with {', '.join(sorted(set(others)))}, or is {CONFIG} or {LEVEL}",
                f"{PREFIX}_",
            )


def _no_such_variable(ctx: click.Context, name: str, known: Iterable[str]) -> WrongUsage:
    own = _variable(ctx.command, "")
    what = f"the environment has {name}, which is no option of {ctx.command_path}"
    for short, (long, value) in _other_names(ctx.command).items():
        if name == _variable(ctx.command, short):
            return WrongUsage(f"{what}; write {_variable(ctx.command, long)}{'=0' if value == 'false' else ''}")
    return _unknown(what, name, known, _see_help(ctx), own)


def _check_level(text: str) -> None:
    """See that the compiled pass has such a level, before it is asked for it: it would not even begin."""
    from gaussmix.core.extension import native  # here, because it brings NumPy

    if text not in native.levels():
        raise WrongUsage(f"environment variable {LEVEL}: {text!r} is not one of {', '.join(native.levels())}")


def _settings(ctx: click.Context, path: Path) -> dict[str, Any]:
    """What the command's section of a file says, by the names of Python's arguments."""
    sections = _sections(path)
    commands = _commands(ctx)
    for name, section in sections.items():
        if _is_list_of_sections(section):
            raise WrongUsage(f"{path}: [[{name}]] begins a list of sections; write [{name}], once")
        if not isinstance(section, dict):
            raise WrongUsage(f"{path}: {name!r} stands outside of a section; write it below [{ctx.command.name}]")
        if name not in commands:
            raise _unknown(f"{path}: there is no command [{name}]", name, commands, f"there are {', '.join(commands)}")
    options = _options(ctx.command)
    settings = {}
    for key, value in sections.get(ctx.command.name or "", {}).items():
        where = f"{path}, [{ctx.command.name}]"
        if key not in options:
            what = f"{where}: there is no option {key!r}"
            if key in _other_names(ctx.command):
                long, of_switch = _other_names(ctx.command)[key]
                raise WrongUsage(f"{what}; write {long} = {of_switch or '…'}")
            raise _unknown(what, key, options, _see_help(ctx))
        option = options[key]
        settings[option.name or key] = given = _as_given(option, value, f"{where} {key}")
        _check(ctx, option, given, f"{where} {key}")
    return settings


def _sections(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise FilesFailed(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # of the encoding, too
        raise WrongUsage(f"{path} is not TOML: {error}") from None


def _is_list_of_sections(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _commands(ctx: click.Context) -> dict[str, click.Command]:
    """Those that have options to be given so, by their names."""
    group = None if ctx.parent is None else ctx.parent.command
    commands = group.commands.values() if isinstance(group, click.Group) else [ctx.command]
    return {command.name or "": command for command in commands if any(p.name == "config" for p in command.params)}


def _other_names(command: click.Command) -> dict[str, tuple[str, str]]:
    """Short names (``k``) and names that say no (``no-header``): the long name of each, and the value if it has one."""
    others: dict[str, tuple[str, str]] = {}
    for key, option in _options(command).items():
        others |= {name.lstrip("-"): (key, "") for name in option.opts}
        others |= {name.lstrip("-"): (key, "false") for name in option.secondary_opts}
        del others[key]
    return others


def _see_help(ctx: click.Context) -> str:
    return f'"{ctx.command_path} --help" lists the options'


def _as_given(option: click.Option, value: object, where: str) -> Any:
    """A value of TOML as the command line would give it; other kinds than the option's are refused.

    Raises
    ------
    WrongUsage
        Where it is of another kind: click would make a whole number of 2.5, and of True as well.
    """
    if option.is_flag:
        wanted, fits = "true or false", isinstance(value, bool)
    elif isinstance(option.type, click.types.IntParamType):
        wanted, fits = "a whole number", _is(value, int)
    elif isinstance(option.type, click.types.FloatParamType):
        wanted, fits = "a number", _is(value, int, float)
    elif option.callback is number_or_auto:
        wanted, fits = "a number or 'auto'", _is(value, int, float, str)
        value = str(value)
    elif option.callback is number_of_components:
        wanted, fits = "a whole number or 'auto'", _is(value, int) or value == "auto"
        value = str(value) if fits else value
    elif option.callback is names:
        wanted = "a list of names, or a text with commas between them"
        fits = _is(value, str) or (isinstance(value, list) and all(_is(name, str) for name in value))
        value = _joined(value) if fits and isinstance(value, list) else value
    else:
        wanted, fits = "a text", _is(value, str)
    if not fits:
        raise WrongUsage(f"{where} must be {wanted}, got {value!r}")
    return value


def _is(value: object, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _joined(parts: list[str]) -> str:
    """Names in one text, as `gaussmix.cli.values.names` takes it apart."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(parts)
    return text.getvalue()


def _check(ctx: click.Context, option: click.Option, value: Any, where: str) -> None:
    """See that an option can have this value, while it is known where it comes from: click names the option alone."""
    try:
        option.process_value(ctx, value)
    except click.BadParameter as error:
        raise WrongUsage(f"{where}: {error.message}") from None


def _unknown(what: str, name: str, known: Iterable[str], otherwise: str, prefix: str = "") -> WrongUsage:
    """That there is no such name, with one that is near, if any is.

    Parameters
    ----------
    what : str
        What is wrong.
    name, known : str, iterable of str
        What was given, and what there is.
    otherwise : str
        What is said where nothing is near.
    prefix : str
        Begins all of them, and makes none of them more alike.
    """
    bare = {other.removeprefix(prefix): other for other in known}
    near = get_close_matches(name.removeprefix(prefix), list(bare), n=1, cutoff=NEAR)
    return WrongUsage(f"{what}; " + (f"the nearest is {bare[near[0]]}" if near else otherwise))
