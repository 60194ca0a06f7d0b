"""What pyproject.toml cannot say: recorded runs travel with the installed package.

`book/results` becomes the folder `otbook_utils/recorded`, so that a chapter in Colab, where only
the package is installed, finds them without asking the network. All else is in pyproject.toml.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["otbook_utils*"]), "otbook_utils.recorded"],
    package_dir={"otbook_utils.recorded": "book/results"},
)
