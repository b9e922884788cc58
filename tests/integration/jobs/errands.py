"""Functions as other people's apps write them, for Django's task interface."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="mail")
def add(first, second=0):
    """Return a sum."""
    return first + second


@task(takes_context=True)
def attempt(context):
    """Return which attempt this is."""
    return context.attempt


@task()
def breaks():
    """Fail."""
    raise LookupError("nothing there")


@task()
async def later(word):
    """Return a word, as a coroutine."""
    return word
