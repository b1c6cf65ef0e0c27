"""What stands before every route: whose is the key, and may it."""

from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from services.registry.api.call import desk_of
from services.registry.api.keys import Caller, MustWait, Refusal
from services.registry.api.problems import REALM, Problem, must_wait, refused_key
from services.registry.web.roles import Permission
from shared.outbox import now


class KeyGuard(HTTPBearer):
    """The dependency of each route. Cookies are not looked at."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(
            scheme_name="nyckel",
            description="Nyckeln i huvudet Authorization. Administratörer gör nycklar.",
        )
        self.permission = permission

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Let the call through, with `request.state.caller` set, or raise Problem."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem("token_missing", headers={"WWW-Authenticate": REALM})
        address = request.client.host if request.client else "unknown"
        caller = await run_in_threadpool(
            desk_of(request).keys.caller, token.strip(), address, now()
        )
        match caller:
            case MustWait(seconds):
                raise must_wait(seconds)
            case Refusal():
                raise refused_key(caller)
            case Caller():
                if not caller.may(self.permission):
                    raise Problem(
                        "forbidden",
                        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'},
                    )
        request.state.caller = caller
