"""The command `gailforce VERB`: one file a verb, which parses, calls and prints."""
