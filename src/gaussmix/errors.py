"""Every error that gaussmix raises on purpose.

All errors derive from :class:`GaussmixError`, so that one ``except`` clause catches what the library
says, and each also derives from the built-in class that a caller would expect.
"""


class GaussmixError(Exception):
    """Base of every error that gaussmix raises on purpose."""


class DataError(GaussmixError, ValueError):
    """The rows cannot be used: the text says which row or column, and what to do."""


class ConfigError(GaussmixError, ValueError):
    """A parameter has a value that makes no sense, or two of them contradict each other."""


class DegenerateFitError(GaussmixError, ValueError):
    """A covariance became singular and no prior was there to keep it apart from zero."""


class FitWarning(RuntimeWarning):
    """A fit was made, but of fewer components than were asked for, or of too few rows; ``events_`` says more."""


class DataWarning(UserWarning):
    """Rows were read, but not quite as they stand in their file: the text says what was taken for what, or left out."""


class ModelFileError(GaussmixError, ValueError):
    """A file is no model of ours, is damaged, or needs a newer gaussmix: the text says which, and what to do."""


class FileError(GaussmixError, OSError):
    """A file cannot be read or written."""
