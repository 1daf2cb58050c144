"""What world models are worth: against MuJoCo, on policies they were not fitted on."""
