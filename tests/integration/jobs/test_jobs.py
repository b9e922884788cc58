"""Jobs within one process: asking, claiming, ending."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from tests.conftest import NOW

from bandstand.kernel.errors import InputError, OutsideError
from bandstand.kernel.progress import CancelledError
from bandstand.webkit import jobs
from bandstand.webkit.jobs import leases, periodic, queries, registry, rules
from bandstand.webkit.jobs.doing import Doer
from bandstand.webkit.jobs.models import Job, Worker
from bandstand.webkit.jobs.progress import JobProgress, LeaseLostError, ReleasedError
from bandstand.webkit.jobs.registry import JobKind, UnknownJobError
from bandstand.webkit.jobs.services import JobAliveError, JobNotParkedError, PayloadError

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=1)


class Errand:
    """A job whose behaviour a test chooses."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []
        self.does = lambda progress: None

    def __call__(self, *, now, progress, **payload):
        self.calls.append(payload)
        return self.does(progress)


@pytest.fixture
def errand(monkeypatch):
    registry.kinds()
    chosen = Errand()
    kind = JobKind(name="tests.errand", run=chosen, queue="slow", lease=timedelta(minutes=7), every=None, tries=3)
    monkeypatch.setattr(registry, "_kinds", {**registry._kinds, "tests.errand": kind})
    return chosen


@pytest.fixture
def worker(errand):
    return Doer("w1", (), {"tests.errand": registry.kind("tests.errand")})


def ask(key="a", **more):
    return jobs.enqueue("tests.errand", key=key, run_at=more.pop("run_at", LONG_AGO), **more)


def claim(worker="w1", now=NOW, queues=()):
    kinds = {"tests.errand": registry.kind("tests.errand")}
    return leases.claim(worker=worker, kinds=kinds, queues=queues, now=now)


def do(worker):
    claimed = worker.claim()
    worker.do(claimed)
    return Job.objects.get(pk=claimed.job_id)


def raising(error):
    def does(progress):
        raise error

    return does


def test_an_errand_is_done_with_its_payload(worker, errand):
    ask(part_id=7, names=["a", "ä"])
    job = do(worker)
    assert errand.calls == [{"part_id": 7, "names": ["a", "ä"]}]
    assert (job.state, job.attempts, job.worker, job.queue) == ("done", 1, "w1", "slow")
    assert job.ended_at is not None
    assert worker.claim() is None


def test_the_same_key_twice_is_one_row_and_one_id(errand):
    assert ask() == ask()
    assert Job.objects.count() == 1


def test_the_same_key_is_taken_again_once_the_first_is_done(worker, errand):
    first = ask()
    do(worker)
    assert ask() != first
    assert queries.counts() == {"waiting": 1, "running": 0, "done": 1, "parked": 0, "cancelled": 0}


def test_another_name_with_the_same_key_is_another_job(errand):
    assert ask(key="x") != jobs.enqueue("jobs.tidy", key="x")


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_fails_is_never_there(errand):
    def act():
        ask()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        act()
    assert Job.objects.count() == 0


def test_many_are_asked_for_in_few_statements(errand, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):  # SQLite takes fewer parameters in one statement
        jobs.enqueue_many("tests.errand", ((str(n % 900), {"n": n}) for n in range(1_000)))
    assert Job.objects.count() == 900


def test_a_name_that_nobody_registered_is_refused(errand):
    with pytest.raises(UnknownJobError):
        jobs.enqueue("tests.mistyped", key="a")


@pytest.mark.parametrize(
    "payload", [{"when": NOW}, {"share": float("nan")}, {"text": "x" * 70_000}, {"now": 1}, {"progress": 1}]
)
def test_a_payload_that_a_row_can_not_keep_is_refused(errand, payload):
    with pytest.raises(PayloadError):
        ask(**payload)


def test_the_most_urgent_comes_first_then_the_oldest(errand):
    ask("late", run_at=NOW)
    ask("early", run_at=NOW - timedelta(seconds=5))
    ask("urgent", run_at=NOW, priority=9)
    ask("tomorrow", run_at=NOW + timedelta(days=1), priority=50)
    order = [Job.objects.get(pk=claim().job_id).key for _ in range(3)]
    assert order == ["urgent", "early", "late"]
    assert claim() is None


def test_a_worker_takes_only_from_its_queues(errand):
    ask()
    assert claim(queues=["mail"]) is None
    assert claim(queues=["mail", "slow"]) is not None


def test_a_worker_leaves_what_it_has_no_code_for(errand):
    ask()
    kinds = {"jobs.tidy": registry.kind("jobs.tidy")}
    assert leases.claim(worker="old", kinds=kinds, queues=(), now=NOW) is None
    assert leases.claim(worker="odd", kinds={}, queues=(), now=NOW) is None


def test_the_lease_is_as_long_as_the_job_says(errand):
    ask()
    assert Job.objects.get(pk=claim().job_id).lease_until == NOW + timedelta(minutes=7)


def test_a_job_nobody_can_do_is_listed(errand):
    ask()
    Job.objects.update(name="tests.from_the_future")
    assert [job.name for job in queries.unknown()] == ["tests.from_the_future"]


def test_what_the_outside_world_broke_waits_and_is_tried_again(worker, errand):
    errand.does = raising(OutsideError("The mail server does not answer."))
    ask()
    job = do(worker)
    assert (job.state, job.attempts, job.error) == ("waiting", 1, "The mail server does not answer.")
    assert job.run_at > job.started_at + timedelta(seconds=2)
    assert worker.claim() is None


def test_poison_is_put_aside_after_three_tries_with_its_reason(worker, errand):
    errand.does = raising(KeyError("missing"))
    ask()
    for _ in range(3):
        Job.objects.update(run_at=LONG_AGO)
        job = do(worker)
    assert (job.state, job.attempts) == ("parked", 3)
    assert job.error == "KeyError: 'missing'"
    assert list(queries.parked()) == [job]


def test_what_a_rule_refuses_is_put_aside_at_once_with_its_sentence(worker, errand):
    errand.does = raising(InputError("The cover is broken.", hint="Send another."))
    ask()
    job = do(worker)
    assert (job.state, job.attempts, job.error) == ("parked", 1, "The cover is broken. Send another.")


def test_a_parked_job_may_be_tried_again_as_if_new(worker, errand):
    errand.does = raising(InputError("Broken."))
    ask()
    job = do(worker)
    errand.does = lambda progress: None
    jobs.retry(job.pk, now=LONG_AGO)
    again = do(worker)
    assert (again.pk, again.state, again.attempts, again.error) == (job.pk, "done", 1, "")


def test_only_a_parked_job_may_be_tried_again(errand):
    with pytest.raises(JobNotParkedError):
        jobs.retry(ask())
    with pytest.raises(Job.DoesNotExist):
        jobs.retry("nobody")


def test_a_parked_job_is_not_tried_again_beside_its_younger_twin(worker, errand):
    errand.does = raising(InputError("Broken."))
    ask()
    parked = do(worker)
    ask()
    with pytest.raises(JobAliveError):
        jobs.retry(parked.pk)


def test_a_failure_is_one_line_in_the_log(worker, errand, caplog):
    errand.does = raising(InputError("Broken."))
    job_id = ask()
    do(worker)
    (record,) = caplog.records
    assert (record.job, record.attempt, record.again, record.levelname) == (job_id, 1, False, "ERROR")


def test_who_lost_the_lease_has_no_say(errand):
    job_id = ask()
    slow = claim(worker="slow")
    later = NOW + timedelta(hours=1)
    assert leases.sweep(kinds=registry.kinds(), now=later) == 1
    quick = claim(worker="quick", now=later)
    progress, error = JobProgress(job_id), OutsideError("x")
    assert not leases.finish(slow, progress, result=None, now=later)
    assert not leases.park(slow, error, now=later)
    assert not leases.try_again(slow, error, run_at=later, now=later)
    assert not leases.release(slow, now=later)
    leases.beat(slow, progress, lease_until=later + timedelta(days=1))
    with pytest.raises(LeaseLostError):
        progress(1)
    job = Job.objects.get()
    assert (job.state, job.worker, job.attempts) == ("running", "quick", 2)
    assert leases.finish(quick, JobProgress(job_id), result=None, now=later)


def test_the_same_worker_has_no_say_by_an_older_attempt(errand):
    ask()
    first = claim()
    later = NOW + timedelta(hours=1)
    leases.sweep(kinds=registry.kinds(), now=later)
    claim(now=later)
    assert not leases.finish(first, JobProgress(first.job_id), result=None, now=later)


def test_a_live_lease_is_left_alone_by_the_sweep(errand):
    ask()
    claimed = claim()
    leases.beat(claimed, JobProgress(claimed.job_id), lease_until=NOW + timedelta(hours=2))
    assert leases.sweep(kinds=registry.kinds(), now=NOW + timedelta(hours=1)) == 0


def test_a_dead_workers_job_comes_back_at_once_and_the_third_time_is_put_aside(errand):
    ask()
    for attempt in (1, 2, 3):
        assert claim().attempt == attempt
        assert leases.bring_back_from("w1", kinds=registry.kinds(), now=NOW) == 1
    assert Job.objects.get().state == "parked"
    assert "ended without a word" in Job.objects.get().error


def test_a_waiting_job_is_cancelled_at_once(errand):
    jobs.cancel(ask())
    assert Job.objects.get().state == "cancelled"
    assert claim() is None
    with pytest.raises(Job.DoesNotExist):
        jobs.cancel("nobody")


def test_a_running_job_learns_at_its_next_sign_of_life_that_it_is_cancelled(errand):
    job_id = ask()
    claimed, progress = claim(), JobProgress(job_id)
    jobs.cancel(job_id)
    assert Job.objects.get(pk=job_id).state == "running"
    leases.beat(claimed, progress, lease_until=NOW + timedelta(minutes=1))
    with pytest.raises(CancelledError):
        progress(1)


def test_a_job_that_stops_because_it_was_cancelled_is_cancelled(worker, errand):
    errand.does = raising(CancelledError())
    ask()
    assert do(worker).state == "cancelled"


def test_a_cancelled_job_that_fails_meanwhile_is_not_tried_again(worker, errand):
    job_id = ask()

    def does(progress):
        jobs.cancel(job_id)
        raise OutsideError("Timeout.")

    errand.does = does
    assert do(worker).state == "cancelled"


def test_a_cancelled_job_whose_worker_died_is_cancelled(errand):
    job_id = ask()
    claim()
    jobs.cancel(job_id)
    leases.bring_back_from("w1", kinds=registry.kinds(), now=NOW)
    assert Job.objects.get().state == "cancelled"


def test_a_cancelled_job_that_is_done_all_the_same_is_done(worker, errand):
    job_id = ask()
    errand.does = lambda progress: jobs.cancel(job_id)
    assert do(worker).state == "done"
    jobs.cancel(job_id)
    assert Job.objects.get().state == "done"


def test_a_released_job_waits_again_and_the_attempt_is_not_counted(worker, errand):
    errand.does = raising(ReleasedError("j"))
    ask()
    job = do(worker)
    assert (job.state, job.attempts) == ("waiting", 0)


def test_progress_is_written_with_each_sign_of_life_and_at_the_end(worker, errand):
    def does(progress):
        progress.expect(3)
        progress.say("second of three")
        progress(2)
        leases.beat(claimed, progress, lease_until=NOW + timedelta(days=9_000))
        seen.append(Job.objects.values_list("done_count", "total_count", "message").get())
        progress(1)

    seen: list[object] = []
    errand.does = does
    ask()
    claimed = worker.claim()
    worker.do(claimed)
    assert seen == [(2, 3, "second of three")]
    assert Job.objects.get().done_count == 3


@pytest.fixture
def hourly(errand):
    return {
        "tests.errand": JobKind(
            name="tests.errand", run=errand, queue="default", lease=rules.LEASE, every=timedelta(hours=1), tries=3
        )
    }


def test_a_period_has_one_job_even_after_it_is_done(worker, errand, hourly):
    for _ in range(3):
        periodic.make_due(kinds=hourly, now=NOW)
    Job.objects.update(state="done", ended_at=NOW)
    periodic.make_due(kinds=hourly, now=NOW + timedelta(minutes=59))
    assert Job.objects.count() == 1
    periodic.make_due(kinds=hourly, now=NOW + timedelta(minutes=60))
    assert Job.objects.count() == 2


def test_a_late_period_does_not_overlap_with_the_next(errand, hourly):
    periodic.make_due(kinds=hourly, now=NOW)
    claim()
    periodic.make_due(kinds=hourly, now=NOW + timedelta(hours=1))
    assert Job.objects.count() == 1


def test_tidying_keeps_what_is_young_alive_or_put_aside(errand):
    for key in ("old", "young", "parked", "alive"):
        ask(key)
    Job.objects.filter(key="old").update(state="done", ended_at=NOW - rules.KEPT - timedelta(seconds=1))
    Job.objects.filter(key="young").update(state="done", ended_at=NOW)
    Job.objects.filter(key="parked").update(state="parked", ended_at=NOW - timedelta(days=400))
    Worker.objects.create(name="gone", started_at=LONG_AGO, seen_at=NOW - timedelta(days=2))
    Worker.objects.create(name="here", started_at=LONG_AGO, seen_at=NOW)
    progress = JobProgress("j")
    registry.kind("jobs.tidy").run(now=NOW, progress=progress)
    assert set(Job.objects.values_list("key", flat=True)) == {"young", "parked", "alive"}
    assert list(Worker.objects.values_list("name", flat=True)) == ["here"]
    assert progress.done == 1


def test_the_back_office_sees_how_long_the_oldest_has_waited(errand):
    assert queries.oldest_due(now=NOW) is None
    ask(run_at=NOW - timedelta(minutes=3))
    ask("future", run_at=NOW + timedelta(minutes=3))
    assert queries.oldest_due(now=NOW) == NOW - timedelta(minutes=3)


def test_a_page_finds_the_newest_job_of_a_key(worker, errand):
    ask()
    do(worker)
    newest = ask()
    found = queries.by_key(name="tests.errand", key="a")
    assert found is not None
    assert found.pk == newest
    assert queries.by_key(name="tests.errand", key="z") is None


def test_storage_refuses_a_running_job_without_a_lease(errand):
    ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.update(state="running", attempts=F("attempts") + 1)


def test_the_next_job_is_taken_with_the_end_of_the_last_unless_the_worker_is_to_end(worker, errand):
    for key in "abc":
        ask(key)
    stop = Event()
    following = worker.do(worker.claim(), stop=stop)
    assert following is not None
    assert queries.counts()["running"] == 1
    stop.set()
    assert worker.do(following, stop=stop) is None
    assert queries.counts() == {"waiting": 1, "running": 0, "done": 2, "parked": 0, "cancelled": 0}
