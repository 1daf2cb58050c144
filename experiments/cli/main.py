"""The command `gailforce VERB`: finds the verb, reads its flags, answers faults in one line."""

import importlib
import json
import sys

# Verb -> (module, class, what it does). Modules load when their verb is called, so that help is quick.
VERBS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo", "Demo", "the main job on shipped demonstrations: imitate, evaluate, film, report"),
    "imitate": ("imitate", "Imitate", "learn a policy from demonstrations, without a reward"),
    "expert": ("expert", "TrainExpert", "train an expert on the true reward"),
    "record": ("record", "Record", "record episodes of a policy as demonstrations"),
    "ladder": ("ladder", "Ladder", "record episodes of graded quality, from random to expert"),
    "evaluate": ("evaluate", "Evaluate", "score a policy beside its controls"),
    "video": ("video", "Video", "film a policy beside the expert"),
    "bench": ("bench", "Bench", "run a grid of methods, tasks and seeds into one table"),
    "verdict": ("verdict", "Verdict", "did it imitate? answered without any reward"),
    "report": ("report", "Report", "write the page of each run, and one that compares several"),
    "resume": ("resume", "Resume", "go on with a run that was stopped"),
    "demos": ("demos", "Demos", "list, describe, check, import and export demonstrations"),
    "generate": ("generate", "Generate", "draw trajectories like the demonstrations', checked by physics"),
    "dream": ("dream", "Dream", "train a fresh policy inside a run's world model, test it outside"),
    "models": ("models", "Models", "every family of models, its last results, when to use it"),
    "doctor": ("doctor", "Doctor", "look at this machine and say how to mend what is missing"),
}
INTERRUPTED = 130
# Verbs whose run can be gone on with.
RESUMABLE = ("demo", "imitate", "resume")


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
    from ..runs.flags import help_text
    from .command import to_json

    if verb not in VERBS:
        raise unknown("verb", verb, VERBS)
    module, name, _ = VERBS[verb]
    import_modules()

    kind = getattr(importlib.import_module(f"gailforce.experiments.cli.{module}"), name)
    if {"-h", "--help"} & set(arguments):
        print(help_text(verb, kind, kind.groups(arguments)))
        return 0
    command = tyro.cli(kind.parsed_class(arguments), prog=f"gailforce {verb}", args=arguments)
    result = command.run()
    plain = to_json(result)
    print(json.dumps(plain) if command.json else command.describe(result))
    return plain.get("exit_code", 0)
