"""Django's task interface over the same rows: `@task` functions of other people's apps run in our workers too."""

from __future__ import annotations

import json
from typing import Any

from django.utils.module_loading import import_string
from django_tasks import TaskContext
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.utils import normalize_json

from bandstand.webkit.jobs.models import Job

NAME = "jobs.task"

_STATUS = {
    Job.State.WAITING: TaskResultStatus.READY,
    Job.State.RUNNING: TaskResultStatus.RUNNING,
    Job.State.DONE: TaskResultStatus.SUCCESSFUL,
    Job.State.PARKED: TaskResultStatus.FAILED,
    Job.State.CANCELLED: TaskResultStatus.FAILED,
}


def payload_of(task: Task[Any, Any], args: object, kwargs: object) -> dict[str, Any]:  # any function may be a task
    """Return what a job's row keeps about a task: where its function is, and what to call it with."""
    payload = {
        "function": task.module_path,
        "backend": task.backend,
        "args": list(normalize_json(args)),
        "kwargs": normalize_json(kwargs),
    }
    return dict(json.loads(json.dumps(payload, allow_nan=False)))


def result_of(job: Job) -> TaskResult[Any]:
    """Return a job's row as the task interface shows it."""
    task: Task[Any, Any] = import_string(job.payload["function"])
    result: TaskResult[Any] = TaskResult(
        task=task.using(priority=job.priority, queue_name=job.queue, backend=job.payload["backend"]),
        id=job.pk,
        status=_STATUS[Job.State(job.state)],
        enqueued_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.ended_at,
        last_attempted_at=job.started_at,
        args=job.payload["args"],
        kwargs=job.payload["kwargs"],
        backend=job.payload["backend"],
        errors=[TaskError(exception_class_path=job.error_class, traceback=job.error)] if job.error_class else [],
        worker_ids=[job.worker] * job.attempts,
    )
    object.__setattr__(result, "_return_value", job.result)  # as the interface's own back ends set it
    return result


def call(job_id: str, payload: dict[str, Any]) -> object:
    """Run the task's function and return what it returned, as plain JSON."""
    task: Task[Any, Any] = import_string(payload["function"])
    if task.takes_context:
        context = TaskContext(task_result=result_of(Job.objects.get(pk=job_id)))
        return normalize_json(task.call(context, *payload["args"], **payload["kwargs"]))
    return normalize_json(task.call(*payload["args"], **payload["kwargs"]))
