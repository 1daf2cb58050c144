"""The command `gailforce VERB`: finds the verb, reads its flags, answers faults in one line."""

import errno
import importlib
import json
import sys

# Verb -> (module, class, what it does). Modules load when their verb is called, so that help is quick.
VERBS: dict[str, tuple[str, str, str]] = {
    "demo": (
        "imitation_verbs",
        "Demo",
        "the main job on shipped demonstrations: imitate, evaluate, film, report",
    ),
    "imitate": ("imitation_verbs", "Imitate", "learn a policy from demonstrations, without a reward"),
    "expert": ("expertise", "TrainExpert", "train an expert on the true reward"),
    "record": ("recording", "Record", "record episodes of a policy as demonstrations"),
    "ladder": ("ladder", "Ladder", "record episodes of graded quality, from random to expert"),
    "evaluate": ("scoreboard", "Evaluate", "score a policy beside its controls"),
    "video": ("filming", "Video", "film a policy beside the expert"),
    "report": ("reporting", "Report", "write a run's report as one self-contained page"),
    "resume": ("imitation_verbs", "Resume", "go on with a run that was stopped"),
    "demos": ("demonstrations", "Demos", "list, describe, check, import and export demonstrations"),
    "doctor": ("diagnosis", "Doctor", "look at this machine and say how to mend what is missing"),
}
INTERRUPTED = 130


def usage() -> str:
    """The list of verbs."""
    verbs = "\n".join(f"  {verb:<10}{summary}" for verb, (_, _, summary) in VERBS.items())
    return (
        "gailforce: imitation learning you can trust\n\n"
        "usage: gailforce VERB [NAME] [--flags]\n\n"
        f"{verbs}\n\n"
        "examples:\n"
        "  gailforce demo\n"
        "  gailforce imitate hopper --demos hopper-expert --episodes 4\n"
        "  gailforce evaluate runs/NAME\n\n"
        "gailforce VERB --help tells the flags of a verb; every verb takes --json.\n"
        "Exit codes: 0 done, 2 usage, 3 data, 4 environment, 5 numerical failure, 130 interrupted."
    )


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
    # Imports the environments, which help does without.
    from ..envs.errors import GailforceError

    try:
        return _run(arguments[0], arguments[1:])
    except SystemExit as end:
        # tyro has said what is wrong with a flag.
        return end.code if isinstance(end.code, int) else 2
    except GailforceError as fault:
        print(f"gailforce: {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt as interrupt:
        print(f"\ngailforce: interrupted{''.join(f'; {part}' for part in interrupt.args)}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        print(
            f"gailforce: the disk is full ({fault}); free some space and go on with: gailforce resume RUN",
            file=sys.stderr,
        )
        return 4


def _run(verb: str, arguments: list[str]) -> int:
    import tyro

    from ..envs.errors import unknown

    if verb not in VERBS:
        raise unknown("verb", verb, VERBS)
    module, name, _ = VERBS[verb]

    kind = getattr(importlib.import_module(f"gailforce.experiments.{module}"), name)
    command = tyro.cli(kind, prog=f"gailforce {verb}", args=arguments)
    result = command.run()
    print(json.dumps(result) if command.json else command.describe(result))
    return result.get("exit_code", 0)
