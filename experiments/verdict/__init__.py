"""The verdict: evidence, checks and judgement of a policy, without any reward."""
