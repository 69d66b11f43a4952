"""requests: ``session.auth = KeeperAuth(keeper, "crm")``."""

from __future__ import annotations

from remint.keeper.auth.keepers import missing

try:
    from requests.auth import AuthBase
    from requests.utils import rewind_body
except ModuleNotFoundError as error:
    raise missing(__name__, "requests", error) from None

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from remint.keeper.access import Access
from remint.keeper.auth.answers import must_read, says_expired
from remint.keeper.auth.keepers import Kept
from remint.keeper.auth.origins import origin_of
from remint.keeper.auth.querymask import QueryMask
from remint.keeper.auth.turns import Ask, Course, Verdict, turns
from remint.keeper.keeper import Keeper

_query_mask: Final = QueryMask()
_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.util.retry")


class KeeperAuth(Kept, AuthBase):
    """Shows the token of a connection to an API, and another one if it had run out.

    A request is sent again once, if its body can be: one that comes from a generator cannot, and its 401 is
    the caller's. Redirects within the API show the token, others do not. ``origins`` names those that may
    see it at all, such as ``https://api.example.com``. Requests raise what ``Keeper.token`` raises.
    """

    def __init__(self, keeper: Keeper, name: str, *, origins: Iterable[str] | None = None) -> None:
        super().__init__(keeper, name, origins=origins)

    def __call__(self, request: Any) -> Any:
        if self._origins.admit(request.url):
            passage = _Passage(self, request)
            passage.show(request, self.asked(Ask("")))
            request.register_hook("response", passage.answered)
        return request


class _Passage:
    """One request on its way through a session, redirects included.

    A prepared request may be sent several times: nothing but what was shown last is kept.
    """

    def __init__(self, auth: KeeperAuth, request: Any) -> None:
        self._auth = auth
        self._origin = origin_of(request.url)
        self._plain_url = self._shown_url = request.url
        self._shown: dict[str, str] = {}
        self._cookie = ""
        self._access: Access

    def show(self, request: Any, access: Access) -> None:
        """Puts the token on, in place of one that is there."""
        self._access = access
        self._shown = {}
        for name, value in access.headers:
            if name.lower() == "cookie":
                others = request.headers.get(name, "").removesuffix(self._cookie).rstrip("; ")
                self._cookie = value
                value = f"{others}; {value}" if others else value
            request.headers[name] = self._shown[name] = value
        if request.url != self._shown_url:
            self._plain_url = request.url
        if access.query:
            _query_mask.cover(_LOGGERS, (name for name, _ in access.query))
            parts = urlsplit(self._plain_url)
            query = "&".join(filter(None, (parts.query, urlencode(access.query))))
            request.url = urlunsplit(parts._replace(query=query))
        self._shown_url = request.url

    def answered(self, response: Any, **options: Any) -> Any:
        """The hook of requests: gives back this answer, or that to the request sent again."""
        course = Course(turns(self._access))
        is_sent = True
        for step in course:
            if isinstance(step, Ask):
                try:
                    course.feed(self._auth.asked(step))
                except BaseException:
                    response.close()
                    raise
            else:
                response = response if is_sent else self._again(response, step.access, options)
                is_sent = False
                course.feed(self._verdict(response))
        return response

    def _verdict(self, response: Any) -> Verdict:
        """What the answer means. From here on it is the caller's: its address shows no token any more."""
        request = response.request
        is_seen = self._is_seen(request)
        is_within = origin_of(request.url) == self._origin
        if request.url == self._shown_url:
            request.url = response.url = self._plain_url
        if response.is_redirect:
            self._conceal(request, urljoin(response.url, response.headers["Location"]))
        status, headers, use = response.status_code, response.headers, self._access.use
        reads = must_read(use, status, headers.get("Content-Type"), headers.get("Content-Length"))
        is_expired = says_expired(use, status, response.content if reads else b"")
        if not is_expired or not _can_repeat(response):
            return Verdict.DONE
        if is_seen:
            return Verdict.EXPIRED
        return Verdict.UNSEEN if is_within else Verdict.DONE

    def _is_seen(self, request: Any) -> bool:
        """Whether the request shows the token, also where a redirect has led it."""
        if self._access.query and request.url != self._shown_url:
            return False
        return all(request.headers.get(name) == value for name, value in self._shown.items())

    def _conceal(self, request: Any, target: str) -> None:
        """Takes the token off before a redirect leads elsewhere: requests copies all but Authorization."""
        if origin_of(target) != origin_of(request.url):
            for name in self._shown:
                if name.lower() != "authorization":
                    request.headers.pop(name, None)

    def _again(self, response: Any, access: Access, options: dict[str, Any]) -> Any:
        # Read to its end, or the connection could not be used again.
        _ = response.content
        response.close()
        request = response.request
        if hasattr(request.body, "seek"):
            rewind_body(request)
        self.show(request, access)
        again = response.connection.send(request, **options)
        again.history.append(response)
        return again


def _can_repeat(response: Any) -> bool:
    """Whether the request's body can be sent a second time."""
    body = response.request.body
    if body is None or isinstance(body, str | bytes):
        return True
    return hasattr(body, "seek") and isinstance(response.request._body_position, int)
