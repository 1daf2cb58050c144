"""MuJoCo bodies: their tasks as batch functions, vectorized environments, exact replay, rendering."""

from .batched import BatchedEnv
from .body import Body
from .registry import BODIES, body, env_id, find_body, make_env, make_single, spaces

__all__ = ["BODIES", "BatchedEnv", "Body", "body", "env_id", "find_body", "make_env", "make_single", "spaces"]
