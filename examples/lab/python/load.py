"""Loads the data set into PostgreSQL, all of it or nothing, and exits. Running it again gives the same table."""

import sys

import lab

SCHEMA = """
create table if not exists weather (
    time_hour timestamptz primary key,
    temp real, humid real, wind_speed real, precip real, pressure real
);
create table if not exists report (
    day date primary key,
    hours integer not null, mean_temp real, max_wind real, rain real,
    done_by text not null, done_at timestamptz not null default now()
);
"""

with open(sys.argv[1], encoding="utf-8") as data, lab.database() as database, database.cursor() as cursor:
    # The head of the file is a comment with its source and licence; then come the names of the columns.
    columns = next(line for line in data if not line.startswith("#"))
    cursor.execute(SCHEMA)
    cursor.execute("truncate weather")
    cursor.copy_expert(f"copy weather ({columns}) from stdin with (format csv)", data)
    cursor.execute("select count(*) from weather")
    print(f"loaded {cursor.fetchone()[0]} rows from {sys.argv[1]}")
