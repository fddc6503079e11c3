"""The pipelines of one Glue job."""

from __future__ import annotations

from dataclasses import dataclass

from alur.naming import Names


@dataclass(frozen=True, slots=True)
class JobGroup:
    """The pipelines of one Glue job.

    Attributes:
        label: the job's name in Terraform: that of its only pipeline, or one that no pipeline can have.
        pipelines: their names, in the order of the graph.
    """

    label: str
    pipelines: tuple[str, ...]

    @property
    def is_fused(self) -> bool:
        """Return whether it has several pipelines."""
        return len(self.pipelines) > 1

    def job_name(self, names: Names) -> str:
        """Return the job's name in Glue.

        Raises:
            NameTooLong: Glue would refuse the name.
        """
        return names.fused_job(self.label) if self.is_fused else names.job(self.label)

    def role_name(self, names: Names) -> str:
        """Return the name of the job's own role.

        Raises:
            NameTooLong: the names of project and environment leave no room for it.
        """
        return names.fused_role(self.label) if self.is_fused else names.pipeline_role(self.label)
