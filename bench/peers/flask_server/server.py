# mypy: ignore-errors
"""Authlib's authorization server in Flask on PostgreSQL, rotating refresh tokens.

Run by a WSGI server out of the peers' own virtual environment, with DATABASE in the environment.
Written the way Authlib's guide and its SQLAlchemy integration have it; the pieces that every
deployment supplies itself (the grant's three methods) are as short as they can be.
"""

import os
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import (
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_query_client_func,
    create_save_token_func,
)
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant
from flask import Flask
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

Base = declarative_base()
engine = create_engine(os.environ["DATABASE"], pool_size=32, max_overflow=32)
session = scoped_session(sessionmaker(bind=engine, expire_on_commit=False))


class User(Base):
    """Whoever granted; Authlib wants to load one on every renewal."""

    __tablename__ = "users"
    id = Column(Integer, primary_key=True)

    def get_user_id(self):
        return self.id


class Client(Base, OAuth2ClientMixin):
    """The one confidential client of the run."""

    __tablename__ = "clients"
    id = Column(Integer, primary_key=True)


class Token(Base, OAuth2TokenMixin):
    """A row for every token pair ever issued."""

    __tablename__ = "tokens"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)
    access_token = Column(String(255), unique=True, nullable=False)


class Refresh(RefreshTokenGrant):
    """Renewal with rotation: the old token is revoked in the row it came in."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        token = session.query(Token).filter_by(refresh_token=refresh_token).first()
        return token if token and not token.is_revoked() else None

    def authenticate_user(self, refresh_token):
        return session.get(User, refresh_token.user_id)

    def revoke_old_credential(self, refresh_token):
        refresh_token.refresh_token_revoked_at = int(time.time())
        session.commit()


app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(
    app, create_query_client_func(session, Client), create_save_token_func(session, Token)
)
server.register_grant(Refresh)


@app.post("/token")
def token():
    return server.create_token_response()


@app.errorhandler(SQLAlchemyError)
def away(_):
    return {"error": "temporarily_unavailable"}, 503


@app.teardown_appcontext
def release(_):
    session.remove()


def seed(path, count):
    """Makes the tables, one client and `count` users; writes a refresh token for each to `path`."""
    Base.metadata.create_all(engine)
    client = Client(
        client_id="bench", client_secret="bench-secret-0123456789abcdef0123456789abcdef"
    )
    client.set_client_metadata(
        {
            "grant_types": ["refresh_token"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": "orders.read",
        }
    )
    tokens = [f"seed-{number:043d}" for number in range(count)]
    session.add(client)
    session.add_all(User(id=number + 1) for number in range(count))
    session.add_all(
        Token(
            client_id="bench",
            user_id=number + 1,
            token_type="Bearer",
            access_token=f"access-{number}",
            refresh_token=refresh_token,
            scope="orders.read",
            expires_in=3600,
        )
        for number, refresh_token in enumerate(tokens)
    )
    session.commit()
    session.remove()
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{each}\n" for each in tokens)


if __name__ == "__main__":
    seed(os.environ["TOKENS"], int(os.environ["GRANTS"]))
