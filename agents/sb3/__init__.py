"""What touches the insides of Stable-Baselines3: its PPO, policies, buffers, callbacks and files."""
