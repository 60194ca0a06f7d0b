"""From chapters to a site: executing, caching and building the book, and its set-up cells.

No chapter imports this subpackage; what it needs is installed by `requirements.txt`.
"""
