"""One run of imitation: demonstrations, training, scores, verdict, film and page."""
