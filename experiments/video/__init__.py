"""Films of policies, composed from their episodes."""
