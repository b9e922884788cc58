"""Many workers, killed and asked to end, on both databases."""

from __future__ import annotations

import os
import signal

from tests.integration.jobs.shop import LONE, SERVE, pid_of

FOUR = SERVE.format("processes=4")
TWO = SERVE.format("processes=2")


def test_four_workers_do_each_job_once(shop):
    shop.enqueue("workbench.mark", range(200))
    shop.start(FOUR)
    shop.wait_for(done=200)
    marks = shop.rows("SELECT key, count(*) FROM workbench_mark WHERE key NOT LIKE 'hourly%' GROUP BY key")
    assert sorted(int(key) for key, _ in marks) == list(range(200))
    assert {count for _, count in marks} == {1}
    assert shop.rows("SELECT max(attempts) FROM jobs_job") == [(1,)]
    assert len(shop.rows("SELECT DISTINCT pid FROM workbench_mark")) > 1


def test_a_periodic_job_is_made_once_by_many_workers(shop):
    shop.start(FOUR)
    shop.wait(lambda: shop.rows("SELECT 1 FROM jobs_job WHERE name = 'workbench.hourly' AND state = 'done'"))
    shop.enqueue("workbench.mark", range(20), seconds=0.1)
    shop.wait_for(done=20)
    hours = shop.rows("SELECT key FROM workbench_mark WHERE key LIKE 'hourly%'")
    assert len(hours) == len(set(hours))


def test_jobs_of_killed_workers_come_back_and_are_finished_by_others(shop):
    shop.enqueue("workbench.mark", range(16), seconds=0.3)
    shop.start(FOUR)
    killed = [shop.wait(lambda: shop.kill_a_busy_worker(attempts_below=3)) for _ in range(10)]
    assert len(shop.killed) == 10
    shop.wait_for(done=16)
    done = {int(key) for (key,) in shop.rows("SELECT key FROM workbench_mark WHERE key NOT LIKE 'hourly%'")}
    assert done == set(range(16))
    again = {key for (key,) in shop.rows("SELECT key FROM jobs_job WHERE attempts > 1")}
    assert again
    assert again <= set(killed)


def test_without_a_parent_the_lease_brings_the_job_back(shop):
    shop.enqueue("workbench.mark", range(1), seconds=0.6)
    shop.start(LONE)
    shop.wait(shop.kill_a_busy_worker)
    assert shop.states() == {"running": 1}
    shop.start(LONE)
    shop.wait_for(done=1)
    assert shop.rows("SELECT attempts FROM jobs_job WHERE key = '0'") == [(2,)]


def test_a_job_that_ends_its_worker_three_times_is_put_aside_with_the_reason(shop):
    shop.run(
        "import django; django.setup()\nfrom bandstand.webkit.jobs import enqueue\n"
        "enqueue('workbench.ends_its_worker', key='poison')"
    )
    shop.start(FOUR)
    shop.wait_for(parked=1)
    ((attempts, error),) = shop.rows("SELECT attempts, error FROM jobs_job WHERE key = 'poison'")
    assert attempts == 3
    assert "ended without a word" in error


def test_who_is_asked_to_end_finishes_the_job_at_hand_and_says_goodbye(shop):
    shop.enqueue("workbench.mark", range(3), seconds=0.5)
    crew = shop.start(SERVE.format("processes=1"))
    shop.wait(lambda: shop.states().get("running"))
    crew.send_signal(signal.SIGTERM)
    assert crew.wait(30) == 0
    assert shop.states() == {"done": 1, "waiting": 2}
    assert shop.rows("SELECT name FROM jobs_worker") == []


def test_a_job_longer_than_the_grace_is_given_back_and_the_attempt_is_not_counted(shop):
    shop.enqueue("workbench.mark", range(1), seconds=60)
    crew = shop.start(SERVE.format("processes=1, grace=0.5"))
    shop.wait(lambda: shop.states().get("running"))
    crew.send_signal(signal.SIGTERM)
    assert crew.wait(30) == 0
    assert shop.rows("SELECT state, attempts FROM jobs_job WHERE key = '0'") == [("waiting", 0)]


def test_a_running_job_tells_how_far_it_is_and_stops_when_it_is_cancelled(shop):
    shop.enqueue("workbench.mark", range(1), seconds=60)
    shop.start(TWO)
    shop.wait(lambda: shop.rows("SELECT 1 FROM jobs_job WHERE done_count > 0 AND total_count = 100"))
    shop.run(
        "import django; django.setup()\n"
        "from bandstand.webkit import jobs\nfrom bandstand.webkit.jobs.models import Job\n"
        "jobs.cancel(Job.objects.get(key='0').pk)"
    )
    shop.wait_for(cancelled=1)
    assert shop.rows("SELECT count(*) FROM workbench_mark WHERE key = '0'") == [(0,)]


def test_workers_end_when_their_parent_is_killed(shop):
    shop.enqueue("workbench.mark", range(2), seconds=0.2)
    crew = shop.start(TWO)
    shop.wait_for(done=2)
    pids = shop.wait(lambda: [pid_of(name) for (name,) in shop.rows("SELECT name FROM jobs_worker")])
    crew.kill()
    crew.wait()
    shop.wait(lambda: not any(alive(pid) for pid in pids))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_enqueued_in_a_transaction_that_fails_is_never_there(shop):
    shop.run(
        "import django; django.setup()\nfrom django.db import transaction\nfrom bandstand.webkit.jobs import enqueue\n"
        "try:\n    with transaction.atomic():\n        enqueue('workbench.mark', key='x')\n        raise ValueError\n"
        "except ValueError:\n    pass"
    )
    assert shop.states() == {}
