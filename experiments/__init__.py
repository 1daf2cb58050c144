"""Commands: run, evaluate, film and report, from the shell or from Python."""
