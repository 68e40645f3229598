"""What can go wrong in the harness, each with the exit code that scripts can act on."""


class LabError(Exception):
    """The lab could not do its work. The message says what happened and names the fix."""

    exit_code = 4


class InvalidRunError(LabError):
    """A run took place but proves nothing: its figures are withheld."""

    exit_code = 2
