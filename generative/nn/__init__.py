"""Networks, losses, regularizers and schedules that families share."""
