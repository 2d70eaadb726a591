#!/bin/sh
# Makes the cluster once, sets the password of `lab` from the secret at every start, then becomes PostgreSQL.
set -eu

cluster=/var/lib/postgresql/data/15

if [ ! -d "$cluster" ]; then
    # Made aside and renamed at the end: a first start that is cut short begins again instead of leaving half a cluster.
    rm -rf "$cluster.part"
    initdb --pgdata="$cluster.part" --encoding=UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >>"$cluster.part/pg_hba.conf"
    printf 'CREATE ROLE lab LOGIN;\nCREATE DATABASE lab OWNER lab;\n' | postgres --single -D "$cluster.part" postgres >/dev/null
    mv "$cluster.part" "$cluster"
fi

# Single-user mode reads standard input: the password is in no argument, no environment and no log.
printf "ALTER ROLE lab PASSWORD '%s';\n" "$(sed "s/'/''/g" /run/secrets/db_password)" |
    postgres --single -D "$cluster" -c log_min_error_statement=panic postgres >/dev/null

exec postgres -D "$cluster" -c listen_addresses='*'
