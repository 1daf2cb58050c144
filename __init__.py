"""gailforce: imitation learning you can trust."""
