# greenlet ships no types; these are the parts that give a greenlet the context of its task.
from contextvars import Context

class greenlet:  # noqa: N801
    parent: greenlet  # None in a thread's first greenlet, in which no request runs
    gr_context: Context | None

def getcurrent() -> greenlet: ...
