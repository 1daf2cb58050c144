"""What generators of trajectories are worth: on conditions they have not seen, beside controls."""
