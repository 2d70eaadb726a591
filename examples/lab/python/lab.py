"""What the loader, the worker and the notebook share: the way to the database and to the queue."""

import os
from pathlib import Path

import psycopg2
import redis


def database():
    """A connection to PostgreSQL. Host, database and user come from PGHOST and its like, the password from the secret."""
    return psycopg2.connect(password=Path("/run/secrets/db_password").read_text().strip())


def queue():
    """A connection to Redis, whose list `jobs` holds dates such as 2013-07-19."""
    return redis.Redis.from_url(os.environ["QUEUE_URL"], decode_responses=True)
