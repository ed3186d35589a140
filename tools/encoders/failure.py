"""failure.py: why an encoder cannot be had, in one line for the user."""


class Failure(Exception):
    pass
