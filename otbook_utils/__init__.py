"""What the chapters of *Comparing Distributions* import: one subpackage a part of the book."""
