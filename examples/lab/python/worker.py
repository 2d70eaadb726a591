"""Takes a date from the list `jobs` in Redis, sums up that day's weather, and writes one row into `report` in PostgreSQL."""

import logging
import os
import signal
import socket
from pathlib import Path

import psycopg2

import lab

ALIVE = Path("/tmp/alive")  # its age is what the health check looks at

SUMMARY = """
insert into report (day, hours, mean_temp, max_wind, rain, done_by)
select %(day)s::date, count(*), avg(temp), max(wind_speed), sum(precip), %(me)s
from weather where (time_hour at time zone 'America/New_York')::date = %(day)s::date
having count(*) > 0
on conflict (day) do update set (hours, mean_temp, max_wind, rain, done_by, done_at)
    = (excluded.hours, excluded.mean_temp, excluded.max_wind, excluded.rain, excluded.done_by, now())
returning hours, round(mean_temp::numeric, 1)
"""

logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper(), format="%(levelname)s %(message)s")
stopping = False


def stop(*_):
    """The job at hand is finished first."""
    global stopping
    stopping = True


def work(database, queue, day):
    try:
        with database, database.cursor() as cursor:
            cursor.execute(SUMMARY, {"day": day, "me": socket.gethostname()})
            row = cursor.fetchone()
    except psycopg2.DataError:
        row = None
    except psycopg2.OperationalError:
        # The database went away: the job goes back, this process ends, and its restart policy brings a fresh one.
        queue.lpush("jobs", day)
        raise
    if row:
        logging.info("%s: %s hours, %s °F on average", day, *row)
    else:
        logging.warning("%s: no such day in the data; kept in the list `failed`", day)
        queue.rpush("failed", day)


signal.signal(signal.SIGTERM, stop)
database, queue = lab.database(), lab.queue()
logging.info("waiting for jobs")
while not stopping:
    ALIVE.touch()
    if job := queue.blpop("jobs", timeout=1):
        work(database, queue, job[1])
logging.info("stopped")
