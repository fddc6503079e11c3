"""The code of a project as its jobs get it: one file of wheels, named by its content."""

from alur.packaging.artifact import Artifact, build

__all__ = ["Artifact", "build"]
