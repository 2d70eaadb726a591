//! The mistakes, by group.

type Group = (&'static str, &'static [(&'static str, &'static str)]);

pub const GROUPS: &[Group] = &[
    ("yaml", YAML),
    ("keys", KEYS),
    ("kinds", KINDS),
    ("values", VALUES),
    ("ports", PORTS),
    ("mounts", MOUNTS),
    ("variables", VARIABLES),
    ("references", REFERENCES),
    ("services", SERVICES),
    ("files", FILES),
    ("several", SEVERAL),
    ("warnings", WARNINGS),
];

const YAML: &[(&str, &str)] = &[
    ("a tab", "services:\n\tweb:\n\t\timage: nginx"),
    ("a quote that is not closed", "services:\n  web:\n    image: \"nginx\n    ports: [\"80:80\"]"),
    (
        "a bracket that is not closed",
        "services:\n  web:\n    image: nginx\n    ports: [\"80:80\"\n  db:\n    image: postgres",
    ),
    ("a missing space behind a colon", "services:\n  web:\n    image:nginx\n    tty: true"),
    ("a line that is indented too little", "services:\n  web:\n    image: nginx\n   ports: [\"80:80\"]"),
    ("a list item beside a key", "services:\n  web:\n    image: nginx\n    - 80"),
    ("a key twice", "services:\n  web:\n    image: nginx\n    tty: true\n    image: httpd"),
    ("a service twice", "services:\n  web:\n    image: nginx\n  web:\n    image: httpd"),
    ("a number as a key", "services:\n  web:\n    image: nginx\n    labels:\n      80: web"),
    ("a truth value as a key", "services:\n  web:\n    image: nginx\n    environment:\n      true: web"),
    ("an alias of nothing", "services:\n  web:\n    <<: *common\n    image: nginx"),
    ("a merge of no map", "x-common: &common [a]\nservices:\n  web:\n    <<: *common\n    image: nginx"),
    ("an alias inside itself", "services: &all\n  web: *all"),
    ("an at sign without quotes", "services:\n  web:\n    image: @nginx"),
    ("a percent sign without quotes", "services:\n  web:\n    image: nginx\n    command: %h"),
    ("a colon in a value without quotes", "services:\n  web:\n    image: nginx\n    command: echo a: b"),
    ("a key without its colon", "services:\n  web:\n    image: nginx\n    tty\n    init: true"),
    ("a bracket too many", "services:\n  web:\n    image: nginx\n    ports: [\"80:80\"]]"),
    (
        "a bracket at the margin that is not closed",
        "services:\n  web:\n    image: nginx\n    ports: [\n\"80:80\"\n    tty: true",
    ),
    (
        "a mistake behind a bracket at the margin",
        "services:\n  web:\n    image: \"nginx\n\"\n    ports: [\n\"80:80\",\n] # \u{fc}\n    environment: {\nA: [é, b]}\n    tty: maybe",
    ),
    ("a text behind a bar", "services:\n  web:\n    image: nginx\n    command: | echo hi"),
    ("a star as a value", "services:\n  web:\n    image: nginx\n    labels:\n      hosts: *"),
    ("a list at the top", "- services:\n    web: {image: nginx}"),
    ("nothing at all", "# to do"),
    (
        "nesting without end",
        "services: {web: {image: nginx, x-deep: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ),
];

const KEYS: &[(&str, &str)] = &[
    ("a key of a service misspelt", "services:\n  web:\n    imagee: nginx"),
    ("a key at the top misspelt", "service:\n  web:\n    image: nginx"),
    ("a key that no service has", "services:\n  web:\n    image: nginx\n    replicas: 3"),
    ("a service at the top", "web:\n  image: nginx"),
    ("an underscore for a hyphen", "services:\n  web:\n    image: nginx\n    env-file: .env"),
    (
        "a key of another level",
        "services:\n  web:\n    image: nginx\n    healthcheck:\n      test: \"true\"\n      restart: always",
    ),
    (
        "a key of a mount misspelt",
        "services:\n  web:\n    image: nginx\n    volumes:\n      - {type: bind, sorce: ./a, target: /a}",
    ),
    (
        "a key of a port misspelt",
        "services:\n  web:\n    image: nginx\n    ports:\n      - {target: 80, publish: 8080}",
    ),
    (
        "a key of deploy misspelt",
        "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limit: {memory: 1g}",
    ),
    ("a key of a network misspelt", "services:\n  web: {image: nginx, networks: [a]}\nnetworks:\n  a: {internl: true}"),
    ("a key with a capital", "services:\n  web:\n    Image: nginx"),
    ("a key of ours misspelt", "services:\n  web: {image: nginx}\nx-dsenv:\n  histroy: 5"),
    (
        "a key that must be there",
        "services:\n  web:\n    image: nginx\n    develop:\n      watch: [{path: ./src, target: /src}]",
    ),
    (
        "a condition that must be there",
        "services:\n  web:\n    image: nginx\n    depends_on: {db: {restart: true}}\n  db: {image: postgres}",
    ),
];

const KINDS: &[(&str, &str)] = &[
    ("a service that is a text", "services:\n  web: nginx"),
    ("a service with nothing in it", "services:\n  web:\n  db: {image: postgres}"),
    ("services as a list", "services:\n  - web"),
    ("services with nothing below", "services:"),
    ("ports as a text", "services:\n  web:\n    image: nginx\n    ports: \"80:80\""),
    ("volumes as a map", "services:\n  web:\n    image: nginx\n    volumes: {data: /data}\nvolumes: {data: }"),
    ("an image that is a number", "services:\n  web:\n    image: 8"),
    ("a user that is a number", "services:\n  web:\n    image: nginx\n    user: 1000"),
    ("a truth value in words", "services:\n  web:\n    image: nginx\n    tty: maybe"),
    ("restart as a truth value", "services:\n  web:\n    image: nginx\n    restart: false"),
    ("a number in a command", "services:\n  web:\n    image: nginx\n    command: [sleep, 60]"),
    ("a number in words", "services:\n  web:\n    image: nginx\n    scale: two"),
    ("a fraction of replicas", "services:\n  web:\n    image: nginx\n    deploy: {replicas: 1.5}"),
    ("a negative number of replicas", "services:\n  web:\n    image: nginx\n    scale: -1"),
    ("a list of numbers as variables", "services:\n  web:\n    image: nginx\n    environment: [80]"),
    ("a map as a variable", "services:\n  web:\n    image: nginx\n    environment:\n      A: {b: c}"),
    ("a map as a label", "services:\n  web:\n    image: nginx\n    labels:\n      a: [b]"),
    ("a health check that is a text", "services:\n  web:\n    image: nginx\n    healthcheck: curl localhost"),
    (
        "networks of a service as a text",
        "services:\n  web:\n    image: nginx\n    networks: front\nnetworks: {front: }",
    ),
    ("a key with nothing behind it", "services:\n  web:\n    image: nginx\n    user:"),
    ("a name that is a number", "name: 2026\nservices:\n  web: {image: nginx}"),
    ("a version that is a number", "version: 3.9\nservices:\n  web: {image: nginx}"),
];

const VALUES: &[(&str, &str)] = &[
    ("a restart policy that is none", "services:\n  web:\n    image: nginx\n    restart: on-fail"),
    ("a pull policy that is none", "services:\n  web:\n    image: nginx\n    pull_policy: sometimes"),
    ("a duration without a unit", "services:\n  web:\n    image: nginx\n    stop_grace_period: 30"),
    (
        "a duration in words",
        "services:\n  web:\n    image: nginx\n    healthcheck: {test: \"true\", interval: 5 minutes}",
    ),
    ("memory in words", "services:\n  web:\n    image: nginx\n    mem_limit: plenty"),
    (
        "memory with a wrong unit",
        "services:\n  web:\n    image: nginx\n    deploy: {resources: {limits: {memory: 512Mx}}}",
    ),
    ("processors in words", "services:\n  web:\n    image: nginx\n    cpus: half"),
    (
        "a condition that is none",
        "services:\n  web:\n    image: nginx\n    depends_on: {db: {condition: healthy}}\n  db: {image: postgres}",
    ),
    (
        "a kind of mount that is none",
        "services:\n  web:\n    image: nginx\n    volumes: [{type: folder, source: ./a, target: /a}]",
    ),
    (
        "an action that is none",
        "services:\n  web:\n    build: .\n    develop: {watch: [{path: ., action: reload, target: /}]}",
    ),
    ("an order that is none", "services:\n  web:\n    image: nginx\n    deploy: {update_config: {order: parallel}}"),
    (
        "a file mode that is none",
        "services:\n  web:\n    image: nginx\n    secrets: [{source: s, mode: rw-r--r--}]\nsecrets: {s: {file: ./s}}",
    ),
    ("an ulimit that is none", "services:\n  web:\n    image: nginx\n    ulimits: {nofile: many}"),
    ("a command with an open quote", "services:\n  web:\n    image: nginx\n    command: sh -c 'echo hi"),
    ("a command for a shell", "services:\n  web:\n    image: nginx\n    command: (cd /app && ./run)"),
    ("a host without an address", "services:\n  web:\n    image: nginx\n    extra_hosts: [gateway]"),
    ("a variable without a name", "services:\n  web:\n    image: nginx\n    environment: [=value]"),
    ("a variable with a space", "services:\n  web:\n    image: nginx\n    environment: [\"LEVEL =debug\"]"),
    ("a health check of no kind", "services:\n  web:\n    image: nginx\n    healthcheck: {test: [curl, localhost]}"),
    (
        "the same twice in a list",
        "services:\n  web:\n    image: nginx\n    networks: [front, front]\nnetworks: {front: }",
    ),
    ("a service with a space in its name", "services:\n  my web: {image: nginx}"),
    ("a project with capitals", "name: My/Lab!\nservices:\n  web: {image: nginx}"),
    ("a container with a slash in its name", "services:\n  web: {image: nginx, container_name: lab/web}"),
    ("labels as a text", "services:\n  web:\n    image: nginx\n    labels: a=b"),
    ("an escape that is none", "services:\n  web:\n    image: nginx\n    command: \"C:\\dir\""),
];

const PORTS: &[(&str, &str)] = &[
    ("words for a port", "services:\n  web:\n    image: nginx\n    ports: [\"http:80\"]"),
    ("too high a port", "services:\n  web:\n    image: nginx\n    ports: [\"80000:80\"]"),
    ("a protocol that is none", "services:\n  web:\n    image: nginx\n    ports: [\"80:80/http\"]"),
    ("a name for an address", "services:\n  web:\n    image: nginx\n    ports: [\"localhost:80:80\"]"),
    ("an IPv6 address without brackets", "services:\n  web:\n    image: nginx\n    ports: [\"::1:80:80\"]"),
    ("ranges of two lengths", "services:\n  web:\n    image: nginx\n    ports: [\"8000-8009:80-81\"]"),
    ("a range turned round", "services:\n  web:\n    image: nginx\n    ports: [\"90-80:90-80\"]"),
    ("no port of the container", "services:\n  web:\n    image: nginx\n    ports: [{published: \"80\"}]"),
    (
        "a port of the host twice",
        "services:\n  web:\n    image: nginx\n    ports: [\"80:80\"]\n  api:\n    image: api\n    ports: [\"80:8080\"]",
    ),
];

const MOUNTS: &[(&str, &str)] = &[
    ("a volume that is not declared", "services:\n  db:\n    image: postgres\n    volumes: [\"data:/var/lib\"]"),
    ("a volume misspelt", "services:\n  db:\n    image: postgres\n    volumes: [\"dta:/var/lib\"]\nvolumes: {data: }"),
    (
        "a path without its dot",
        "services:\n  web:\n    image: nginx\n    volumes: [\"html/site:/usr/share/nginx/html\"]",
    ),
    ("too many colons", "services:\n  web:\n    image: nginx\n    volumes: [\"./a:/b:ro:z\"]"),
    ("nothing between colons", "services:\n  web:\n    image: nginx\n    volumes: [\"./a::ro\"]"),
    ("a mount without a type", "services:\n  web:\n    image: nginx\n    volumes: [{source: ./a, target: /a}]"),
    ("a bind without a source", "services:\n  web:\n    image: nginx\n    volumes: [{type: bind, target: /a}]"),
    ("a mount without a target", "services:\n  web:\n    image: nginx\n    volumes: [{type: bind, source: ./a}]"),
    ("a target twice", "services:\n  web:\n    image: nginx\n    tmpfs: [/tmp]\n    volumes: [\"./tmp:/tmp\"]"),
    (
        "a size below nothing",
        "services:\n  web:\n    image: nginx\n    volumes: [{type: tmpfs, target: /t, tmpfs: {size: -1}}]",
    ),
    (
        "an external volume with a driver",
        "services:\n  db:\n    image: postgres\n    volumes: [\"data:/d\"]\nvolumes:\n  data: {external: true, driver: local}",
    ),
];

const VARIABLES: &[(&str, &str)] = &[
    (
        "a mount whose variable is not set",
        "services:\n  web:\n    image: \"nginx:${TAG}\"\n    volumes: [\"${DATA_DIR}:/data\"]",
    ),
    (
        "a number whose variable is a word, and one whose variable is not set",
        "-- compose.yaml --\nservices:\n  web:\n    image: nginx\n    deploy: {replicas: \"${N:-1}\"}\n    pids_limit: \"${P}\"\n-- .env --\nN=two\n",
    ),
    ("a brace that is not closed", "services:\n  web:\n    image: \"nginx:${TAG\""),
    ("a dot in a name", "services:\n  web:\n    image: \"nginx:${app.tag}\""),
    ("a space in a name", "services:\n  web:\n    image: \"nginx:${ TAG }\""),
    ("a digit as a name", "services:\n  web:\n    image: nginx\n    command: echo ${1}"),
    ("an assignment of a shell", "services:\n  web:\n    image: \"nginx:${TAG:=latest}\""),
    ("empty braces", "services:\n  web:\n    image: \"nginx:${}\""),
    ("a variable that must be set", "services:\n  web:\n    image: \"nginx:${TAG:?which version?}\""),
    ("a variable that must be set, without words", "services:\n  web:\n    image: \"nginx:${TAG:?}\""),
    (
        "a line of .env that is none",
        "-- compose.yaml --\nservices:\n  web: {image: nginx}\n-- .env --\nTAG=1\nthis is no line\n",
    ),
    ("an open quote in .env", "-- compose.yaml --\nservices:\n  web: {image: nginx}\n-- .env --\nTAG=\"1\nNAME=x\n"),
    ("an env file that is missing", "services:\n  web:\n    image: nginx\n    env_file: [web.env]"),
    (
        "an env file with a bad name",
        "-- compose.yaml --\nservices:\n  web:\n    image: nginx\n    env_file: web.env\n-- web.env --\nMY NAME=1\n",
    ),
    ("an env file of no format", "services:\n  web:\n    image: nginx\n    env_file: [{path: a.env, format: json}]"),
];

const REFERENCES: &[(&str, &str)] = &[
    ("a network that is not declared", "services:\n  web:\n    image: nginx\n    networks: [front]"),
    ("a network misspelt", "services:\n  web:\n    image: nginx\n    networks: [fornt]\nnetworks: {front: }"),
    ("a secret that is not declared", "services:\n  web:\n    image: nginx\n    secrets: [token]"),
    (
        "a config misspelt",
        "services:\n  web:\n    image: nginx\n    configs: [nginx_cnf]\nconfigs: {nginx_conf: {file: ./n}}",
    ),
    ("a model that is not declared", "services:\n  web:\n    image: nginx\n    models: [llm]"),
    (
        "a service that is not there",
        "services:\n  web:\n    image: nginx\n    depends_on: [database]\n  db: {image: postgres}",
    ),
    (
        "a service misspelt",
        "services:\n  web:\n    image: nginx\n    depends_on: [postgre]\n  postgres: {image: postgres}",
    ),
    ("a link to nobody", "services:\n  web:\n    image: nginx\n    links: [\"cache:redis\"]"),
    ("the network of nobody", "services:\n  web:\n    image: nginx\n    network_mode: service:vpn"),
    (
        "a dependency whose profile is off",
        "services:\n  web:\n    image: nginx\n    depends_on: [db]\n  db: {image: postgres, profiles: [data]}",
    ),
    (
        "images that are built from each other",
        "services:\n  a:\n    build: {context: ., additional_contexts: {other: 'service:b'}}\n  b:\n    build: {context: ., additional_contexts: {other: 'service:a'}}\n-- Dockerfile --\nFROM other",
    ),
    (
        "an image that is built from itself",
        "services:\n  a:\n    build:\n      context: .\n      additional_contexts:\n        - other=service:a\n-- Dockerfile --\nFROM other",
    ),
    (
        "a context of a service whose profile is off",
        "services:\n  app:\n    build: {context: ., additional_contexts: {base: 'service:base'}}\n  base:\n    build: .\n    profiles: [tools]\n-- Dockerfile --\nFROM base",
    ),
    (
        "services that wait for each other",
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [c]}\n  c: {image: c, depends_on: [a]}",
    ),
    ("a service that waits for itself", "services:\n  a:\n    image: a\n    depends_on: [a]"),
    ("a secret of a build", "services:\n  web:\n    build: {context: ., secrets: [npm]}"),
    ("extends nobody", "services:\n  web:\n    extends: bse\n  base: {image: nginx}"),
    ("extends in a ring", "services:\n  a: {extends: b}\n  b: {extends: a}"),
];

const SERVICES: &[(&str, &str)] = &[
    ("neither image nor build", "services:\n  web:\n    ports: [\"80:80\"]"),
    (
        "networks beside network_mode",
        "services:\n  web:\n    image: nginx\n    network_mode: host\n    networks: [a]\nnetworks: {a: }",
    ),
    ("two sizes", "services:\n  web:\n    image: nginx\n    scale: 2\n    deploy: {replicas: 3}"),
    (
        "two limits",
        "services:\n  web:\n    image: nginx\n    mem_limit: 1g\n    deploy: {resources: {limits: {memory: 2g}}}",
    ),
    ("one name for two containers", "services:\n  web:\n    image: nginx\n    container_name: web\n    scale: 2"),
    (
        "one name for two services",
        "services:\n  a: {image: a, container_name: box}\n  b: {image: b, container_name: box}",
    ),
    (
        "two Dockerfiles",
        "services:\n  web:\n    build:\n      context: .\n      dockerfile: Dockerfile\n      dockerfile_inline: FROM scratch",
    ),
    (
        "a secret with two sources",
        "services:\n  web: {image: nginx, secrets: [s]}\nsecrets:\n  s: {file: ./s, environment: S}",
    ),
    ("a secret without a source", "services:\n  web: {image: nginx, secrets: [s]}\nsecrets:\n  s:"),
    ("a secret in the spec", "services:\n  web: {image: nginx, secrets: [s]}\nsecrets:\n  s: {content: hunter2}"),
    (
        "a device without capabilities",
        "services:\n  web:\n    image: nginx\n    deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
    ),
    (
        "a number and names of devices",
        "services:\n  web:\n    image: nginx\n    gpus: [{count: 1, device_ids: [\"0\"]}]",
    ),
    (
        "a watch without a target",
        "services:\n  web:\n    build: .\n    develop: {watch: [{path: ./src, action: sync}]}",
    ),
    ("a provider without a type", "services:\n  db:\n    provider: {options: {size: small}}"),
    (
        "a platform that is not built",
        "services:\n  web:\n    platform: linux/arm64\n    build: {context: ., platforms: [linux/amd64]}",
    ),
];

const FILES: &[(&str, &str)] = &[
    ("an included file that is missing", "include: [db.yaml]\nservices:\n  web: {image: nginx}"),
    (
        "a file that includes itself",
        "-- compose.yaml --\ninclude: [a.yaml]\nservices: {}\n-- a.yaml --\ninclude: [compose.yaml]\nservices: {}\n",
    ),
    ("include as a text", "include: db.yaml\nservices:\n  web: {image: nginx}"),
    ("an extended file that is missing", "services:\n  web:\n    extends: {file: base.yaml, service: web}"),
    (
        "an extended service that is missing",
        "-- compose.yaml --\nservices:\n  web:\n    extends: {file: base.yaml, service: wbe}\n-- base.yaml --\nservices:\n  web: {image: nginx}\n",
    ),
    (
        "a list over a map",
        "-- compose.yaml --\nservices:\n  web:\n    image: nginx\n    healthcheck: {test: \"true\"}\n-- compose.over.yaml --\nservices:\n  web:\n    healthcheck: [\"true\"]\n",
    ),
    (
        "a text over a list",
        "-- compose.yaml --\nservices:\n  web:\n    image: nginx\n    ports: [\"80:80\"]\n-- compose.over.yaml --\nservices:\n  web:\n    ports: \"81:80\"\n",
    ),
    (
        "a mistake in an included file",
        "-- compose.yaml --\ninclude: [parts/db.yaml]\nservices:\n  web: {image: nginx}\n-- parts/db.yaml --\nservices:\n  db:\n    imgae: postgres\n",
    ),
    (
        "a mistake in the second document",
        "services:\n  web: {image: nginx}\n---\nservices:\n  web:\n    prots: [\"80:80\"]",
    ),
    (
        "a mistake under an anchor, once",
        "x-base: &base\n  image: nginx\n  restrat: always\nservices:\n  a: *base\n  b: *base\n  c: {<<: *base}",
    ),
    (
        "an empty file beside another",
        "-- compose.yaml --\nservices:\n  web: {image: nginx}\n-- compose.over.yaml --\n# later\n",
    ),
];

const SEVERAL: &[(&str, &str)] = &[
    (
        "all mistakes of a file at once",
        "name: lab
services:
  web:
    imagee: nginx
    ports: [\"http:80\"]
    depends_on: [database]
    restart: sometimes
  db:
    image: postgres
    volumes: [\"dta:/var/lib\"]
    mem_limit: plenty
    networks: [bakc]
volumes: {data: }
networks: {back: }",
    ),
    (
        "of two files",
        "-- compose.yaml --
services:
  web: {image: nginx, tty: maybe}
-- compose.over.yaml --
services:
  web: {deploy: {replicas: two}}
  db: {image: \"postgres:${PG\"}
",
    ),
];

const WARNINGS: &[(&str, &str)] = &[
    (
        "more replicas than ports",
        "services:\n  web: {image: nginx, scale: 2, ports: [\"80:80\"]}\n  api: {image: nginx, scale: 3, ports: [{target: 81, published: 8080-8081}]}\n  ok: {image: nginx, scale: 2, ports: [\"82\", {target: 83, published: 9080-9081}]}",
    ),
    (
        "one port on every address and on one",
        "services:\n  web: {image: nginx, ports: [\"18443:80\", \"127.0.0.1:18443:80\"]}\n  api: {image: nginx, ports: [\"[::1]:18444:80\", \"0.0.0.0:18444:80\", \"18444:80/udp\"]}",
    ),
    (
        "a secret that the user cannot read",
        "services:\n  web:\n    image: nginx\n    user: \"1000:50\"\n    secrets: [{source: a, mode: 0400}, {source: a, target: b, mode: 0440, gid: \"50\"}]\n  api:\n    image: nginx\n    user: \"app\"\n    secrets: [{source: a, mode: 0400}, {source: a, target: b, mode: 0400, uid: \"5\"}]\nsecrets: {a: {file: compose.yaml}}",
    ),
    ("a variable without a name", "services:\n  web:\n    image: nginx\n    environment: [\"=BAR\", X=1]"),
    ("a version", "version: \"3.8\"\nservices:\n  web: {image: nginx}"),
    ("a variable that is not set", "services:\n  web:\n    image: nginx\n    environment: {LEVEL: \"${LEVEL}\"}"),
    ("a dollar that was meant as such", "services:\n  web:\n    image: nginx\n    command: sh -c \"echo $USER\""),
    ("a volume that nobody mounts", "services:\n  web: {image: nginx}\nvolumes: {data: }"),
    (
        "health of a service without a check",
        "services:\n  web:\n    image: nginx\n    depends_on: {db: {condition: service_healthy}}\n  db: {image: postgres}",
    ),
    ("a command that needs a shell", "services:\n  web:\n    image: nginx\n    command: cat a | grep b"),
    ("a mount option that is none", "services:\n  web:\n    image: nginx\n    volumes: [\"./a:/a:readonly\"]"),
    ("a volume of one letter", "services:\n  web:\n    image: nginx\n    volumes: [\"d:/data\"]\nvolumes: {d: }"),
    ("an image with capitals", "services:\n  web:\n    image: Nginx:1"),
    ("an image with two tags", "services:\n  web:\n    image: nginx:1:2"),
];
