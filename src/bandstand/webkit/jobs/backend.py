"""The back end that the setting TASKS names."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued


class LeasedBackend(BaseTaskBackend):
    """Keeps tasks as jobs in the database: enqueued with the transaction, leased, tried again, never lost.

    Without the option QUEUES tasks may go into any queue. Django loads this class before its models, so what needs them
    is imported where it is used.
    """

    supports_defer = True
    supports_priority = True
    supports_get_result = True
    supports_async_task = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:  # as the interface has it
        super().__init__(alias, {"QUEUES": [], **params})

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:  # any function's
        """Keep `task` with its arguments as a job; return its first result."""
        from bandstand.webkit.jobs import tasks
        from bandstand.webkit.jobs.models import Job, new_id

        self.validate_task(task)
        job_id, now = new_id(), timezone.now()
        job = Job.objects.create(
            pk=job_id,
            name=tasks.NAME,
            key=job_id,  # each call is a task of its own
            payload=tasks.payload_of(task, args, kwargs),
            queue=task.queue_name,
            priority=task.priority,
            run_at=task.run_after or now,
            created_at=now,
        )
        result = tasks.result_of(job)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return how the task `result_id` stands.

        Raises
        ------
        TaskResultDoesNotExist
            There is no such task, or it was deleted since.
        """
        from bandstand.webkit.jobs import tasks
        from bandstand.webkit.jobs.models import Job

        try:
            return tasks.result_of(Job.objects.get(pk=result_id, name=tasks.NAME))
        except Job.DoesNotExist:
            raise TaskResultDoesNotExist(result_id) from None
