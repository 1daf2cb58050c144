"""The command `gailforce VERB`: finds the verb, reads its flags, answers faults in one line."""

import importlib
import json
import sys

from .verbs import VERBS, usage

INTERRUPTED = 130
# Verbs whose run can be gone on with.
RESUMABLE = ("demo", "imitate", "resume")


def main() -> None:
    """Entry of the console script."""
    sys.exit(answer(sys.argv[1:]))


def answer(arguments: list[str]) -> int:
    """Run one command line and return its exit code; faults a user can cause show no traceback."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    return _answer_verb(arguments)


def _answer_verb(arguments: list[str]) -> int:
    try:
        # Imports the environments, which help does without.
        from ...envs.errors import GailforceError
    except RuntimeError as fault:
        if "MUJOCO_GL" not in str(fault):
            raise
        # MuJoCo cannot be imported while the variable has a value it does not know.
        return _complain(f"{fault}; unset MUJOCO_GL and try again", code=4)

    try:
        return _run(arguments[0], arguments[1:])
    except SystemExit as end:
        # tyro has said what is wrong with a flag.
        return end.code if isinstance(end.code, int) else 2
    except GailforceError as fault:
        return _complain(str(fault), fault.exit_code)
    except KeyboardInterrupt as interrupt:
        print(file=sys.stderr)
        return _complain("; ".join(("interrupted", *map(str, interrupt.args))), INTERRUPTED)
    except BrokenPipeError:
        return 0
    except OSError as fault:
        return _answer_full_disk(fault, arguments[0])


def _complain(text: str, code: int) -> int:
    print(f"gailforce: {text}", file=sys.stderr)
    return code


def _answer_full_disk(fault: OSError, verb: str) -> int:
    from ...demos.durable import FULL

    if fault.errno not in FULL:
        raise fault
    step = "start again, or go on with: gailforce resume RUN" if verb in RESUMABLE else "start again"
    return _complain(f"the disk is full ({fault}); free some space and {step}", code=4)


def _run(verb: str, arguments: list[str]) -> int:
    import tyro

    from ...agents.plugins import import_modules
    from ...envs.errors import unknown

    if verb not in VERBS:
        raise unknown("verb", verb, VERBS)
    module, name, _ = VERBS[verb]
    import_modules()

    kind = getattr(importlib.import_module(f"gailforce.experiments.cli.{module}"), name)
    verb, kind, arguments = kind.chosen(verb, arguments)
    if {"-h", "--help"} & set(arguments):
        print(kind.help(verb, arguments))
        return 0
    command = tyro.cli(kind.parsed_class(arguments), prog=f"gailforce {verb}", args=arguments)
    result = command.run()
    plain = result.to_json()
    print(json.dumps(plain) if command.json else command.describe(result))
    return plain.get("exit_code", 0)
