"""Which operation a path and a method are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from services.gateway.api.errors import ApiError, Fault, bad_request, not_found
from services.gateway.api.operation import Operation


@dataclass(frozen=True, slots=True)
class Route:
    """What answers at a path, by method; `template` is the path as the contract writes it."""

    template: str
    steps: Sequence[str]
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])

    @property
    def allow(self) -> str:
        """The methods, as the header `Allow` lists them."""
        read = ["HEAD"] if "GET" in self.operations else []
        return ", ".join([*self.operations, *read, "OPTIONS"])

    def match(self, steps: Sequence[str]) -> Mapping[str, str] | None:
        """Give what stands in the places of the template's names; None when it is another path."""
        if len(steps) != len(self.steps):
            return None
        pairs = list(zip(self.steps, steps, strict=True))
        if any(own != step for own, step in pairs if not own.startswith("{")):
            return None
        return {own[1:-1]: step for own, step in pairs if own.startswith("{")}

    def operation(self, method: str) -> Operation:
        """Give what answers the method. Raises ApiError (405)."""
        found = self.operations.get("GET" if method == "HEAD" else method)
        if found is None:
            fault = Fault("method-not-allowed", f"{self.template} answers {self.allow}.")
            raise ApiError(405, fault, headers={"allow": self.allow})
        return found


class Router:
    """All routes."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        routes: dict[str, Route] = {}
        for operation in operations:
            for path in (operation.path, *operation.aliases):
                route = routes.setdefault(path, Route(path, _steps(path)))
                if operation.method in route.operations:
                    raise ValueError(f"{operation.method} {path} is stated twice")
                route.operations[operation.method] = operation
        # Words before names: `/filters/preview` is no filter.
        self._routes = sorted(routes.values(), key=lambda route: [step.startswith("{") for step in route.steps])

    def template(self, raw_path: str) -> str:
        """Give the template of a path; empty when nothing is there."""
        try:
            return self.find(raw_path)[0].template
        except ApiError:
            return ""

    def find(self, raw_path: str) -> tuple[Route, Mapping[str, str]]:
        """Find the route of a percent-encoded path below `/api`. Raises ApiError (404)."""
        steps = [_decoded(step) for step in _steps(raw_path)]
        for route in self._routes:
            found = route.match(steps)
            if found is not None:
                return route, found
        raise not_found("The API has nothing at this path.")


def _steps(path: str) -> Sequence[str]:
    return path.split("/")[1:] or [""]


def _decoded(step: str) -> str:
    try:
        return unquote(step, errors="strict")
    except UnicodeDecodeError:
        raise bad_request("The path is no UTF-8 in percent-encoding.") from None
