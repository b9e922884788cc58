"""Django's task interface over our rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, default_task_backend, task_backends
from django_tasks.exceptions import TaskResultDoesNotExist
from tests.integration.jobs import errands

from bandstand.webkit.jobs import registry
from bandstand.webkit.jobs.backend import LeasedBackend
from bandstand.webkit.jobs.doing import Doer
from bandstand.webkit.jobs.models import Job

pytestmark = pytest.mark.django_db


def work(times=1):
    worker = Doer("w1", (), {"jobs.task": registry.kind("jobs.task")})
    for _ in range(times):
        claimed = worker.claim()
        assert claimed is not None
        worker.do(claimed)


def test_the_settings_name_this_back_end():
    assert isinstance(task_backends["default"], LeasedBackend)


def test_a_task_waits_runs_and_returns():
    result = errands.add.enqueue(2, second=3)
    assert (result.status, result.attempts) == (TaskResultStatus.READY, 0)
    work()
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (TaskResultStatus.SUCCESSFUL, 5, 1)


def test_a_task_keeps_queue_priority_and_time():
    tomorrow = timezone.now() + timedelta(days=1)
    errands.add.using(priority=7, run_after=tomorrow).enqueue(1)
    job = Job.objects.get()
    assert (job.queue, job.priority, job.run_at) == ("mail", 7, tomorrow)


def test_equal_calls_are_tasks_of_their_own():
    assert errands.add.enqueue(1).id != errands.add.enqueue(1).id
    assert Job.objects.count() == 2


def test_a_task_may_ask_for_its_context():
    result = errands.attempt.enqueue()
    work()
    result.refresh()
    assert result.return_value == 1


def test_a_coroutine_is_a_task_too():
    result = errands.later.enqueue("soon")
    work()
    result.refresh()
    assert Job.objects.get().result == "soon"
    assert str(result.return_value) == "soon"


def test_a_broken_task_is_tried_again_and_then_failed_with_its_error():
    result = errands.breaks.enqueue()
    for turn in (1, 2, 3):
        Job.objects.update(run_at=timezone.now() - timedelta(seconds=1))
        work()
        result.refresh()
        assert result.status == (TaskResultStatus.FAILED if turn == 3 else TaskResultStatus.READY)
    assert result.errors[0].exception_class is LookupError
    assert "nothing there" in result.errors[0].traceback


@pytest.mark.django_db(transaction=True)
def test_a_task_of_a_transaction_that_fails_is_never_there():
    def act():
        errands.add.enqueue(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        act()
    assert not Job.objects.exists()


def test_what_is_no_task_has_no_result():
    with pytest.raises(TaskResultDoesNotExist):
        default_task_backend.get_result("nobody")


def test_a_task_must_have_plain_arguments():
    with pytest.raises(TypeError):
        errands.add.enqueue(object())
