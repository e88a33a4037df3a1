"""`moderation users`, `keys` and `webhooks`: who may come in, and who is told."""

import secrets
from typing import Annotated

import typer

from moderation.core.clock import Clock, rfc3339
from moderation.flows.deliver import DeliverFlow
from moderation.outbound.webhooks import WebhookSender
from moderation.settings import Settings
from moderation.store import access
from moderation.store.access import Role
from moderation.wiring import open_database, webhook_secret


def add_to(app: typer.Typer) -> None:
    users = typer.Typer(help="Who signs in to the review desk.", no_args_is_help=True)
    users.command("add", epilog="Example: moderation users add li --role reviewer")(add_user)
    users.command("password", epilog="Example: moderation users password li")(new_password)
    users.command("disable", epilog="Example: moderation users disable li")(disable_user)
    users.command("list", epilog="Example: moderation users list")(list_users)
    app.add_typer(users, name="users")
    keys = typer.Typer(help="API keys.", no_args_is_help=True)
    keys.command("create", epilog="Example: moderation keys create signup --scope screen --scope evidence")(create_key)
    keys.command("revoke", epilog="Example: moderation keys revoke key_019b…")(revoke_key)
    keys.command("list", epilog="Example: moderation keys list")(list_keys)
    app.add_typer(keys, name="keys")
    webhooks = typer.Typer(help="Who is told of decisions.", no_args_is_help=True)
    webhooks.command("add", epilog="Example: moderation webhooks add https://example.org/hook --event measure.applied")(
        add_webhook
    )
    webhooks.command("remove", epilog="Example: moderation webhooks remove hook_019b…")(remove_webhook)
    webhooks.command("list", epilog="Example: moderation webhooks list")(list_webhooks)
    app.add_typer(webhooks, name="webhooks")


Username = Annotated[str, typer.Argument(help="The name to sign in with.")]
CLOCK = Clock()


def add_user(username: Username, role: Annotated[Role, typer.Option(help="What they may do.")] = Role.REVIEWER) -> None:
    """Adds a user and prints the first password, this once."""
    password = secrets.token_urlsafe(12)
    with open_database(Settings.read()).write() as tx:
        access.add_user(tx, CLOCK.id("user"), username, password, role, CLOCK.now())
    typer.echo(f"{username}  {password}")


def new_password(username: Username) -> None:
    """Gives a user a new password and prints it, this once."""
    password = secrets.token_urlsafe(12)
    with open_database(Settings.read()).write() as tx:
        access.set_password(tx, username, password)
    typer.echo(f"{username}  {password}")


def disable_user(username: Username) -> None:
    """Shuts a user out; what they decided stays."""
    with open_database(Settings.read()).write() as tx:
        access.disable_user(tx, username, CLOCK.now())


def list_users() -> None:
    """Lists users."""
    with open_database(Settings.read()).read() as tx:
        for user in access.all_users(tx):
            typer.echo(f"{user.username}  {user.role}{'  disabled' if user.disabled_at else ''}")


def create_key(
    name: Annotated[str, typer.Argument(help="Whose key: idempotency keys are theirs.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do; again for more: {', '.join(access.SCOPES)}.")],
) -> None:
    """Makes an API key and prints it, this once."""
    with open_database(Settings.read()).write() as tx:
        typer.echo(access.add_key(tx, CLOCK.id("key"), name, frozenset(scope), CLOCK.now()))


def revoke_key(id: Annotated[str, typer.Argument(help="As `keys list` prints it.")]) -> None:
    """Revokes an API key; within seconds nothing takes it any more."""
    with open_database(Settings.read()).write() as tx:
        access.revoke_key(tx, id, CLOCK.now())


def list_keys() -> None:
    """Lists API keys, without their secret part."""
    with open_database(Settings.read()).read() as tx:
        for key in access.all_keys(tx):
            end = "  revoked" if key.revoked_at else ""
            typer.echo(f"{key.id}  {key.owner}  {','.join(sorted(key.scopes))}  {rfc3339(key.created_at)}{end}")


def add_webhook(
    url: Annotated[str, typer.Argument(help="Where to send to.")],
    event: Annotated[list[str], typer.Option(help="Which events, such as measure.applied; again for more; * for all.")],
) -> None:
    """Adds a webhook and prints its signing secret, this once."""
    webhook = _deliver().add(url, tuple(event), webhook_secret())
    typer.echo(f"{webhook.id}  {webhook.secret}")


def remove_webhook(id: Annotated[str, typer.Argument(help="As `webhooks list` prints it.")]) -> None:
    """Removes a webhook; what still waited for it is given up."""
    _deliver().remove(id)


def list_webhooks() -> None:
    """Lists webhooks, without their secrets."""
    for webhook in _deliver().webhooks():
        typer.echo(f"{webhook.id}  {webhook.url}  {','.join(webhook.events)}")


def _deliver() -> DeliverFlow:
    settings = Settings.read()
    sender = WebhookSender(allow_private=settings.allow_private_hosts)
    return DeliverFlow(open_database(settings), sender, CLOCK)
