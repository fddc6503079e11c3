"""Packages a project's code for its jobs: one file of wheels, named by its content."""

from alur.packaging.artifact import Artifact, build

__all__ = ["Artifact", "build"]
