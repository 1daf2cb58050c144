"""Learners: experts, cloning, GAIL, and every saved policy as something that acts."""
