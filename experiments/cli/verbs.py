"""The verbs of the command, and the text that lists them."""

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
    "demos": ("demos", "Demos", "list, describe, check, import, export and repair demonstrations"),
    "generate": ("generate", "Generate", "draw trajectories like the demonstrations', checked by physics"),
    "dream": ("dream", "Dream", "train a fresh policy inside a run's world model, test it outside"),
    "models": ("models", "Models", "every family of models, its last results, when to use it"),
    "doctor": ("doctor", "Doctor", "look at this machine and say how to mend what is missing"),
}


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
        "gailforce VERB --help describes the flags of a verb; every verb takes --json.\n"
        "Exit codes: 0 done, 2 usage, 3 data, 4 environment, 5 numerical failure, 130 interrupted."
    )
