"""What the commands tell the reader instead of a traceback."""


class PublishingError(Exception):
    """The book cannot be published as it stands; the message says why and what to do."""
