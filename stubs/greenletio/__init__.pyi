# greenletio ships no types; these are the forms that the ASGI edge uses.
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")

def async_(fn: Callable[P, T]) -> Callable[P, Awaitable[T]]: ...
@overload
def await_(coro_or_fn: Awaitable[T]) -> T: ...
@overload
def await_(coro_or_fn: Callable[P, Awaitable[T]]) -> Callable[P, T]: ...
