"""Videos of episodes with overlays."""
