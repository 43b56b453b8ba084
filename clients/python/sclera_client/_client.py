"""Sessions, and questions in one line."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ._calls import Unreadable
from ._operations import Operations


class Passage(NamedTuple):
    """Who was let through by `/gate/auth`; what is not visible ASCII stands as percent escapes."""

    user: str
    roles: str


class Client(Operations):
    """A client of one server."""

    def sign_in(self, user: str, password: str, *, role: Optional[str] = None, totp: Optional[str] = None) -> None:
        """Begins a session, and comes with its tokens from now on.

        :param role: a role to escalate to, which takes the place of all others
        :param totp: the one-time password, where a second factor is asked
        """
        body = {"user": user, "password": password, "role": role, "totp": totp}
        self._begin(self.post_login({name: value for name, value in body.items() if value is not None}))  # type: ignore

    def sign_out(self) -> None:
        """Ends the session."""
        try:
            self.post_logout()
        finally:
            self._end()

    def holds(self, resource: str, permissions: str, *, user: Optional[str] = None) -> bool:
        """Whether whoever asks, or a user, holds all of some permissions on a resource, such as `RW`.

        Asking about others takes %Admin_Secure:U.
        """
        question = {"Resource": resource, "Permissions": permissions}
        return self._told(question, "Granted", bool, user)

    def held(self, resource: str, *, user: Optional[str] = None) -> str:
        """What whoever asks, or a user, holds on a resource, such as `READ,WRITE`."""
        return self._told({"Resource": resource}, "Permissions", str, user)

    def _told(self, question, member, kind, user):
        if user is not None:
            question["User"] = user
        told = self.post_check(question)
        if not isinstance(told, dict) or not isinstance(told.get(member), kind):
            raise Unreadable(f"no {member} is told")
        return told[member]

    def passage(self, privilege: str = "") -> Passage:
        """Who comes with these credentials, as a proxy asks: `Refused` with 401 or 403 where they are not let through.

        :param privilege: such as `Ward_Chart:R`; empty for whoever signs in
        """
        return _passage(self._ask("GET", "/gate/auth", query={"privilege": privilege}))

    def passage_of(
        self,
        privilege: str,
        *,
        authorization: Optional[str] = None,
        cookie: Optional[str] = None,
        address: Optional[str] = None,
    ) -> Passage:
        """The same for a caller of an application, with the caller's credentials and none of this client.

        :param authorization: the header `Authorization` of the caller
        :param cookie: the header `Cookie`; that of `/gate/sign-in` counts
        :param address: where the caller is; believed from applications that `trusted_proxies` of the server names
        """
        told = {"Authorization": authorization, "Cookie": cookie, "X-Forwarded-For": address}
        headers = {name: value for name, value in told.items() if value is not None}
        query = {"privilege": privilege}
        return _passage(self._ask("GET", "/gate/auth", query=query, headers=headers, is_open=True))


def _passage(told) -> Passage:
    return Passage(told.headers.get("X-Sclera-User", ""), told.headers.get("X-Sclera-Roles", ""))
